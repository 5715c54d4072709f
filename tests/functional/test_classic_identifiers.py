"""Whatever the classic API names something by (contract, objects, identifiers), it is the same thing."""

from typing import Any, get_args

import pytest

from loyalty.api.classic.fields import PurchaseProduct
from loyalty.api.classic.identifiers import Identifier
from loyalty.api.classic.requests import ClassicCreatePurchase
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.ledger import read_event
from tests.cards import AMERICAN_EXPRESS, BY_CODE, BY_PASS_CODE, CARD, CLASSIFICATION, CREDIT_CARD, bring
from tests.functional.conftest import Functions

UNIT = {"type": "unit", "id": "U-CD", "name": "Docks unit", "alternative_code": "CDU", "business_unit": "CD123456"}
INVOICE = {
    "type": "invoice",
    "id": "INV-7",
    "number": "2019-0007",
    "reference_number": "R-7",
    "back_office_code": "B-7",
}

WAYS: dict[str, list[dict[str, Any]]] = {
    "accounts_receivable_identifier": [
        {"id": "8DDDA5F17D9641FC97A32FEAEE1F8AC6"},
        {"number": "0000000001"},
        {"name": "0000000001 Eleni M"},
        {"access_token_identifier": BY_CODE},
    ],
    "rewards_participant_identifier": [
        {"id": "57A9AC82559149019061B743F13CD39B"},
        {"number": "1"},
        {"access_token_identifier": BY_PASS_CODE},
    ],
    "classification_identifier": [
        {"id": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C"},
        {"name": "Counter coffee card"},
        {"alternative_code": "CCC"},
    ],
    "performed_by_unit_identifier": [{"id": "U-CD"}, {"name": "Docks unit"}, {"alternative_code": "CDU"}],
    "performed_by_business_unit_identifier": [
        {"id": "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"},
        {"name": "Espresso Kitchen, City Docks"},
        {"code": "CD123456"},
    ],
    "performed_by_tap_identifier": [{"id": "T-CD-1"}, {"name": "City Docks till 1"}, {"code": "CD123456-1"}],
    "payment_medium_brand_identifier": [
        {"id": AMERICAN_EXPRESS},
        {"name": "AMERICAN EXPRESS"},
        {"alternative_code": "AE"},
    ],
    "payment_medium_type_identifier": [{"id": CREDIT_CARD}, {"name": "Credit Card"}, {"alternative_code": "CC"}],
    "authorized_by_access_token_identifier": [BY_CODE, BY_PASS_CODE],
    "invoice_identifier": [
        {"id": "INV-7"},
        {"number": "2019-0007"},
        {"reference_number": "R-7"},
        {"back_office_code": "B-7"},
    ],
    "intended_currency_identifier": [{"id": "2"}, {"code": "EUR"}],
    "product_identifier": [
        {"id": "E0B2C4D6F8A01B3C5D7E9F1A2B4C6D8E"},
        {"code": "FREDESPR001"},
        {"alternative_code": "FE1"},
    ],
}
CUSTOMERS = ("accounts_receivable_identifier", "rewards_participant_identifier")


def test_no_way_of_naming_is_left_out() -> None:
    fields = ClassicCreatePurchase.model_fields | PurchaseProduct.model_fields
    identifiers = {
        name: kind
        for name, field in fields.items()
        for kind in (field.annotation, *get_args(field.annotation))
        if isinstance(kind, type) and issubclass(kind, Identifier)
    }

    assert {name: {by for way in ways for by in way} - {"pass_code"} for name, ways in WAYS.items()} == {
        name: set(kind.ways()) for name, kind in identifiers.items()
    }


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("turn", range(4))
def test_what_is_named_is_found(cold_functions: Functions, demo: DynamoTable, turn: int, customer: str) -> None:
    """In each turn everything is named by its next way."""
    bring(demo, CLASSIFICATION, CARD, UNIT, INVOICE)
    named = {name: ways[turn % len(ways)] for name, ways in WAYS.items() if name == customer or name not in CUSTOMERS}
    line = {"product_identifier": named.pop("product_identifier"), "net_amount": 1, "vat_amount": 0, "total_amount": 1}
    issued = cold_functions.call("issue_token", headers={"api_key": cold_functions.api_key}, context={})
    body = {
        **named,
        "token": issued.body["data"]["token"],
        "performed_on": "2019-10-30T08:17:57",
        "reference_number": "R",
        "products_set": [line],
    }

    answer = cold_functions.call("classic_create_purchase", body, context={})

    assert answer.status == 200, answer.body
    event = read_event(demo, answer.body["data"]["id"])
    assert event
    assert event.entry.account_id == "8DDDA5F17D9641FC97A32FEAEE1F8AC6"
    assert (event.purchase_document.unit_id, event.purchase_document.tap_id) == ("U-CD", "T-CD-1")
    assert event.purchase_document.outlet_id == "7E0D3F5A1B7C4C6E9F2A4B8D0C1E3F5A"
    assert event.purchase_document.lines[0].product_code == "FREDESPR001"
    assert event.purchase_document.ids == {
        "access_token": "T-CARD",
        "classification": "5C8E1A3D7F2B4D6E9A0C2E4F6B8D0A1C",
        "invoice": "INV-7",
        "payment_medium_brand": AMERICAN_EXPRESS,
        "payment_medium_type": CREDIT_CARD,
    }
