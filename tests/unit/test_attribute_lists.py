"""A class of the layer with more than five fields says in its docstring what each of them is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_dependencies import PACKAGE

FIELDS_MAX = 5
PLAIN = re.compile(r"dataclass|Struct|NamedTuple")
"""Classes of the code itself; models of requests, answers and records describe their fields elsewhere."""


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    """Return the classes that hold fields, each with its module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                made_by = [ast.unparse(one) for one in (*node.bases, *node.decorator_list)]
                if any(PLAIN.search(one) for one in made_by):
                    yield path, node


def fields(node: ast.ClassDef) -> list[str]:
    """Return the public fields of a class, in their order."""
    names = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def described(node: ast.ClassDef) -> list[str]:
    """Return the fields that a docstring lists."""
    listed = (ast.get_docstring(node) or "").partition("\nAttributes:\n")[2].partition("\n\n")[0]
    return re.findall(r"^    (\w+): ", listed, re.MULTILINE)


LARGE = [(path, node) for path, node in classes() if len(fields(node)) > FIELDS_MAX]


def test_there_are_some_large_classes() -> None:
    assert LARGE


@pytest.mark.parametrize(("path", "node"), LARGE, ids=[f"{path.stem}.{node.name}" for path, node in LARGE])
def test_a_large_class_lists_each_field_in_its_order(path: Path, node: ast.ClassDef) -> None:
    assert described(node) == fields(node), f"{path}:{node.lineno}"
