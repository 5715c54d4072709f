"""Nobody reads, or calls, a function with many parameters with ease (docs/decisions/0031)."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 5

COMMANDS = {
    "cli/backtest/command.py": {"backtest_command"},
    "cli/commands/keys.py": {"create", "rotate"},
    "cli/commands/logins.py": {"create"},
    "cli/commands/uploads.py": {"upload"},
    "cli/compare/command.py": {"compare"},
    "cli/journey/dataset.py": {"dataset"},
    "cli/journey/replay.py": {"replay"},
    "cli/programme/explain.py": {"explain"},
}
"""Commands: what an operator may type is their parameters."""


def long_ones() -> Iterator[tuple[str, str]]:
    """Return the functions with more parameters, by file and name, `self` and `cls` apart."""
    for folder in ("layers/common/loyalty", "cli", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    asked = node.args
                    every = [*asked.posonlyargs, *asked.args, asked.vararg, *asked.kwonlyargs, asked.kwarg]
                    if sum(one is not None and one.arg not in ("self", "cls") for one in every) > MOST:
                        yield str(path.relative_to(ROOT)), node.name


def test_no_function_has_more_than_five_parameters_but_those_that_are_named_here() -> None:
    named = {(path, name) for path, names in COMMANDS.items() for name in names}

    assert set(long_ones()) == named
