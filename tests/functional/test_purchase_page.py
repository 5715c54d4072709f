"""docs/purchase.md: a purchase takes the way that the page tells, stop by stop."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

from cli.target import REPOSITORY
from loyalty.domain.errors import Code
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Functions, example

PAGE = REPOSITORY / "docs" / "purchase.md"
STOPS = re.findall(r"^\| \d+ \|.*$", PAGE.read_text(), re.MULTILINE)
LINK = re.compile(r"\[`(?P<name>[\w.]+)`\]\((?P<file>[^)]+\.py)\)")


def passed() -> list[tuple[Path, str]]:
    """Return the functions that the page leads by, in its order, each with its file."""
    return [
        ((PAGE.parent / link["file"]).resolve(), link["name"].split(".")[-1])
        for stop in STOPS
        for link in LINK.finditer(stop.split("|")[2])
    ]


@contextmanager
def traced() -> Iterator[list[tuple[Path, str]]]:
    """The functions that are called, in the order of their first calls."""
    called: dict[tuple[str, str], None] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.setdefault((frame.f_code.co_filename, frame.f_code.co_name))

    order: list[tuple[Path, str]] = []
    sys.setprofile(note)
    try:
        yield order
    finally:
        sys.setprofile(None)
        order += [(Path(file).resolve(), name) for file, name in called if "/loyalty/" in file]


@contextmanager
def requests(table: DynamoTable) -> Iterator[list[str]]:
    """Yield the requests that a table's client sends."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(model.name)

    table.client.meta.events.register("before-call.dynamodb", note)
    yield asked
    table.client.meta.events.unregister("before-call.dynamodb", note)


def test_the_page_has_ten_stops_and_all_of_them_are_in_its_picture() -> None:
    assert len(STOPS) == 10
    assert all(LINK.search(stop.split("|")[2]) for stop in STOPS)
    assert {int(number) for number in re.findall(r"\[(\d+) ", PAGE.read_text())} == set(range(1, 11))


def test_a_purchase_passes_the_functions_of_the_page_in_its_order(functions: Functions) -> None:
    functions.call("create_purchase", example("create_v5_1.request"))
    again = example("create_v5_1.request") | {"reference_number": "R2"}
    with traced() as order:
        assert functions.call("create_purchase", again).status == 200

    places = [order.index(one) for one in passed()]

    assert all(before < after for before, after in pairwise(places))


def test_a_purchase_makes_the_round_trips_of_the_page(functions: Functions) -> None:
    functions.call("create_purchase", example("create_v5_1.request"))
    told = re.findall(r"\*\*\d\w\w round trip\*\*, (\w+)", "\n".join(STOPS))
    context = functions.authorize(functions.api_key)["context"]
    again = example("create_v5_1.request") | {"reference_number": "R2"}
    with requests(functions.module("create_purchase").table) as asked:
        assert functions.call("create_purchase", again, context=context).status == 200

    assert asked == told
    assert len(told) == 3


def test_the_codes_that_the_page_names_are_there() -> None:
    named = {name for stop in STOPS for name in re.findall(r"`([A-Z_]+)`", stop.split("|")[4])}

    assert named <= Code.__members__.keys()
