"""A body's null is as good as an absent field, in whichever API and at whatever depth (contract, Q15)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from loyalty.api.classic.requests import BulkPurchase
from loyalty.api.newest.purchase_requests import CreatePurchase, read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.domain.records.rewards import RewardOfferRecord
from loyalty.domain.validation import validate

NOW = datetime(2026, 1, 15, tzinfo=UTC)
LINE = {"product_sku": "COFFEE", "net_amount": 1, "tax_amount": 0, "total_amount": 1}
PURCHASE = {"cim": "CARD", "reference_number": "R1", "outlet_tap": {"code": "DOCKS"}, "products": [LINE]}
CLASSIC_LINE = {"product_identifier": {"code": "COFFEE"}, "net_amount": 1, "vat_amount": 0, "total_amount": 1}
OFFER = {"type": "reward_offer", "id": "O", "name": "5% back", "scheme": "SALES"}
AWARD = {"method": "PERCENTAGE", "value": 5}


def faults(model: type[BaseModel], body: Any) -> dict[str, Code]:
    """Return what is wrong with a body, by JSON pointer."""
    with pytest.raises(Refused) as refused:
        read_purchase(body, NOW) if model is CreatePurchase else validate(model, body)
    return {problem.pointer: problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("model", "body", "pointer"),
    [
        (CreatePurchase, PURCHASE | {"reference_number": None}, "/reference_number"),
        (CreatePurchase, PURCHASE | {"products": [LINE, LINE | {"tax_amount": None}]}, "/products/1/tax_amount"),
        (RewardOfferRecord, OFFER | {"award": AWARD, "scheme": None}, "/scheme"),
        (RewardOfferRecord, OFFER | {"award": AWARD | {"method": None}}, "/award/method"),
    ],
)
def test_a_mandatory_field_that_is_null_is_missing(model: type[BaseModel], body: Any, pointer: str) -> None:
    assert faults(model, body) == {pointer: Code.MANDATORY}


@pytest.mark.parametrize("name", ["performed_on", "reference_number", "products_set"])
def test_a_mandatory_field_of_the_classic_api_that_is_null_is_missing(name: str) -> None:
    body = {"request_unique_identifier": "1", "performed_on": "2026-01-15T12:00:00", "reference_number": "R1"}

    assert faults(BulkPurchase, body | {"products_set": [CLASSIC_LINE]} | {name: None}) == {f"/{name}": Code.MANDATORY}


def test_a_field_that_is_null_has_its_default() -> None:
    purchase = read_purchase(PURCHASE | {"products": [LINE | {"quantity": None}]}, NOW)

    assert purchase.lines[0].quantity == 1
    assert purchase.fingerprint == read_purchase(PURCHASE, NOW).fingerprint


@pytest.mark.parametrize(
    "name", ["classification", "performed_on", "merchant_tap", "spend_request", "promo_code", "id", "contact_id"]
)
def test_an_empty_text_is_an_absent_field_whatever_the_field_is_of(name: str) -> None:
    purchase = read_purchase(PURCHASE | {name: ""}, NOW)

    assert purchase.fingerprint == read_purchase(PURCHASE, NOW).fingerprint


def test_an_empty_text_stands_for_a_default_in_a_line_and_in_a_spend() -> None:
    sent = PURCHASE | {"products": [LINE | {"quantity": ""}], "spend_request": {"amount": 1, "alternative_amount": ""}}
    meant = PURCHASE | {"spend_request": {"amount": 1}}

    assert read_purchase(sent, NOW).fingerprint == read_purchase(meant, NOW).fingerprint


def test_an_empty_text_is_told_where_the_field_is_mandatory_unknown_or_a_line() -> None:
    line = LINE | {"net_amount": "", "colour": ""}

    assert faults(CreatePurchase, PURCHASE | {"products": [line, ""], "cim": "", "contact_id": "C", "size": ""}) == {
        "/products/0/net_amount": Code.INVALID,
        "/products/0/colour": Code.INVALID,
        "/products/1": Code.INVALID,
        "/size": Code.INVALID,
    }
    assert faults(CreatePurchase, PURCHASE | {"products": ""}) == {"/products": Code.MANDATORY}


def test_a_line_that_is_null_is_one_and_is_faulty() -> None:
    assert faults(CreatePurchase, PURCHASE | {"products": [None, LINE]}) == {"/products/0": Code.INVALID}


def test_beside_a_null_every_other_faulty_field_is_named() -> None:
    body = PURCHASE | {"reference_number": None, "cim": 1, "colour": "red"}

    assert faults(CreatePurchase, body) == {
        "/reference_number": Code.MANDATORY,
        "/cim": Code.INVALID,
        "/colour": Code.INVALID,
    }
