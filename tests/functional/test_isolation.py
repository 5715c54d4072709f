"""What belongs to another partner, or to another's merchant, is answered as what does not exist: to the letter, and
after the same requests to AWS, whichever field of whichever route names it. The table is `tests/isolation/kinds.py`; in
words, docs/isolation.md."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.isolation import kinds
from tests.isolation.cells import CELLS, NAMING, Cell, known
from tests.isolation.fields import all_fields
from tests.isolation.kinds import FIELDS, KNOWN, Whose, kinds_of
from tests.isolation.page import DOCUMENT, text
from tests.isolation.worlds import Told, World, desk

OWN = [Cell(field, kind, kinds.OWN) for field, kind in NAMING]


def of(whose: Whose) -> list[Any]:
    """Return the cells of what is whose, as parameters of a test."""
    return [pytest.param(cell, id=str(cell)) for cell in CELLS if cell.kind.whose is whose and not known(cell)]


@pytest.fixture(scope="module")
def told(_aws: DynamoTable) -> Iterator[tuple[dict[Cell, Told], dict[Cell, Told]]]:
    """Yield the answers to the partner in a world with others, and in one without."""
    with desk() as sent_from:
        shared = World(_aws, sent_from)
        shared.settle("own")
        shared.settle("others")
        shared.visit()
        shared.open()
        there = {cell: shared.ask(cell) for cell in (*CELLS, *OWN)}
        alone = World(_aws, sent_from)
        alone.settle("own")
        alone.open(shared.known)
        absent = {cell: alone.ask(cell) for cell in CELLS}
    yield there, absent
    for bucket in map(boto3.resource("s3").Bucket, ("uploads", "results")):
        bucket.object_versions.delete()


def test_every_field_of_every_route_stands_in_the_table_once() -> None:
    fields = all_fields()

    assert {field.name: len(kinds_of(field)) for field in fields if len(kinds_of(field)) != 1} == {}
    assert {pattern for pattern in FIELDS if not any(fnmatchcase(field.name, pattern) for field in fields)} == set()


@pytest.mark.parametrize("cell", of(Whose.ISOLATED))
def test_what_is_anothers_is_answered_as_what_does_not_exist(
    told: tuple[dict[Cell, Told], dict[Cell, Told]], cell: Cell
) -> None:
    there, absent = told

    assert there[cell] == absent[cell]
    assert absent[cell].code == cell.absent


@pytest.mark.parametrize("cell", of(Whose.SHARED))
def test_what_is_shared_is_there_for_all(told: tuple[dict[Cell, Told], dict[Cell, Told]], cell: Cell) -> None:
    there, absent = told

    assert (there[cell].code, absent[cell].code) == (cell.kind.others, cell.absent)


@pytest.mark.parametrize("cell", of(Whose.BEARER))
def test_what_lets_its_holder_in_cannot_be_made_up(told: tuple[dict[Cell, Told], dict[Cell, Told]], cell: Cell) -> None:
    assert [answers[cell].code for answers in told] == [cell.absent] * 2


@pytest.mark.parametrize("cell", OWN, ids=str)
def test_what_is_ones_own_is_answered_otherwise(told: tuple[dict[Cell, Told], dict[Cell, Told]], cell: Cell) -> None:
    """So that the table would notice if a field was not looked at."""
    assert told[0][cell].code == cell.kind.own


@pytest.mark.parametrize("cell", [cell for cell in CELLS if known(cell)], ids=str)
def test_what_is_known_to_be_told_apart_still_is(told: tuple[dict[Cell, Told], dict[Cell, Told]], cell: Cell) -> None:
    """Once it is not, it is to be taken out of `KNOWN`."""
    assert told[0][cell] != told[1][cell]


def test_what_is_known_to_be_told_apart_is_in_the_table() -> None:
    assert {(cell.kind, cell.label) for cell in CELLS if known(cell)} == KNOWN.keys()


def test_the_page_is_what_the_table_makes_it() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run `python -m tests.isolation.page`"
