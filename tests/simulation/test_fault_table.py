"""Whatever fault meets any call of a use case: once its caller has asked again, all is as if there had been none. In
words, docs/fault-table.md."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.target import REPOSITORY
from loyalty.store import dynamo_table
from tests.simulation import dynamo
from tests.simulation.deployment import deployment
from tests.simulation.fault_page import COLUMNS, DOCUMENT, text
from tests.simulation.fault_table import Cell, cells, drawn, undisturbed, wrong
from tests.simulation.faults import Fault
from tests.simulation.test_simulation import let_through
from tests.simulation.use_cases import SCENARIOS, WITHOUT_CLOUD, Scenario

TODAY = datetime.now(UTC).toordinal()
"""Another day draws other cells; `make faults` works through all."""

USE_CASES = "loyalty.usecases."


def functions_used_by(path: Path) -> Iterator[str]:
    """Return the functions of `usecases/` that a module of the command uses, by their names."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not f"{node.module}.".startswith(USE_CASES):
            continue
        for name in (alias.name for alias in node.names):
            found = getattr(importlib.import_module(str(node.module)), name, None)
            if inspect.isfunction(found):
                yield name
            elif found is None or inspect.ismodule(found):
                module = importlib.import_module(f"{node.module}.{name}")
                yield from (one for one in attributes_of(tree, name) if inspect.isfunction(getattr(module, one)))


def attributes_of(tree: ast.AST, name: str) -> Iterator[str]:
    """Return what is used of a module that is known by a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            yield node.attr


def test_every_function_and_everything_that_the_command_does_by_itself_is_in_the_table() -> None:
    # What is compared is posted in a sandbox of its own.
    modules = (path for path in (REPOSITORY / "cli").rglob("*.py") if path.parent.name != "compare")
    in_commands = {name for path in modules for name in functions_used_by(path)}
    folders = {path.parent.name for path in (REPOSITORY / "functions").glob("*/app.py")}

    assert {"import_records", "redrive", "create_key"} < in_commands
    assert folders == set(deployment().functions)
    assert {scenario.use_case for scenario in SCENARIOS} == folders | (in_commands - WITHOUT_CLOUD.keys())
    assert WITHOUT_CLOUD.keys() <= in_commands


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_without_a_fault_all_holds(scenario: Scenario) -> None:
    calm = undisturbed(scenario)

    assert calm.broken == []
    assert calm.faults.made
    assert not calm.faults.counted


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_fault_at_a_call_changes_nothing_in_the_end(scenario: Scenario) -> None:
    found = {str(cell): wrong(cell) for cell in drawn(scenario, TODAY)}

    assert {name: faults for name, faults in found.items() if faults} == {}


ELSEWHERE = {
    Fault.COLD_START: "each process of the table starts cold",
    Fault.FATAL_MESSAGE: "a cell has one process that is killed at a call, and this kills several",
}


def test_every_kind_of_fault_is_in_the_table() -> None:
    struck = {cell.plan.kind for scenario in SCENARIOS for cell in cells(scenario)}

    assert struck == set(Fault) - ELSEWHERE.keys()
    assert struck == {kind for of in COLUMNS.values() for kind in of}


def test_the_page_tells_of_the_table() -> None:
    assert DOCUMENT.read_text() == text(), "run `make faults`"


def cell(use_case: str, kind: Fault, operation: str) -> Cell:
    """Return the last cell of a use case's first scenario that a kind of fault meets at an operation."""
    scenario = next(one for one in SCENARIOS if one.use_case == use_case)
    return [one for one in cells(scenario) if one.plan.kind is kind and one.operation == operation][-1]


TRANSACTION = "transact_write_items"


@pytest.mark.parametrize(
    ("place", "name", "broken", "met", "found"),
    [
        (dynamo, "_raise_failed", let_through("EVENT"), (Fault.KILLED_AFTER, TRANSACTION), "journals_are_chained"),
        (dynamo_table, "_RETRYABLE", frozenset(), (Fault.THROTTLED, "get_item"), "answered 500"),
    ],
    ids=["events are written over", "a busy table is a fault of ours"],
)
def test_what_is_broken_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Any, met: tuple[Fault, str], found: str
) -> None:
    struck = cell("create_purchase", *met)
    assert wrong(struck) == []
    monkeypatch.setattr(place, name, broken)

    assert any(found in fault for fault in wrong(struck))
