"""Folders point inwards (docs/decisions/0001): who may import whom, and what importing may do."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/common/loyalty"

# What each folder of the package may import of the package, and of others' packages.
ALLOWED = {
    "domain": ({"domain"}, {"pydantic", "pydantic_core"}),
    "store": ({"domain", "store", "exactjson"}, {"botocore", "simplejson"}),
    "usecases": ({"domain", "store", "usecases", "exactjson"}, {"jwt", "pydantic"}),
    "api": (
        {"domain", "store", "usecases", "api", "exactjson"},
        {"pydantic", "pydantic_core", "typing_extensions", "aws_lambda_powertools"},
    ),
}
MODULES = sorted(path for folder in ALLOWED for path in (PACKAGE / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports at run time, absolute; imports for type checkers only are left out."""
    tree = ast.parse(path.read_text())
    for_types = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If)
        for node in ast.walk(block)
        if "TYPE_CHECKING" in ast.dump(block.test)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = (alias.name for alias in node.names)
            yield from (f"{node.module}.{name}" for name in names) if node.module == "loyalty" else [str(node.module)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_folder_may(path: Path) -> None:
    own, others = ALLOWED[path.relative_to(PACKAGE).parts[0]]
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "loyalty":
            assert rest[0] in own, f"{path.name} imports {name}"
        else:
            assert top in others or top in sys.stdlib_module_names, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name)
def test_functions_import_the_layer_and_never_each_other(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        assert top == "loyalty" or top in sys.stdlib_module_names, f"{path.parent.name} imports {name}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_layer_reads_no_environment_and_builds_no_client_when_it_is_imported(path: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not names & {"environ", "getenv"}
    calls = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    assert not calls
