"""Codes and references that look alike: invisible characters, empty texts."""

from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.domain.fingerprint import FORM, Fingerprint
from loyalty.domain.records.said import Said
from loyalty.store import keys
from loyalty.usecases.purchases.repetition import identify
from loyalty.usecases.reference.record_of_row import as_record
from tests.unit.test_classic_reading import PARTNER
from tests.unit.test_classic_reading import body as classic
from tests.uploads import NOW

LINE = {"product_sku": "P", "net_amount": 1, "tax_amount": 0, "total_amount": 1}
PURCHASE: dict[str, Any] = {
    "cim": "A",
    "reference_number": "R",
    "merchant_tap": {"code": "M"},
    "products": [LINE],
}
INVISIBLE = ["\u200f", "\u200b", "\u200d", "\ufeff", "\u00a0", "\u3000", "\u00ad", "\t", "\n", "\r"]


def problems(read: Any, *sent: Any) -> dict[str, tuple[Code, str]]:
    with pytest.raises(Refused) as refused:
        read(*sent)
    return {problem.pointer: (problem.code, problem.description) for problem in refused.value.problems}


@pytest.mark.parametrize("character", INVISIBLE)
@pytest.mark.parametrize("at_end", [True, False])
def test_what_nobody_sees_at_the_ends_of_a_code_is_refused_by_its_name(character: str, at_end: bool) -> None:
    code = f"R{character}" if at_end else f"{character}R"
    newest = problems(read_purchase, PURCHASE | {"reference_number": code, "cim": code}, NOW)
    of_classic = problems(read_classic, classic(reference_number=code), PARTNER, None)
    record = problems(as_record, Said({"type": "account", "id": "A", "number": code}))

    assert newest.keys() == {"/reference_number", "/cim"}
    assert of_classic.keys() == {"/reference_number"}
    assert record.keys() == {"/number"}
    for _, description in (*newest.values(), *of_classic.values(), *record.values()):
        assert f"(U+{ord(character):04X}), which is invisible" in description


@pytest.mark.parametrize("code", ["R 1", "R\u200f1", " R", "R ", "é", "مرحبا", "\U0001f600"])
def test_all_that_can_be_seen_is_taken(code: str) -> None:
    assert read_purchase(PURCHASE | {"reference_number": code}, NOW).reference_number == code


EMPTY = {"promo_code": "", "currency_code": "", "contact_id": "", "id": "", "classification": {"id": "", "code": "C"}}


def test_an_empty_text_of_the_newest_api_is_an_absent_field() -> None:
    said = PURCHASE | {"classification": {"code": "C"}}

    assert read_purchase(PURCHASE | EMPTY, NOW).fingerprint == read_purchase(said, NOW).fingerprint
    assert problems(read_purchase, PURCHASE | {"reference_number": ""}, NOW)["/reference_number"][0] is Code.MANDATORY
    assert problems(read_purchase, PURCHASE | {"cim": "", "contact_id": ""}, NOW)["/contact_id"][0] is Code.MANDATORY


def test_an_empty_text_is_no_amount() -> None:
    line = LINE | {"net_amount": ""}

    assert "/products/0/net_amount" in problems(read_purchase, PURCHASE | {"products": [line]}, NOW)


@pytest.mark.parametrize("name", ["description", "udf_string_1", "promo_code", "external_system", "udf_date_1"])
def test_an_empty_text_of_the_classic_api_is_an_absent_field(name: str) -> None:
    with_it, without = (read_classic(classic(**more), PARTNER, None) for more in ({name: ""}, {}))

    assert with_it == without


def test_a_pass_code_that_is_empty_is_missing() -> None:
    shown = {"access_token_identifier": {"identifier": "CARD", "pass_code": ""}}

    assert [
        pointer.split("/")[-1]
        for pointer in problems(read_classic, classic(accounts_receivable_identifier=shown), PARTNER, None)
    ] == ["pass_code"]


@pytest.mark.parametrize("form", [None, FORM])
def test_what_was_posted_with_an_empty_text_is_known_by_the_same_request(form: int | None) -> None:
    empty = read_classic(classic(description=""), PARTNER, None).fingerprint
    counted = _as_it_was(classic(description=""), form)

    assert empty.is_of(counted, form)
    assert empty.is_of(_as_it_was(classic(), form), form)
    assert not read_classic(classic(description="D"), PARTNER, None).fingerprint.is_of(counted, form)


def test_a_partner_that_repeats_itself_is_known_by_what_counted_when_it_was_posted() -> None:
    repeats = {keys.record("partner", PARTNER.id): {"record": exactjson.dumps({"classic_repeats": "REPLAY"})}}
    sent = read_classic(classic(description=""), PARTNER, None)

    known = identify(sent, PARTNER, repeats)

    assert known.identity == identify(read_classic(classic(), PARTNER, None), PARTNER, repeats).identity
    assert [one.parts[1] for one in known.known_before] == [_as_it_was(classic(description=""), FORM).hex().upper()]


def _as_it_was(body: dict[str, Any], form: int | None) -> bytes:
    """Return the fingerprint that was stored when empty texts counted."""
    prints: Fingerprint = read_classic(body, PARTNER, None).fingerprint
    return prints.in_form(form)[-1]


def test_an_empty_text_of_a_record_is_an_absent_field() -> None:
    campaign = {"type": "promotion_campaign", "id": "C", "name": "C"}
    contact = {"type": "contact", "id": "C", "first_name": "Anna"}

    assert as_record(Said(campaign | {"effective_to": "", "life_cycle_state": ""})) == as_record(Said(campaign))
    assert as_record(Said(contact | {"last_name": ""})) == as_record(Said(contact))


def test_an_empty_text_opens_nothing_and_takes_no_pass_code_away() -> None:
    card = {"type": "access_token", "id": "T", "account": "A", "identifier": "I"}
    old = as_record(Said(card | {"pass_code": "1234", "life_cycle_state": "NOT_EFFECTIVE"}))

    assert as_record(Said(card | {"pass_code": "", "life_cycle_state": ""}), old) == old
