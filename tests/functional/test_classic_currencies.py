"""In which currency each amount is told of a purchase whose customer has a wallet in another one than the bill's."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.cards import bring
from tests.functional.conftest import Functions

Body = dict[str, Any]

LEI: list[Body] = [
    {
        "type": "account",
        "id": "LEI",
        "number": "LEI",
        "currency": "RON",
        "automatic_spend": {"enabled": True, "maximum_amount": 3},
    },
    {
        "type": "opening_balance",
        "id": "O-LEI",
        "account": "LEI",
        "amount": 100,
        "performed_on": "2018-08-07T00:00:00",
    },
    {
        "type": "reward_offer",
        "id": "AT-ONCE",
        "name": "A euro off",
        "scheme": "SALES",
        "conditions": {"business_units": ["CD123456"]},
        "award": {"method": "FIXED", "value": 1, "spend": "INSTANT"},
    },
]
"""A wallet in lei, five for a euro, at a shop that gives a euro off."""

PURCHASE: Body = {
    "accounts_receivable_identifier": {"number": "LEI"},
    "performed_by_business_unit_identifier": {"code": "CD123456"},
    "performed_on": "2019-10-30T08:17:57",
}
BASKET: Body = {
    "reference_number": "RF-LEI",
    "products_set": [
        {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 10, "vat_amount": 0, "total_amount": 10}
    ],
}
ON_REQUEST: Body = {"spend_amount": 2}


class Till:
    """A till that posts for a customer with a wallet in lei."""

    def __init__(self, functions: Functions, table: DynamoTable) -> None:
        bring(table, *LEI)
        self.functions = Functions(api_key=functions.api_key)
        issued = self.functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        self.token = issued.body["data"]["token"]

    def call(self, name: str, **body: Any) -> Body:
        answer = self.functions.call(name, {"token": self.token, **body}, context={})
        assert answer.status == 200, answer.body
        data: Body = answer.body["data"]
        return data

    def create(self, spend: Body | None) -> Body:
        return self.call("classic_create_purchase", **PURCHASE, **BASKET, spend_request=spend)

    def create_spend(self, spend: Body | None) -> Body:
        parts = {"purchase_customer_event": BASKET, "spend_request_customer_event": spend or {}}
        data = self.call("classic_create_spend", **PURCHASE, **parts)
        return self.show(id=data["purchase_customer_event"]["id"])

    def bulk(self, spend: Body | None) -> Body:
        entry = {"request_unique_identifier": "1", **PURCHASE, **BASKET, "spend_request": spend}
        [posted] = self.call("classic_bulk_create", purchase_customer_events_set=[entry])[
            "processed_customer_events_set"
        ]
        return self.show(id=posted["id"])

    def show(self, **named: str) -> Body:
        return self.call("classic_show_purchase", customer_event_identifier=named)

    def cancel(self, spend: Body | None) -> Body:
        return self.call("classic_cancel_purchase", customer_event_identifier={"id": self.create(spend)["id"]})


@pytest.fixture
def till(functions: Functions, demo: DynamoTable) -> Till:
    return Till(functions, demo)


@pytest.mark.parametrize("operation", [Till.create, Till.create_spend, Till.bulk, Till.cancel])
@pytest.mark.parametrize(
    ("spend", "automatic", "additional"), [(None, 3, 0), (ON_REQUEST, 0, 2)], ids=["automatic", "on request"]
)
def test_whatever_comes_off_the_bill_is_told_in_its_currency(
    till: Till, operation: Any, spend: Body | None, automatic: int, additional: int
) -> None:
    data = operation(till, spend)

    assert data["currency"]["code"] == "EUR"
    assert data["total_instant_spend_amount"] == 1
    assert data["total_automatic_spend_amount"] == automatic
    assert data["total_additional_spend_amount"] == additional
    assert data["total_spend_amount"] == 1 + automatic + additional
    assert data["requested_spend_amount"] == (additional or None)
    assert sum(request["spend_amount"] or 0 for request in data["spend_requests_set"]) == data["total_spend_amount"]


def test_what_is_posted_is_told_as_it_was_previewed(till: Till) -> None:
    previewed = till.call("classic_preview_purchase", **PURCHASE, **BASKET)

    created = till.create(None)

    names = ("total_instant_spend_amount", "total_automatic_spend_amount")
    assert {name: created[name] for name in names} == {name: previewed[name] for name in names}


def test_what_the_wallet_moved_by_is_told_in_the_wallets_currency(till: Till) -> None:
    """As the vendor tells awards, with the rate beside it (row 24)."""
    data = till.create(ON_REQUEST)

    spends, awards = data["spend_reward_transactions_set"], data["award_reward_transactions_set"]
    assert [spend["total_amount"] for spend in spends] == [5, 10]
    assert data["total_awarded_amount"] == sum(award["amount"] for award in awards) == 5 + Decimal("2.5")
    assert {part["currency_rate_period"]["rate"] for part in (*spends, *awards)} == {5}


def test_a_refusal_names_the_currency_of_what_the_wallet_lacks(till: Till) -> None:
    body = {"token": till.token, **PURCHASE, **BASKET, "spend_request": {"spend_amount": 9}}
    bring(till.functions.module("classic_create_purchase").table, {**LEI[0], "id": "POOR", "number": "POOR"})

    poor = {**body, "accounts_receivable_identifier": {"number": "POOR"}}
    answer = till.functions.call("classic_create_purchase", poor, context={})

    assert (answer.status, answer.body["status"]["code"]) == (422, "InsufficientBalanceException")
    assert "The wallet holds 0 RON; 45.00 RON cannot be spent." in answer.body["status"]["description"]
