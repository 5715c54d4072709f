"""Previews of both APIs: what they show is what posting does, and they write nothing."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Functions, example


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def classic(token: str, **fields: Any) -> dict[str, Any]:
    """Return the request of the vendor's second preview, which is that of the fourth create as well (row 11)."""
    return {**example("preview_2.request"), "token": token, **fields}


def test_what_a_preview_shows_is_what_posting_does(functions: Functions) -> None:
    body = example("create_v5_1.request")

    preview = functions.call("preview_purchase", body).body
    posted = functions.call("create_purchase", body).body["id"]
    shown = functions.call("show_purchase", path={"id": posted}).body

    for name in ("awards", "spends", "net_amount", "tax_amount", "total_amount"):
        assert preview[name] == shown[name]
    assert preview["balance"] + shown["amount"] == shown["balance"]


def test_a_preview_writes_nothing(functions: Functions, demo: DynamoTable, token: str) -> None:
    before = sorted(map(str, demo.scan()))

    assert functions.call("preview_purchase", example("create_v5_1.request")).status == 200
    assert functions.call("classic_preview_purchase", classic(token), context={}).status == 200
    assert sorted(map(str, demo.scan())) == before


def test_a_preview_says_how_much_could_be_spent(functions: Functions) -> None:
    preview = functions.call("preview_purchase", {**example("create_v5_1.request"), "spend_request": None}).body

    assert (preview["allow_spending"], preview["minimum_spend"], preview["maximum_spend"]) == (True, 1, 1000)
    assert (preview["available_spend"], preview["balance"]) == (Decimal("15.19"), 50)


def test_a_preview_explains_every_offer_where_it_is_asked_to(functions: Functions) -> None:
    body = {**example("create_v5_1.request"), "classification": None}

    assert "why" not in functions.call("preview_purchase", body).body
    assert functions.call("preview_purchase", {**body, "explain": True}).body["why"] == [
        {"offer_id": "OFFER-5PC", "applies": True, "failed": None},
        {"offer_id": "27268409D98F4D408BA056632B9316E9", "applies": False, "failed": "business_units"},
        {"offer_id": "OFFER-CARD", "applies": False, "failed": "business_units"},
        {"offer_id": "OFFER-CLASSIFIED", "applies": False, "failed": "business_units"},
        {"offer_id": "OFFER-WELCOME", "applies": False, "failed": "classifications"},
    ]
    assert functions.call("preview_purchase", {**body, "explain": "yes"}).status == 400
    assert functions.call("create_purchase", {**body, "explain": True}).headers["Ignored-Fields"] == '"/explain"'


def test_a_preview_is_refused_for_what_posting_would_be_refused_for(functions: Functions) -> None:
    body = {**example("create_v5_1.request"), "spend_request": {"amount": 500}, "currency_code": "PTS"}

    assert functions.call("preview_purchase", body).status == functions.call("create_purchase", body).status == 422


def test_the_classic_preview_has_every_field_of_the_contract(functions: Functions, token: str) -> None:
    customer = {"access_token_identifier": {"authentication_code": "4A30966F684B0269AD91"}}
    unit: dict[str, Any] = {"performed_by_unit_identifier": None}
    where = {"performed_by_business_unit_identifier": {"code": "CD123456"}}
    coffee = {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 20, "vat_amount": 0, "total_amount": 20}
    body = classic(token, accounts_receivable_identifier=customer, products_set=[coffee], **unit, **where)

    data = functions.call("classic_preview_purchase", body, context={}).body["data"]

    assert data == {
        "total_award_amount": 1,
        "total_instant_spend_amount": 0,
        "total_automatic_spend_amount": 0,
        "total_additional_spend_amount": 20,
        "minimum_spend_amount_per_transaction": 1,
        "maximum_spend_amount_per_transaction": 1000,
        "reduction_method": "FRONT_END_REDUCTION",
        "rewards_participant_id": "PA0FFEE0PA0FFEE0PA0FFEE0PA0FFEE0",
        "rewards_participant_name": "Despina Kafetzi",
        "wallet_balance": 50,
        "wallet_alternative_balance": 5000,
        "allow_spending": True,
        "voucher_types_set": [],
        "applied_reward_offers_set": [{"id": "OFFER-5PC", "name": "5% back on coffee", "scheme_name": "Sales Scheme"}],
    }


def test_the_vendors_previews_are_answered_with_their_fields(functions: Functions, token: str) -> None:
    data = functions.call("classic_preview_purchase", classic(token), context={}).body["data"]

    assert set(example("preview_2.response")["data"]) <= set(data)
    assert (data["rewards_participant_id"], data["rewards_participant_name"]) == (
        "57A9AC82559149019061B743F13CD39B",
        "Eleni Mich",
    )
