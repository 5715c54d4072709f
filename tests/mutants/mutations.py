"""The faults that are planted: for each place of a module, what somebody might have written there by mistake."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

_COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_CONVERSIONS = {"Decimal", "Fraction", "str", "int", "list", "tuple", "dict", "super"}
"""Functions that make of a value the same one of another type."""
_BUILTIN_TYPES = {"dict", "list", "tuple", "set", "frozenset", "type"}

Change = tuple[str, ast.AST]
"""What is changed, in words, and what stands in the place of the node then."""


@dataclass(frozen=True, slots=True)
class Function:
    """An outermost function: all code in it is compiled with it."""

    name: str
    line: int


@dataclass(frozen=True, eq=False)
class Mutant:
    """A fault that can be planted in a module's tree.

    Attributes:
        name: tells it from all others of the module, whatever lines are added elsewhere.
        lines: where it is, the first and the last line.
        function: the function that it is in; None if it takes effect as the module is imported.
        plant: put it into the tree.
    """

    name: str
    lines: range
    function: Function | None
    plant: Callable[[], None]


def mutants_of(tree: ast.Module) -> Iterator[Mutant]:
    """Return all mutants of a module."""
    told: Counter[str] = Counter()
    for spot in _spots(tree, Spot(None, "", None, "module", None)):
        for words, replacement in _changes(spot.node):
            name = f"{spot.scope}: {words}"
            told[name] += 1
            number = f" ({told[name]})" if told[name] > 1 else ""
            lines = range(spot.node.lineno, (spot.node.end_lineno or spot.node.lineno) + 1)
            yield Mutant(name + number, lines, spot.function, partial(spot.put, replacement))


@dataclass(frozen=True, slots=True)
class Spot:
    """A node, where it hangs in the tree, and what it is part of."""

    holder: Any
    field: str
    index: int | None
    scope: str
    function: Function | None

    @property
    def node(self) -> Any:
        """The node that hangs there."""
        found = getattr(self.holder, self.field)
        return found if self.index is None else found[self.index]

    def put(self, replacement: ast.AST) -> None:
        """Let something else hang there."""
        ast.copy_location(replacement, self.node)
        if self.index is None:
            setattr(self.holder, self.field, replacement)
        else:
            getattr(self.holder, self.field)[self.index] = replacement


def _spots(node: ast.AST, at: Spot) -> Iterator[Spot]:
    """Return all spots below a node where a fault can be planted."""
    for field, value in ast.iter_fields(node):
        if _is_no_code(node, field):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or _is_left_alone(child, node):
                continue
            scope, function = at.scope, None if isinstance(node, ast.arguments) else at.function
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                scope = child.name if scope == "module" else f"{scope}.{child.name}"
            if isinstance(child, ast.FunctionDef) and function is None:
                function = Function(scope, min([child.lineno, *(one.lineno for one in child.decorator_list)]))
            spot = Spot(node, field, index, scope, function)
            if hasattr(child, "lineno"):
                yield spot
            yield from _spots(child, spot)


def _is_no_code(node: ast.AST, field: str) -> bool:
    """Tell whether a field of a node is for type checkers, or for Python alone."""
    if field in ("annotation", "returns", "decorator_list", "format_spec", "ctx", "targets"):
        return True
    if isinstance(node, ast.ClassDef):
        return field != "body"
    return isinstance(node, ast.Subscript) and field == "slice" and _is_type(node.value)


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and (node.id in _BUILTIN_TYPES or node.id.istitle())


def _is_left_alone(node: ast.AST, holder: ast.AST) -> bool:
    match node:
        case ast.Constant():
            return isinstance(holder, ast.JoinedStr)
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.keyword(arg=("strict" | "repr" | "compare")):
            return True
        case ast.Call(func=ast.Name(id=("field" | "TypeVar"))):
            return True
    return False


def _changes(node: ast.AST) -> Iterator[Change]:
    """Return what may be wrong in place of a node."""
    for kind, changes in _CHANGES:
        if isinstance(node, kind):
            yield from changes(node)


def _becomes(old: ast.AST, new: ast.AST) -> Change:
    return f"`{ast.unparse(old)}` becomes `{ast.unparse(new)}`", new


def _with(node: Any, **fields: Any) -> Any:
    """Return a node with other fields."""
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _without(items: Sequence[Any], index: int) -> list[Any]:
    return [*items[:index], *items[index + 1 :]]


def _compare(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        ops = list(node.ops)
        ops[index] = _COMPARISONS[type(operator)]()
        yield _becomes(node, _with(node, ops=ops))


def _operator(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    if other := _OPERATORS.get(type(node.op)):
        yield _becomes(node, _with(node, op=other()))


def _one_less(node: ast.BoolOp) -> Iterator[Change]:
    for index in range(len(node.values)):
        rest = _without(node.values, index)
        yield _becomes(node, rest[0] if len(rest) == 1 else _with(node, values=rest))


def _unsigned(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield _becomes(node, node.operand)


def _decided(node: ast.If | ast.IfExp) -> Iterator[Change]:
    for value in (True, False):
        yield (
            f"`{ast.unparse(node.test)}` counts as {str(value).lower()}",
            _with(node, test=ast.Constant(value)),
        )


def _unfiltered(node: Any) -> Iterator[Change]:
    """Leave out a condition of a comprehension."""
    for place, generator in enumerate(node.generators):
        for index, condition in enumerate(generator.ifs):
            generators = list(node.generators)
            generators[place] = _with(generator, ifs=_without(generator.ifs, index))
            yield f"`if {ast.unparse(condition)}` is left out", _with(node, generators=generators)


def _constant(node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool():
            yield _becomes(node, ast.Constant(not node.value))
        case int():
            yield _becomes(node, ast.Constant(node.value + 1))
        case str() if not _is_for_people(node.value):
            yield _becomes(node, ast.Constant("" if node.value else "?"))


def _is_for_people(text: str) -> bool:
    return " " in text and text.endswith((".", ":"))


def _call(node: ast.Call) -> Iterator[Change]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in _OPPOSITES:
        yield _becomes(node, _with(node, func=ast.Name(_OPPOSITES[name], ast.Load())))
    for index, keyword in enumerate(node.keywords):
        if not _is_left_alone(keyword, node):
            yield (
                f"`{ast.unparse(node.func)}` without `{ast.unparse(keyword)}`",
                _with(node, keywords=_without(node.keywords, index)),
            )
    if len(node.args) > 1 and name != "sum" and not isinstance(node.args[-1], ast.Starred):
        yield (
            f"`{ast.unparse(node.func)}` without `{ast.unparse(node.args[-1])}`",
            _with(node, args=node.args[:-1]),
        )
    if len(node.args) == 1 and not node.keywords and name not in _CONVERSIONS:
        if not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
            yield _becomes(node, node.args[0])
        if isinstance(node.func, ast.Attribute):
            yield _becomes(node, node.func.value)


def _entries(node: ast.Dict) -> Iterator[Change]:
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        told = f"{ast.unparse(key)}: {ast.unparse(value)}" if key else f"**{ast.unparse(value)}"
        yield (
            f"`{told}` is left out",
            _with(node, keys=_without(node.keys, index), values=_without(node.values, index)),
        )


def _elements(node: ast.List | ast.Tuple | ast.Set) -> Iterator[Change]:
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and len(node.elts) > 1:
        for index, element in enumerate(node.elts):
            yield f"`{ast.unparse(element)}` is left out", _with(node, elts=_without(node.elts, index))


def _slice(node: ast.Slice) -> Iterator[Change]:
    for bound in ("lower", "upper"):
        if getattr(node, bound):
            yield _becomes(node, _with(node, **{bound: None}))


def _statement(node: ast.stmt) -> Iterator[Change]:
    """Leave out a statement; one that gives a variable its only value would break everything."""
    yield f"`{ast.unparse(node).splitlines()[0]}` is left out", ast.Pass()


def _loop(node: ast.For) -> Iterator[Change]:
    yield (
        f"no turn of `for {ast.unparse(node.target)} in {ast.unparse(node.iter)}`",
        _with(node, iter=ast.Tuple([], ast.Load())),
    )


def _cases(node: ast.Match) -> Iterator[Change]:
    for index, case in enumerate(node.cases):
        if len(node.cases) > 1:
            yield f"`case {ast.unparse(case.pattern)}` is left out", _with(node, cases=_without(node.cases, index))


_CHANGES: Sequence[tuple[Any, Callable[[Any], Iterator[Change]]]] = [
    (ast.Compare, _compare),
    (ast.BinOp | ast.AugAssign, _operator),
    (ast.BoolOp, _one_less),
    (ast.UnaryOp, _unsigned),
    (ast.If | ast.IfExp, _decided),
    (ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, _unfiltered),
    (ast.Constant, _constant),
    (ast.Call, _call),
    (ast.Dict, _entries),
    (ast.List | ast.Tuple | ast.Set, _elements),
    (ast.Slice, _slice),
    (ast.Expr | ast.AugAssign | ast.Raise | ast.Delete | ast.Continue | ast.Break, _statement),
    (ast.For, _loop),
    (ast.Match, _cases),
]
