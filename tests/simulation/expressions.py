"""DynamoDB's expressions, as far as the engine writes them: what is not understood is an error, never passed over."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from functools import cache
from typing import Any

Typed = Mapping[str, Any]
"""A value as DynamoDB has it, such as {"S": "a"}."""

Attributes = dict[str, Any]
"""Typed values by name."""

Condition = Callable[[Attributes, Typed], bool]
"""Whether an item, {} being none, meets it with these values."""

MAX_DIGITS = 38
"""Of a number."""

_TOKEN = re.compile(r"\s*(?:(<=|>=|<>|[=<>(),+-])|([#:]?[A-Za-z0-9_]+))")
_KINDS = ("S", "N", "B")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_ACTIONS = ("SET", "REMOVE", "ADD")
_EXACT = Context(prec=200)


class InvalidExpression(Exception):  # noqa: N818 - reads as what it says
    """DynamoDB would refuse it."""


class Unmodelled(BaseException):  # that no `except Exception` of the engine takes it for an answer
    """The engine asks for something that these clients do not know: teach them, and hold them to the emulator."""


@dataclass
class Names:
    """The names and values that come with a request, and those of them that its expressions have used."""

    names: Mapping[str, str]
    values: Typed
    used: set[str] = field(default_factory=set)

    def name(self, token: str) -> str:
        """Return the attribute that a token stands for."""
        if not token.startswith("#"):
            return token
        return str(self._told(self.names, token))

    def value(self, token: str) -> Any:
        """Return the typed value that a token stands for."""
        return self._told(self.values, token)

    def check_all_used(self) -> None:
        """Refuse what no expression uses, as DynamoDB does."""
        if len(self.used) < len(self.names) + len(self.values):
            unused = sorted((self.names.keys() | self.values.keys()) - self.used)
            raise InvalidExpression(f"unused in expressions: {', '.join(unused)}")

    def _told(self, told: Mapping[str, Any], token: str) -> Any:
        self.used.add(token)
        if token not in told:
            raise InvalidExpression(f"nothing says what {token} is")
        return told[token]


def holds(text: str, item: Attributes, names: Names) -> bool:
    """Return whether an item meets a condition."""
    tokens = _tokens(text)
    for token in tokens:
        if token[0] in "#:":
            names.name(token) if token[0] == "#" else names.value(token)
    return _condition(text)(item, names)


def key_condition(text: str, names: Names) -> list[tuple[str, str, Any]]:
    """Return the terms of a condition on keys: attribute, operator, typed value."""
    tokens, terms = _tokens(text), []
    for start in range(0, len(tokens), 4):
        term = tokens[start : start + 4]
        if len(term) < 3 or term[1] not in {"=", *_COMPARE} or term[3:] not in ([], ["AND"]):
            raise Unmodelled(f"a key condition that is not understood: {text}")
        terms.append((names.name(term[0]), term[1], names.value(term[2])))
    if len(tokens) % 4 != 3:
        raise Unmodelled(f"a key condition that ends too early: {text}")
    return terms


def meets(operator: str, left: Typed, right: Typed) -> bool:
    """Return whether two typed values compare so; values of different types never do."""
    if left.keys() != right.keys():
        return operator == "<>"
    if operator in ("=", "<>"):
        return (comparable(left) == comparable(right)) is (operator == "=")
    [kind] = left
    return kind in _KINDS and _COMPARE[operator](comparable(left), comparable(right))


def comparable(typed: Typed) -> Any:
    """Return a typed value as Python compares it."""
    [(kind, value)] = typed.items()
    return Decimal(value) if kind == "N" else value


def updated(text: str, item: Attributes, names: Names) -> tuple[Attributes, set[str]]:
    """Return an item as it is once it is updated, and the names of the attributes that were."""
    after, touched = dict(item), set[str]()
    for action, terms in _actions(text):
        for term in terms:
            name = names.name(term[0])
            if name in touched:
                raise InvalidExpression(f"two ways to change {name}")
            touched.add(name)
            if action == "REMOVE":
                after.pop(name, None)
            elif action == "SET":
                after[name] = names.value(term[1])
            else:
                after[name] = _sum(after.get(name, {"N": "0"}), names.value(term[1]))
    return after, touched


@cache
def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise Unmodelled(f"an expression that is not understood: {text[at:]}")
        tokens.append(found[1] or found[2])
        at = found.end()
    return tokens


@cache
def _condition(text: str) -> Callable[[Attributes, Names], bool]:
    reader = _Reader(_tokens(text))
    condition = reader.either()
    if reader.left:
        raise Unmodelled(f"a condition that goes on where it should end: {text}")
    return condition


class _Reader:
    """Reads a condition from its tokens."""

    def __init__(self, tokens: list[str]) -> None:
        self.left = list(reversed(tokens))

    def either(self) -> Callable[[Attributes, Names], bool]:
        terms = [self._both()]
        while self._next_is("OR"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda item, names: any(term(item, names) for term in terms)

    def _both(self) -> Callable[[Attributes, Names], bool]:
        terms = [self._term()]
        while self._next_is("AND"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda item, names: all(term(item, names) for term in terms)

    def _term(self) -> Callable[[Attributes, Names], bool]:
        token = self._take()
        if token == "(":
            inside = self.either()
            self._expect(")")
            return inside
        if token in ("attribute_exists", "attribute_not_exists"):
            self._expect("(")
            named, wanted = self._take(), token == "attribute_exists"
            self._expect(")")
            return lambda item, names: (names.name(named) in item) is wanted
        operator, value = self._take(), self._take()
        if operator not in {"=", "<>", *_COMPARE} or not value.startswith(":"):
            raise Unmodelled(f"a comparison that is not understood: {token} {operator} {value}")

        def compares(item: Attributes, names: Names) -> bool:
            found = item.get(names.name(token))
            return found is not None and meets(operator, found, names.value(value))

        return compares

    def _take(self) -> str:
        if not self.left:
            raise Unmodelled("a condition that ends too early")
        return self.left.pop()

    def _next_is(self, token: str) -> bool:
        if self.left and self.left[-1] == token:
            self.left.pop()
            return True
        return False

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise Unmodelled(f"{token} is missing")


@cache
def _actions(text: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return the actions of an update, each with its terms: the attribute, and the value if there is one."""
    found: dict[str, list[tuple[str, ...]]] = {}
    tokens = _tokens(text)
    starts = [place for place, token in enumerate(tokens) if token in _ACTIONS]
    if not starts or starts[0] != 0:
        raise Unmodelled(f"an update that is not understood: {text}")
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        if tokens[start] in found:
            raise InvalidExpression(f"{tokens[start]} stands twice: {text}")
        found[tokens[start]] = [_action_term(tokens[start], term) for term in _parted(tokens[start + 1 : end])]
    return list(found.items())


def _parted(tokens: list[str]) -> Iterator[list[str]]:
    term: list[str] = []
    for token in tokens:
        if token == ",":
            yield term
            term = []
        else:
            term.append(token)
    yield term


def _action_term(action: str, term: list[str]) -> tuple[str, ...]:
    wanted = {"SET": 3, "ADD": 2, "REMOVE": 1}[action]
    if len(term) != wanted or (action == "SET" and term[1] != "="):
        raise Unmodelled(f"not understood: {action} {' '.join(term)}")
    return (term[0], *([term[-1]] if wanted > 1 else []))


def _sum(before: Typed, amount: Typed) -> Typed:
    if before.keys() != {"N"} or amount.keys() != {"N"}:
        raise InvalidExpression("ADD takes numbers")
    with localcontext(prec=MAX_DIGITS):
        return {"N": number(str(Decimal(before["N"]) + Decimal(amount["N"])))}


def number(text: str) -> str:
    """Return a number as DynamoDB tells it: without zeros that say nothing."""
    if text.isdigit() and len(text) <= MAX_DIGITS and (text[0] != "0" or text == "0"):
        return text
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise InvalidExpression(f"{text} is no number") from error
    if not value.is_finite() or len(value.normalize(_EXACT).as_tuple().digits) > MAX_DIGITS:
        raise InvalidExpression(f"{text} has more than {MAX_DIGITS} significant digits")
    plain = f"{value.normalize(_EXACT):f}"
    return "0" if value == 0 else plain
