"""docs/access-patterns.md tells of every item of the table, and names functions that there are."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from cli.target import REPOSITORY
from loyalty.domain.records import RECORD_TYPES
from loyalty.store import reference
from loyalty.usecases.reference.known_records import OPENING_BALANCE
from tests.unit.test_dependencies import PACKAGE

PAGE = (REPOSITORY / "docs" / "access-patterns.md").read_text()
ITEMS = PAGE.partition("\n## Items\n")[2].partition("\n## ")[0]
KEYS = (PACKAGE / "store" / "keys.py").read_text()


def defined() -> dict[str, set[str]]:
    """Functions and methods by their names, each with the modules or classes that have one."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for owner, body in _bodies(path.stem, ast.parse(path.read_text())):
            for node in body:
                if isinstance(node, ast.FunctionDef):
                    found[node.name].add(owner)
    return found


def _bodies(module: str, tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    yield module, tree.body
    yield from ((node.name, node.body) for node in tree.body if isinstance(node, ast.ClassDef))


def test_each_function_that_the_page_names_is_there() -> None:
    named = [tuple(name.split(".")) for name in re.findall(r"`(\w+\.[a-z_]+)`", PAGE) if name != "template.yaml"]
    owners = defined()

    assert named
    assert [f"{owner}.{name}" for owner, name in named if owner not in owners[name]] == []


@pytest.mark.parametrize("partition", sorted({*re.findall(r'Key\(f?"([A-Z_]+)', KEYS), "EVENT"}))
def test_each_partition_has_a_row(partition: str) -> None:
    assert re.search(rf"^\|[^|]+\| `{partition}[#`]", ITEMS, re.MULTILINE)


@pytest.mark.parametrize("kind", sorted(RECORD_TYPES.keys() - reference.PROGRAMME_TYPES - {OPENING_BALANCE}))
def test_each_type_of_record_that_is_not_of_the_programme_has_a_partition_there(kind: str) -> None:
    assert re.search(rf"`{kind.upper()}[#`]", ITEMS)
