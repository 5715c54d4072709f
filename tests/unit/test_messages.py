"""What is told of values that nothing takes: in the words of whoever sent them, on every field of all that is read."""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty.api.classic.reading import read_created_spend, read_named_purchase, read_token
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_preview, read_purchase
from loyalty.api.newest.returns import read_return
from loyalty.api.newest.uploads import read_upload
from loyalty.domain.errors import Problem, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.said import Said
from loyalty.usecases.reference.record_of_row import as_record
from tests.functional.conftest import DEMO, ROOT, example
from tests.unit.test_classic_reading import PARTNER
from tests.uploads import NOW

WRONG: list[Any] = [
    *(None, 1, -1, 10**30, Decimal("1.5"), True, "", "text", "a b", "\n", "x" * 3000, "2026-99-99T00:00:00"),
    *([], {}, [None], [["contact"]], [{}], {"x": 1}),
]
A_PROGRAMS = re.compile(
    r"Input|[Ss]tring|pattern|valid |item|instance|dictionary|boolean|integer|None|Decimal|[\[{]'|\\|\^"
)
"""What only somebody understands who knows the program, or the language that it is written in."""

Read = Callable[[Any], object]


def records() -> Iterator[tuple[Read, dict[str, Any]]]:
    """Return a record of each type that the demo and the documentation have, and offers of all kinds."""
    documented = re.findall(r'^\{"type": .*', (ROOT / "docs/reference-data.md").read_text(), re.MULTILINE)
    for line in (*DEMO.read_text().splitlines(), *documented):
        yield lambda body: as_record(Said(body)), json.loads(line, parse_float=Decimal)


BODIES: list[tuple[Read, dict[str, Any]]] = [
    (lambda body: read_purchase(body, NOW), example("create_v5_1.request")),
    (lambda body: read_preview(body, NOW), {**example("create_v5_1.request"), "id": "1", "explain": True}),
    (lambda body: read_classic(body, PARTNER, None), example("create_1.request")),
    (lambda body: read_created_spend(body, PARTNER, None), example("create_spend_1.request")),
    (
        lambda body: read_return(body, Reference("id", "P", ""), NOW),
        {"reference_number": "1", "products": [{"line": 0, "quantity": 1}]},
    ),
    (read_named_purchase, {"customer_event_identifier": {"id": "1"}}),
    (read_token, {"access_token_identifier": {"identifier": "1", "pass_code": "1"}}),
    (read_upload, {"name": "a.csv", "dry_run": True}),
]


def spoilt(body: Any) -> Iterator[None]:
    """Put each wrong value in the place of each of a body's own for a while, at whatever depth."""
    steps: Any = list(body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ())
    for step, inner in steps:
        for body[step] in WRONG:
            yield
        body[step] = inner
        yield from spoilt(inner)


def told(read: Read, body: Any) -> tuple[Problem, ...]:
    try:
        read(body)
    except Refused as refused:
        return refused.problems
    return ()


@pytest.mark.parametrize(("read", "body"), BODIES)
def test_no_message_on_a_body_speaks_the_language_of_a_program(read: Read, body: dict[str, Any]) -> None:
    messages = {problem.description for _ in spoilt(body) for problem in told(read, body)}

    assert messages
    assert not {message for message in messages if A_PROGRAMS.search(message)}


def test_no_message_on_a_record_speaks_the_language_of_a_program() -> None:
    kinds, messages = set[str](), set[str]()
    for read, body in records():
        if body["type"] not in kinds or body["type"] == "reward_offer":
            messages |= {problem.description for _ in spoilt(body) for problem in told(read, body)}
        kinds.add(body["type"])

    assert kinds == RECORD_TYPES.keys()
    assert not {message for message in messages if A_PROGRAMS.search(message)}
