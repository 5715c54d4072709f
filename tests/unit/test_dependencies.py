"""Folders point inwards (docs/decisions/0001): who may import whom, and what importing may do."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/common/loyalty"

# What each folder of the package may import of the package, and of others' packages.
ALLOWED = {
    "domain": ({"domain"}, {"msgspec", "pydantic", "pydantic_core"}),
    "store": ({"domain", "store", "exactjson"}, {"botocore", "msgspec", "simplejson"}),
    "usecases": ({"domain", "store", "usecases", "exactjson"}, {"jwt", "msgspec", "pydantic"}),
    "api": (
        {"domain", "store", "usecases", "api", "exactjson"},
        {
            "msgspec",
            "pydantic",
            "pydantic_core",
            "typing_extensions",
            "aws_lambda_powertools",
            "snapshot_restore_py",
        },
    ),
}

# What each room of a folder may import of the folder's other rooms; what stands beside the rooms is shared by all.
ROOMS = {
    "domain": {
        "ledger": set(),
        "purchases": set(),
        "access": {"purchases"},
        "programme": {"ledger", "purchases"},
        "pricing": {"access", "ledger", "purchases", "programme"},
        "events": {"ledger", "purchases", "programme", "pricing"},
        "reversals": {"ledger", "purchases", "pricing", "events"},
        "proofs": {"ledger", "reversals"},
        "records": {"access", "ledger", "programme"},
        "rows": {"access", "purchases", "records"},
        "uploads": set(),
    },
    "usecases": {
        "access": set(),
        "ledger": set(),
        "purchases": {"access", "ledger"},
        "reversals": {"ledger", "purchases"},
        "proofs": {"ledger", "purchases", "reversals"},
        "uploads": {"access", "ledger", "purchases"},
        "reference": {"ledger", "uploads"},
    },
    "api": {
        "http": set(),
        "newest": {"http"},
        "classic": {"http"},
        "triggers": {"http", "newest", "classic"},
    },
}
MODULES = sorted(path for folder in ALLOWED for path in (PACKAGE / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """Return what a file says."""
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports at run time, absolute; imports for type checkers only are left out."""
    tree = parsed(path)
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {node for block in blocks for node in ast.walk(block)}
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


def room_of(folder: str, parts: tuple[str, ...]) -> str | None:
    """Return the room that a module of a folder stands in; None where it stands beside the rooms."""
    return parts[0] if parts and (PACKAGE / folder / parts[0]).is_dir() else None


def test_each_room_says_what_it_may_import() -> None:
    found = {folder: {path.parent.name for path in (PACKAGE / folder).glob("*/__init__.py")} for folder in ROOMS}

    assert found == {folder: set(rooms) for folder, rooms in ROOMS.items()}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_between_rooms_go_one_way(path: Path) -> None:
    folder, *inside = path.relative_to(PACKAGE).parts
    own = room_of(folder, tuple(inside))
    allowed = {own, None} | ROOMS.get(folder, {}).get(own, set()) if own else {None}
    for name in imports(path):
        top, *rest = name.split(".")
        if folder in ROOMS and top == "loyalty" and rest[0] == folder:
            assert room_of(folder, tuple(rest[1:])) in allowed, f"{path.relative_to(PACKAGE)} imports {name}"


def test_rooms_that_may_import_each_other_make_no_circle() -> None:
    for rooms in ROOMS.values():
        TopologicalSorter(rooms).prepare()  # raises CycleError


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name)
def test_functions_import_the_layer_and_never_each_other(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        assert top == "loyalty" or top in sys.stdlib_module_names, f"{path.parent.name} imports {name}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_layer_reads_no_environment_and_builds_no_client_when_it_is_imported(path: Path) -> None:
    names = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    assert not names & {"environ", "getenv"}
    calls = [node for node in parsed(path).body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    assert not calls


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_layer_has_no_dataclass_as_a_start_defines_a_struct_ten_times_as_quickly(path: Path) -> None:
    assert "dataclasses" not in imports(path)


@pytest.mark.parametrize("path", sorted((PACKAGE / "store").glob("*.py")), ids=lambda path: path.stem)
def test_the_store_is_handed_what_is_there_and_calls_nobody_back(path: Path) -> None:
    """What it is handed as an iterable may be a generator, whose reads and faults would come up in the midst of it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name == "__init__"):
            for asked in (*node.args.args, *node.args.kwonlyargs):
                says = ast.unparse(asked.annotation) if asked.annotation else ""
                assert not {"Iterable", "Iterator", "Generator", "Callable"} & set(re.findall(r"\w+", says)), node.name
