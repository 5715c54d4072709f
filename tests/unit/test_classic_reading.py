"""From the classic API's bodies to what they ask for, one model for each operation."""

from pathlib import Path
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.classic.identifiers import ClassicModel
from loyalty.api.classic.reading import read_entry, read_preview, read_purchase, references_of
from loyalty.api.classic.requests import BulkPurchase, ClassicCreatePurchase, ClassicPreviewPurchase, CreateSpend
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin
from loyalty.domain.validation import validate
from tests.contract import fields_of

PARTNER = Partner("P", frozenset(), frozenset())
AT = "/purchase_customer_events_set/3"
CARD = {"access_token_identifier": {"identifier": "CARD", "pass_code": "2468"}}


def body(**fields: Any) -> dict[str, Any]:
    """Return a purchase with these fields; None leaves one out."""
    line = {"product_identifier": {"code": "Bronze"}, "net_amount": 1, "vat_amount": 0, "total_amount": 1}
    found = {
        "request_unique_identifier": "31",
        "accounts_receivable_identifier": {"number": "1"},
        "performed_by_unit_identifier": {"name": "Unit"},
        "performed_on": "2016-06-22T15:00:00",
        "reference_number": "RF01",
        "products_set": [line],
        **fields,
    }
    return {name: value for name, value in found.items() if value is not None}


def problems(entry: Any) -> list[tuple[Code, str]]:
    """Return what is wrong with an entry of a bulk call."""
    with pytest.raises(Refused) as refused:
        read_entry(entry, PARTNER, None, AT)
    found: tuple[Problem, ...] = refused.value.problems
    return [(problem.code, problem.pointer) for problem in found]


@pytest.mark.parametrize(
    ("model", "operation", "heading", "ours"),
    [
        (BulkPurchase, 2, "### Request: one entry", {"intended_currency_identifier"}),
        (CreateSpend, 3, "### Request", {"performed_by_business_unit_identifier", "performed_by_tap_identifier"}),
        (ClassicPreviewPurchase, 4, "### Request", {"performed_by_tap_identifier", "promo_code"}),
        (
            ClassicCreatePurchase,
            5,
            "### Request",
            {"performed_by_business_unit_identifier", "performed_by_tap_identifier"},
        ),
    ],
    ids=["bulk", "create spend", "preview", "create"],
)
def test_an_operation_takes_the_fields_of_its_table(
    model: type[ClassicModel], operation: int, heading: str, ours: set[str]
) -> None:
    assert set(model.model_fields) == set(fields_of(operation, heading)) - {"token"} | ours


def test_what_an_operation_does_not_list_is_ignored_even_if_another_one_lists_it() -> None:
    unlisted = {"invoice_identifier": {}, "spend_request": {"spend_amount": -1}, "udf_float_1": "ten"}

    assert read_preview(body(**unlisted)).references == {}


def test_a_preview_looks_for_the_classification_of_the_spend_request() -> None:
    request = read_preview(body(spend_request_classification_identifier={"name": "Spend"}))

    assert request.references["spend_request_classification"].pointer == (
        "/spend_request_classification_identifier/name"
    )


def test_what_is_wrong_with_an_entry_is_told_by_its_place_in_the_set() -> None:
    line = {"product_identifier": {}, "net_amount": 1, "vat_amount": 1, "total_amount": 1}
    entry = body(
        request_unique_identifier=None,
        accounts_receivable_identifier={},
        performed_by_unit_identifier=None,
        products_set=[line],
        spend_request={"spend_amount": 1, "spend_alternative_amount": 1},
    )

    assert problems(entry) == [
        (Code.MANDATORY, f"{AT}/request_unique_identifier"),
        (Code.MANDATORY, f"{AT}/performed_by_unit_identifier"),
        (Code.MANDATORY, f"{AT}/products_set/0/product_identifier/id"),
        (Code.MANDATORY, f"{AT}/accounts_receivable_identifier/id"),
        (Code.EXCLUSIVE, f"{AT}/spend_request/spend_alternative_amount"),
        (Code.INVALID, f"{AT}/products_set/0/total_amount"),
    ]
    assert problems("RF01") == [(Code.INVALID, AT)]


def test_what_an_entry_names_is_told_by_its_place_in_the_set() -> None:
    entry = body(
        accounts_receivable_identifier=None,
        rewards_participant_identifier=CARD,
        invoice_identifier={"number": "I1"},
        spend_request={"spend_amount": 1},
    )
    request = read_entry(entry, PARTNER, None, AT)

    assert request.customer.pointer == f"{AT}/rewards_participant_identifier/access_token_identifier/identifier"
    assert request.performed_by["unit"].pointer == f"{AT}/performed_by_unit_identifier/name"
    assert request.references["invoice"].pointer == f"{AT}/invoice_identifier/number"
    assert request.lines[0].product
    assert request.lines[0].product.pointer == f"{AT}/products_set/0/product_identifier/code"
    assert request.spend
    assert request.spend.pointer == f"{AT}/spend_request"


def test_an_entry_is_the_same_by_its_external_reference_or_else_by_key_and_its_own_id() -> None:
    external = {"external_system": "POS", "external_system_reference_number": "17"}

    by_reference = read_entry(body(**external), PARTNER, "key", AT).identity
    by_key = read_entry(body(), PARTNER, "key", AT).identity
    by_nothing = read_entry(body(), PARTNER, None, AT).identity

    assert (by_reference.origin, by_reference.parts) == (Origin.EXTERNAL, ("P", "POS", "17"))
    assert (by_key.origin, by_key.parts) == (Origin.KEY, ("P", "key", "31"))
    assert by_nothing.event_id("M", "RF01", "1") != by_nothing.event_id("M", "RF01", "2")


def test_an_entrys_own_id_and_a_pass_code_say_nothing_of_what_is_asked_for() -> None:
    entry = body(accounts_receivable_identifier=CARD)
    other = {"access_token_identifier": {"identifier": "CARD", "pass_code": "1357"}}
    again = body(accounts_receivable_identifier=other, request_unique_identifier="32")
    someone_else = {"access_token_identifier": {"identifier": "OTHER", "pass_code": "2468"}}

    prints = [
        read_entry(sent, PARTNER, None, AT).fingerprint
        for sent in (entry, again, body(accounts_receivable_identifier=someone_else))
    ]

    assert prints[0] == prints[1] != prints[2]


def test_one_time_passwords_tell_requests_apart_however_they_are_spelled() -> None:
    prints = [
        read_purchase(
            body(accounts_receivable_identifier={"access_token_identifier": shown}), PARTNER, None
        ).fingerprint
        for shown in (
            {"one_time_password": 123456789012},
            {"one_time_password": "123456789012"},
            {"one_time_password": 123456789013},
        )
    ]

    assert prints[0] == prints[1] != prints[2]


def test_a_reference_does_not_print_its_pass_code() -> None:
    request = read_purchase(body(accounts_receivable_identifier=CARD), PARTNER, None)

    assert request.customer.pass_code == "2468"
    assert "2468" not in repr(request)


@pytest.mark.parametrize("name", ["create_spend_1", "create_spend_2"])
def test_the_vendors_spends_are_read(name: str) -> None:
    sent = exactjson.loads(Path(f"tests/examples/{name}.request.json").read_text())
    model = validate(CreateSpend, sent, CreateSpend.broken_rules)

    assert model.purchase_customer_event.reference_number == sent["purchase_customer_event"]["reference_number"]
    assert set(references_of(model.purchase_customer_event, "/purchase_customer_event")) <= {
        "payment_medium_brand",
        "payment_medium_type",
    }
