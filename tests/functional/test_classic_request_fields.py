"""Every request field of the classic create (contract, operation 5), and of create spend, which takes the same: read,
checked, kept, answered, and part of what is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from msgspec import to_builtins

from loyalty.api.classic.reading import read_created_spend, read_purchase
from loyalty.api.classic.requests import ClassicCreatePurchase, CreateSpend, CreateSpendPurchase
from loyalty.api.classic.shapes.events import CreatedPurchase
from loyalty.domain.access.partner import Partner
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import Event
from loyalty.store.ledger import read_event
from tests.cards import AMERICAN_EXPRESS, BY_CODE, CAMPAIGN, CARD, CLASSIFICATION, CREDIT_CARD, PROMO_CODE, bring
from tests.contract import fields_of
from tests.functional.conftest import Answer, Functions, example

ELENI = {"accounts_receivable_identifier": {"number": "0000000001"}}
GOOD_TOKEN = "a token that was issued for the test"
DESPINA = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}


@dataclass(frozen=True)
class Row:
    """A field: what to send in it, and how that shows.

    `answered` says what stands where in `data`, `kept` in the event's document, `faulty` what to be refused for and
    with which code (at the field, or at `place` within it). `beside` are other fields that it needs, None for one that
    it excludes.
    """

    sent: Any
    faulty: Any
    answered: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    code: str = "InvalidAPIValueException"
    place: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)


def detail(name: str, sent: Any, faulty: Any, told: Any = None) -> Row:
    """Return a field that is kept as it was sent, and answered again under its name."""
    told = sent if told is None else told
    return Row(sent, faulty, {name: told}, {f"details/{name}": told})


TEXTS = ("description", *(f"udf_string_{place}" for place in range(1, 17)))
CODES = (
    "payment_medium_identifier",
    "external_system",
    "external_system_reference_number",
    "terminal_identifier",
)
ROWS: Mapping[str, Row] = {
    "token": Row(GOOD_TOKEN, "nobody's", code="InvalidTokenException"),
    "accounts_receivable_identifier": Row(
        {"number": "0000000001"},
        {"number": 1},
        {"accounts_receivable/name": "0000000001 Eleni M"},
        {"contact_id": "EE15F92F5AD9487692DA4DD34D35CA09"},
        place="/number",
    ),
    "rewards_participant_identifier": Row(
        {"number": "1"},
        {"number": ["1"]},
        {"accounts_receivable/name": "0000000001 Eleni M"},
        {"contact_id": "EE15F92F5AD9487692DA4DD34D35CA09"},
        place="/number",
        beside={"accounts_receivable_identifier": None},
    ),
    "classification_identifier": Row(
        {"alternative_code": "CCC"},
        {"alternative_code": 1},
        {"classification/name": "Counter coffee card"},
        {"ids/classification": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C"},
        place="/alternative_code",
    ),
    "performed_by_unit_identifier": Row(
        {"name": "Merchant A unit"},
        {"name": 1},
        {"performed_by_unit/alternative_code": "MRAU", "performed_by_business_unit/code": "MRA-1"},
        {"unit_id": "AB18F69E3CA84413BABEF07713D410CB"},
        place="/name",
    ),
    "performed_on": Row("2017-07-12T10:00:00", "2017-07-12", {"performed_on": "2017-07-12T10:00:00"}),
    "process_immediately": detail("process_immediately", 1, 2, told=True),
    "reference_number": Row("RF77", "", {"reference_number": "RF77"}),
    "payment_medium_brand_identifier": Row(
        {"name": "AMERICAN EXPRESS"},
        {"name": 1},
        {"payment_medium_brand/alternative_code": "AE"},
        {"ids/payment_medium_brand": AMERICAN_EXPRESS},
        place="/name",
    ),
    "payment_medium_type_identifier": Row(
        {"name": "Credit Card"},
        {"name": 1},
        {"payment_medium_type/alternative_code": "CC"},
        {"ids/payment_medium_type": CREDIT_CARD},
        place="/name",
    ),
    "authorized_by_access_token_identifier": Row(
        BY_CODE,
        {"identifier": "X"},
        {"authorized_by_access_token/number": "17"},
        {"ids/access_token": "T-CARD"},
        "MandatoryAPIValueMissingException",
        "/pass_code",
        beside=ELENI,
    ),
    "invoice_identifier": Row(
        {"reference_number": "882"},
        {"reference_number": 882},
        {"invoice/number": "I00000882"},
        {"ids/invoice": "A7B9DAF215114B8E9C3D5E7F90A1B2C3"},
        place="/reference_number",
    ),
    # Compared with the currency there, and not kept; so all that shows of it is a refusal.
    "intended_currency_identifier": Row(
        {"code": "EUR"}, {"code": "PTS"}, code="CurrencyMismatchException", place="/code"
    ),
    # In no table of what is answered.
    "promo_code": Row("COLD-BREW", 1, kept={"ids/promo_code": "PC-1"}),
    "disable_instant_spend": detail("disable_instant_spend", True, "yes"),
    "spend_request": Row(
        {"spend_amount": 5},
        {"spend_amount": -5},
        {"requested_spend_amount": 5, "total_additional_spend_amount": 5},
        {"requested": [5, None]},
        place="/spend_amount",
        beside=DESPINA,
    ),
    "products_set": Row(
        [{"product_identifier": {"code": "Bronze"}, "net_amount": 1, "vat_amount": 0, "total_amount": 1}],
        [],
        {"products_set/0/product/code": "Bronze", "total_amount": 1},
        {"lines/0/1": "Bronze"},
    ),
    "fields_set": Row("number, total_amount", ["number"], {"total_amount": 240, "description": "missing"}),
    **{name: detail(name, f"some {name}", 5) for name in TEXTS},
    **{name: detail(name, f"{name}-1", 1) for name in CODES},
    **{f"udf_float_{place}": detail(f"udf_float_{place}", place, "10") for place in range(1, 5)},
    **{
        f"udf_date_{place}": detail(f"udf_date_{place}", f"2016-0{place}-24T15:49:59", "yesterday")
        for place in range(1, 5)
    },
}
CREATE, CREATE_SPEND = "classic_create_purchase", "classic_create_spend"
ELSEWHERE = ("spend_request", "terminal_identifier", "fields_set")
SPENDING_ROWS = {name: row for name, row in ROWS.items() if name not in ELSEWHERE}
"""What create spend takes alike, most of it within the purchase."""
FIELDS = [(CREATE, name) for name in ROWS] + [(CREATE_SPEND, name) for name in SPENDING_ROWS]
ASKED_FOR = [field for field in FIELDS if field[1] not in ("token", "fields_set")]
"""What says something of the purchase."""


def body_of(operation: str, **fields: Any) -> dict[str, Any]:
    """Return the vendor's first example without what may be left out, and with these fields; None leaves one out."""
    names = ("accounts_receivable_identifier", "performed_by_unit_identifier", "performed_on", "reference_number")
    body = {name: example("create_1.request")[name] for name in (*names, "products_set")} | fields
    body = {name: value for name, value in body.items() if value is not None}
    if operation == CREATE_SPEND:
        purchase = {name: body.pop(name) for name in CreateSpendPurchase.model_fields if name in body}
        body |= {"purchase_customer_event": purchase, "spend_request_customer_event": {}}
    return body


def post(functions: Functions, operation: str = CREATE, **fields: Any) -> Answer:
    """Post that body."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    body = body_of(operation, **fields)
    if body.get("token", GOOD_TOKEN) is GOOD_TOKEN:
        body["token"] = issued.body["data"]["token"]
    return functions.call(operation, body, context={})


def show(functions: Functions, event_id: str) -> Any:
    """Return the complete event."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    named = {**issued.body["data"], "customer_event_identifier": {"id": event_id}}
    return functions.call("classic_show_purchase", named, context={}).body["data"]


def at(place: str, document: Any) -> Any:
    """Return what stands at a place such as `invoice/number` or `lines/0`."""
    for step in place.split("/"):
        document = document[int(step)] if isinstance(document, list | tuple) else (document or {}).get(step, "missing")
    return document


def newest_event(table: DynamoTable, data: Any) -> Event:
    """Return the event that was answered."""
    [event_id] = [item["pk"].removeprefix("EVENT#") for item in table.scan() if item.get("event_type") == "PURCHASE"]
    assert data.get("id", event_id) == event_id
    event = read_event(table, event_id)
    assert event
    return event


def test_each_of_the_contracts_47_fields_is_tested() -> None:
    assert len(ROWS) == 47
    assert set(ROWS) == set(fields_of(5))


def test_create_spend_takes_what_create_takes_but_for_its_own_way_to_spend() -> None:
    """A terminal is in no table of create spend."""
    taken = {*CreateSpend.model_fields, *CreateSpendPurchase.model_fields, *ELSEWHERE}

    assert set(ClassicCreatePurchase.model_fields) <= taken


def kept_of(event: Event) -> Any:
    """Return what is kept of a purchase, as plain values."""
    return to_builtins(event.purchase_document, builtin_types=(Decimal,))


@pytest.mark.parametrize("name", ROWS)
def test_a_field_is_read_kept_and_answered(cold_functions: Functions, demo: DynamoTable, name: str) -> None:
    bring(demo, CLASSIFICATION, CARD, CAMPAIGN, PROMO_CODE)
    row = ROWS[name]
    answer = post(cold_functions, **{**row.beside, name: row.sent})

    assert answer.status == 200, answer.body
    data, document = answer.body["data"], kept_of(newest_event(demo, answer.body["data"]))
    assert {place: at(place, data) for place in row.answered} == row.answered
    assert {place: at(place, document) for place in row.kept} == row.kept


@pytest.mark.parametrize("name", SPENDING_ROWS)
def test_create_spend_reads_keeps_and_answers_it_as_well(
    cold_functions: Functions, demo: DynamoTable, name: str
) -> None:
    bring(demo, CLASSIFICATION, CARD, CAMPAIGN, PROMO_CODE)
    row = SPENDING_ROWS[name]
    answer = post(cold_functions, CREATE_SPEND, **{**row.beside, name: row.sent})

    assert answer.status == 200, answer.body
    told = answer.body["data"]["purchase_customer_event"]
    data, document = show(cold_functions, told["id"]), kept_of(newest_event(demo, told))
    assert {place: at(place, data) for place in row.answered} == row.answered
    assert {place: at(place, document) for place in row.kept} == row.kept
    assert told == {field: data[field] for field in told}
    assert told.keys() >= {place.partition("/")[0] for place in row.answered} & CreatedPurchase.__annotations__.keys()


@pytest.mark.parametrize(("operation", "name"), ASKED_FOR, ids=str)
def test_a_field_is_part_of_what_is_asked_for(operation: str, name: str) -> None:
    read = {CREATE: read_purchase, CREATE_SPEND: read_created_spend}[operation]
    beside = {other: value for other, value in ROWS[name].beside.items() if value is not None}
    asked, without = body_of(operation, **{**ROWS[name].beside, name: ROWS[name].sent}), body_of(operation, **beside)

    partner = Partner("P", frozenset(), frozenset())
    assert read(asked, partner, None).fingerprint != read(without, partner, None).fingerprint


@pytest.mark.parametrize(("operation", "name"), FIELDS, ids=str)
def test_a_faulty_field_is_refused_by_its_name(functions: Functions, operation: str, name: str) -> None:
    row = ROWS[name]
    answer = post(functions, operation, **{**row.beside, name: row.faulty})

    assert 400 <= answer.status < 500
    assert answer.body["status"]["code"] == row.code
    assert name == "token" or f"/{name}{row.place}: " in answer.body["status"]["description"]
