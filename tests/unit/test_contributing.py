"""CONTRIBUTING.md: the tree has every room, and the recipes name files, and names in them, that there are."""

import re
from itertools import takewhile

import pytest

from cli.target import REPOSITORY
from tests.unit.test_dependencies import PACKAGE, ROOMS

PAGE = (REPOSITORY / "CONTRIBUTING.md").read_text()
TREE = PAGE.partition("```\n")[2].partition("```")[0]
RECIPES = PAGE.partition("## Recipes\n")[2]
ROOTS = (
    REPOSITORY,
    PACKAGE,
    PACKAGE / "domain" / "records",
    REPOSITORY / "tests" / "unit",
    REPOSITORY / "tests" / "functional",
)
FILES = sorted({*re.findall(r"`([\w./-]+\.\w+)`", RECIPES)} | {*re.findall(r"`([\w./-]+/)`", RECIPES)})
NAMES = sorted(
    {*re.findall(r"`([\w./]+\.py)`, `(\w+)`", RECIPES)}
    | {(file, name) for name, file in re.findall(r"`(\w+)`\s+\(`([\w./]+\.py)`\)", RECIPES)}
)


@pytest.mark.parametrize("folder", ROOMS)
def test_the_tree_has_every_room(folder: str) -> None:
    shown = TREE.partition(f"\n  {folder}/ ")[2].splitlines()[1:]
    below = " ".join(takewhile(lambda line: line.startswith("    "), shown))

    assert {room for room in ROOMS[folder] if f"{room}/" not in below} == set()


def test_the_tree_has_every_room_of_the_command() -> None:
    rooms = {path.name for path in (REPOSITORY / "cli").iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert {room for room in rooms if f"{room}/" not in TREE.partition("\ncli/")[2]} == set()


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_a_recipe_names_is_there(file: str) -> None:
    assert any((root / file).exists() for root in ROOTS)


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_a_name_that_a_recipe_names_is_in_its_file(file: str, name: str) -> None:
    [found] = [root / file for root in (REPOSITORY, PACKAGE) if (root / file).exists()]

    assert re.search(rf"^\s*(class|def)? ?{name}\b", found.read_text(), re.MULTILINE)
