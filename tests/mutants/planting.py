"""Putting a mutant in the place of the code that it was made of, in a process that is thrown away afterwards."""

import ast
import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutants.mutations import Function, Mutant, mutants_of

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/common"
OURS = ("loyalty", "cli", "functions", "tests", "bench", "conftest")
"""Packages that are imported anew where a mutant takes effect as its module is imported."""

Live = Mapping[tuple[str, Function], Sequence[FunctionType]]


@dataclass(frozen=True, eq=False)
class Module:
    """A module in which faults are planted."""

    path: Path
    tree: ast.Module

    @classmethod
    def at(cls, path: Path) -> "Module":
        """Return the module in a file."""
        return cls(path, ast.parse(path.read_text()))

    @property
    def name(self) -> str:
        """The name under which it is imported."""
        return ".".join(self.path.relative_to(LAYER).with_suffix("").parts)

    @property
    def told(self) -> str:
        """The name under which it is spoken of."""
        return self.path.relative_to(LAYER / "loyalty").as_posix()

    def mutants(self) -> list[Mutant]:
        """Return all its mutants."""
        return list(mutants_of(self.tree))

    def planted(self, mutant: Mutant) -> CodeType:
        """Return the module's code with a mutant in it, which stays there."""
        mutant.plant()
        return compile(ast.fix_missing_locations(self.tree), str(self.path), "exec")


def live_functions() -> Live:
    """Return the functions that there are, by the file and the function of which they were compiled."""
    gc.unfreeze()
    found = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            code = one.__code__
            found[code.co_filename, Function(code.co_qualname, code.co_firstlineno)].append(one)
    gc.freeze()  # so that no fork has to copy what it looks through for garbage
    return found


def swap(module: Module, mutant: Mutant, code: CodeType, live: Live) -> bool:
    """Give a function its mutated code where it is; False where that takes importing its module anew."""
    if mutant.function is None:
        return False
    functions = live.get((str(module.path), mutant.function), ())
    mutated = next(_codes(code, mutant.function))
    if not functions or any(one.__code__.co_freevars != mutated.co_freevars for one in functions):
        return False
    for one in functions:
        one.__code__ = mutated
    return True


def _codes(code: CodeType, function: Function) -> Iterator[CodeType]:
    if Function(code.co_qualname, code.co_firstlineno) == function:
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant, function)


def replace(module: Module, code: CodeType) -> None:
    """Forget all that was imported of ours; importing it anew finds the module with this code."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module, code))


class _Finder(MetaPathFinder):
    def __init__(self, module: Module, code: CodeType) -> None:
        self._module, self._code = module, code

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        """Return where the module is, with a loader that has its code."""
        if fullname != self._module.name:
            return None
        file = str(self._module.path)
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, self._code))


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._planted = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """Return the code with the mutant in it."""
        return self._planted
