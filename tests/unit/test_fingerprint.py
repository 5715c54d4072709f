"""What tells a repetition of a request from another request under the same identity."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.fingerprint import FORM, Fingerprint
from tests.goldens import EXAMPLES
from tests.tables.fields import MODELS, fields_of, models_in

NOW = datetime(2026, 1, 31, tzinfo=UTC)
BODY: dict[str, Any] = exactjson.loads((EXAMPLES / "create_v5_1.request.json").read_text())


def fingerprint_of(body: dict[str, Any]) -> str:
    return read_purchase(body, NOW).fingerprint.digest.hex()


def test_a_fingerprint_stays_what_it_was_when_the_event_was_posted() -> None:
    assert fingerprint_of(BODY) == "ed5ae1044f058718fa30da4b8b6f7a2e"


def test_neither_the_order_of_fields_nor_trailing_zeros_count() -> None:
    (line,) = BODY["products"]
    spelled = exactjson.loads(exactjson.dumps(line | {"net_amount": "?"}).replace('"?"', f"{line['net_amount']}00"))
    assert fingerprint_of(dict(reversed(BODY.items())) | {"products": [spelled]}) == fingerprint_of(BODY)


@pytest.mark.parametrize(
    "change", [{"reference_number": "RF000002"}, {"performed_on": 1572423478}, {"promo_code": "P"}]
)
def test_whatever_is_asked_for_counts(change: dict[str, Any]) -> None:
    assert fingerprint_of(BODY | change) != fingerprint_of(BODY)


RELEASED = sorted((Path(__file__).parents[1] / "tables").glob("*.fields.json"))


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.name)
@pytest.mark.parametrize("model", MODELS)
def test_released_fields_stay_in_their_order_and_new_ones_are_marked_and_may_be_left_out(
    model: type[BaseModel], released: Path
) -> None:
    assert list(broken_promises(model, json.loads(released.read_text())[model.__name__])) == []


def broken_promises(model: type[BaseModel], released: Mapping[str, Any], at: str = "") -> Iterator[str]:
    since: Mapping[str, int] = getattr(model, "since", {})
    fields = fields_of(model)
    if [name for name in fields if name in released] != list(released):
        yield f"{at}: fields are gone, or in another order"
    for name in fields:
        info = model.model_fields[name]
        if name in released:
            for part in models_in(info.annotation):
                yield from broken_promises(part, released[name], f"{at}/{name}")
        elif info.default is not None or not 1 <= since.get(name, 0) <= FORM:
            yield f"{at}/{name} is new: its default must be None, and its form has to stand in the model's `since`"


class OldPart(BaseModel):
    number: int


class OldRequest(BaseModel):
    name: str
    parts: list[OldPart]


class Part(BaseModel):
    since: ClassVar = {"colour": FORM}
    number: int
    colour: str | None = None


class Request(BaseModel):
    since: ClassVar = {"note": FORM}
    name: str
    note: str | None = None
    parts: list[Part]


WITHOUT: dict[str, Any] = {"name": "A", "parts": [{"number": 1}]}
WITH: dict[str, Any] = {"name": "A", "parts": [{"number": 1, "colour": "red"}], "note": "N"}


def test_a_new_field_changes_no_fingerprint_of_requests_without_it() -> None:
    assert Fingerprint.of(Request(**WITHOUT)) == Fingerprint.of(OldRequest(**WITHOUT))


def test_requests_with_a_field_that_was_ignored_before_are_known_by_what_was_not() -> None:
    before, after = Fingerprint.of(OldRequest(**WITH)).digest, Fingerprint.of(Request(**WITH))

    assert after.is_of(before, None)
    assert not after.is_of(before, FORM)
    assert after.is_of(after.digest, FORM)


def test_a_request_none_of_whose_fields_is_new_has_one_fingerprint_in_every_form() -> None:
    asked = Fingerprint.of(OldRequest(**WITHOUT))

    assert asked.is_of(asked.digest, FORM)
    assert asked.is_of(asked.digest, None)


def test_a_form_of_a_later_version_is_not_known() -> None:
    asked = Fingerprint.of(Request(**WITH))

    assert not asked.is_of(asked.digest, FORM + 1)


class Dated(BaseModel):
    since: ClassVar = {"more": FORM, "later": FORM}
    zone: str
    at: datetime
    own: Part
    part: Part | None = None
    more: Part | None = None
    code: str | None = None
    later: str | None = None


RED = Part(number=1, colour="red")
DATED: dict[str, Any] = {"zone": "Z", "at": NOW, "own": RED, "part": RED, "more": RED, "later": "L"}
IN_ORDER = '{"zone":"Z","at":"2026-01-31T00:00:00Z","own":{"number":1},"part":{"number":1}}'
SORTED = '{"at":"2026-01-31T00:00:00Z","own":{"number":1},"part":{"number":1},"zone":"Z"}'
WITH_LATER = (
    '{"zone":"Z","at":"2026-01-31T00:00:00Z","own":{"number":1,"colour":"red"},"part":{"number":1,"colour":"red"},'
    '"more":{"number":1,"colour":"red"},"later":"L"}'
)


def printed(text: str) -> bytes:
    """Return the fingerprint of a text."""
    return hashlib.sha256(text.encode()).digest()[:16]


def test_before_there_were_forms_a_request_was_printed_in_its_order_or_sorted_without_later_fields() -> None:
    asked = Fingerprint.of(Dated(**DATED))

    assert asked.digest == printed(WITH_LATER)
    assert asked.in_form(None) == (printed(IN_ORDER), printed(SORTED))
    assert asked.in_form(FORM) == (printed(WITH_LATER),)


def test_an_empty_text_is_none_but_once_it_counted() -> None:
    asked = Fingerprint.of(Dated(**DATED | {"code": ""}))

    assert asked == Fingerprint.of(Dated(**DATED))
    assert asked.in_form(FORM) == (printed(WITH_LATER), printed(WITH_LATER.replace(',"later"', ',"code":"","later"')))
    assert Fingerprint.of(Dated(**DATED | {"code": '"'})).in_form(FORM) == (
        printed(WITH_LATER.replace(',"later"', ',"code":"\\"","later"')),
    )


def test_what_no_model_describes_has_one_fingerprint_whatever_the_order_of_its_fields() -> None:
    asked = Fingerprint.of_fields({"b": Decimal("1.50"), "a": "A"})

    assert asked.digest == printed('{"a":"A","b":"1.5"}')
    assert asked.in_form(None) == asked.in_form(FORM) == (asked.digest,)
    assert Fingerprint.of_fields({"at": NOW}).digest == printed('{"at":"2026-01-31 00:00:00+00:00"}')


def test_a_fingerprint_that_was_kept_is_known_in_all_its_forms() -> None:
    asked = Fingerprint.of(Dated(**DATED))
    stored = asked.to_stored()

    assert stored == [printed(text).hex() for text in (WITH_LATER, IN_ORDER, SORTED, *[IN_ORDER] * (FORM - 1))]
    assert Fingerprint.from_stored(stored) == asked
    assert all(Fingerprint.from_stored(stored).is_of(bytes.fromhex(one), None) for one in stored)
