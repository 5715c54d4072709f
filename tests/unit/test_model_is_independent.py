"""The model shares nothing with what it judges."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODEL = sorted((TESTS / "model").rglob("*.py"))
OURS = ("loyalty", "cli", "functions", "bench")


def imported(path: Path) -> set[str]:
    """Return all modules that a file names in an import, wherever it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            found.add("loyalty, by a call")
    return found


@pytest.mark.parametrize("path", MODEL, ids=lambda path: path.name)
def test_the_model_imports_neither_the_engine_nor_tests_that_do(path: Path) -> None:
    for module in imported(path):
        assert module.split(".")[0].split(",")[0] not in OURS
        assert not module.startswith("tests") or module.startswith("tests.model")


def test_there_is_a_model_to_look_at() -> None:
    assert len(MODEL) > 10
