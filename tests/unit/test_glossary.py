"""docs/glossary.md names files and classes that there are."""

import re
from collections import defaultdict

import pytest

from cli.target import REPOSITORY
from tests.unit.test_dependencies import PACKAGE

PAGE = (REPOSITORY / "docs" / "glossary.md").read_text()
PATHS = sorted(set(re.findall(r"`([\w./]+/[\w.]*)`", PAGE)) - {"layers/common/loyalty/"})
CLASSES = sorted(set(re.findall(r"`([A-Z][a-z]\w+)`", PAGE)))
SOURCES = [path for root in (PACKAGE, REPOSITORY / "cli") for path in root.rglob("*.py")]


def test_the_page_names_some_of_both() -> None:
    assert PATHS
    assert CLASSES


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_named_is_there(path: str) -> None:
    """Below the package or, of the command and the documentation, below the repository."""
    root = REPOSITORY if path.startswith(("cli/", "docs/")) else PACKAGE

    assert (root / path).exists()


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_that_is_named_is_there(name: str) -> None:
    named = re.compile(rf"^(class {name}\b|{name} = )", re.MULTILINE)

    assert any(named.search(source.read_text()) for source in SOURCES)


def test_a_term_has_one_row() -> None:
    rows = re.findall(r"^\| (?!Term)([^|]+) \|", PAGE, re.MULTILINE)
    terms = [term for row in rows for term in row.split(", ")]

    assert [term for term in set(terms) if terms.count(term) > 1] == []


SHAPES = "api/classic/shapes"
"""Where the vendor's own names stand."""


def test_a_class_name_means_one_thing() -> None:
    defined: dict[str, list[str]] = defaultdict(list)
    for source in SOURCES:
        for name in re.findall(r"^class ([A-Z]\w*)", source.read_text(), re.MULTILINE):
            if SHAPES not in source.as_posix():
                defined[name].append(source.as_posix())

    assert {name: places for name, places in defined.items() if len(places) > 1} == {}
