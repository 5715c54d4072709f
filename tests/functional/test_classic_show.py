"""POST /customer_events/purchases/show, and what of an event it has to tell that the vendor's examples do not have."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]

SPENDING: Body = {"accounts_receivable_identifier": {"number": "ACR0000000001"}, "spend_request": {"spend_amount": 5}}
OFFER: Body = {"type": "reward_offer", "conditions": {"business_units": ["MRA"]}, "scheme": "SALES"}


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def post(functions: Functions, token: str, *, name: str = "classic_create_purchase", **fields: Any) -> Body:
    """Post the vendor's first example with some fields changed; answers the event."""
    answer = functions.call(name, {**example("create_1.request"), "token": token, **fields}, context={})
    assert answer.status == 200, answer.body
    data: Body = answer.body["data"]
    return data


def show(functions: Functions, token: str, fields_set: str | None = None, **named: str) -> Answer:
    body: Body = {"token": token, "customer_event_identifier": named}
    return functions.call(
        "classic_show_purchase", body | ({"fields_set": fields_set} if fields_set else {}), context={}
    )


@pytest.mark.parametrize("by", ["id", "number", "reference_number"])
def test_a_purchase_is_shown_as_it_was_answered_when_it_was_posted(functions: Functions, token: str, by: str) -> None:
    posted = post(functions, token, **SPENDING)

    shown = show(functions, token, **{by: posted[by]})

    assert (shown.status, shown.body["data"]) == (200, posted)


def test_only_the_fields_asked_for_are_shown(functions: Functions, token: str) -> None:
    posted = post(functions, token)

    shown = show(functions, token, "number, total_amount,colour", id=posted["id"])

    assert shown.body["data"] == {"number": posted["number"], "total_amount": 240}


def test_a_reference_number_that_recurs_is_refused_with_what_to_do(functions: Functions, token: str) -> None:
    posted = post(functions, token)
    post(functions, token)

    answer = show(functions, token, reference_number=posted["reference_number"])

    assert answer.status == 409
    assert "name the one you mean by its id or number" in answer.body["status"]["description"]


def test_what_is_not_there_is_told_in_the_vendors_words(functions: Functions, token: str) -> None:
    answer = show(functions, token, number="99999999")

    assert answer.status == 404
    assert answer.body["status"]["description"] == (
        "Error:Purchase (99999999) Not Found. - Description:The specified API value was not found."
    )


@pytest.mark.parametrize(
    ("merchant", "scopes", "status"),
    [("6D9C2E4F0A6B4B5D8E1F3A7C9B0D2E4F", list(Scope), 404), ("*", [Scope.POST_PURCHASES], 403)],
    ids=["another merchant's", "without the scope"],
)
def test_a_key_that_may_not_see_the_purchase_is_refused(
    functions: Functions, demo: DynamoTable, token: str, merchant: str, scopes: list[Scope], status: int
) -> None:
    posted = post(functions, token)
    key, _ = create_key(KeyRequest("DEMO", [merchant], scopes), table=demo, now=NOW)
    other = functions.call("issue_token", headers={"api_key": key}, context={}).body["data"]["token"]

    assert show(functions, other, id=posted["id"]).status == status


def states(told: Any) -> Iterator[str]:
    """Return the states of a told event and of what it gave and took."""
    yield told["life_cycle_state"]
    for name in ("award_reward_transactions_set", "spend_reward_transactions_set", "spend_requests_set"):
        yield from (part["life_cycle_state"] for part in told[name])


def test_of_a_cancelled_purchase_all_is_cancelled(functions: Functions, token: str) -> None:
    coffee = {"product_identifier": {"code": "FREDESPR001"}, "net_amount": 20, "vat_amount": 0, "total_amount": 20}
    where: Body = {"performed_by_unit_identifier": None, "performed_by_tap_identifier": {"code": "CD123456-1"}}
    posted = post(functions, token, **SPENDING, **where, products_set=[coffee])
    assert list(states(posted)) == ["POSTED"] * 4
    assert functions.call("cancel_purchase", path={"id": posted["id"]}).status == 200

    assert list(states(show(functions, token, id=posted["id"]).body["data"])) == ["CANCELLED"] * 4


def test_an_award_is_told_with_the_currency_it_began_in_and_the_merchants_share(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    bring(
        demo,
        {"type": "reward_scheme", "id": "SALES", "name": "Sales Scheme", "contribution_percentage": 40},
        {**OFFER, "id": "EUROS", "name": "Euros", "award": {"method": "FIXED", "value": 1}},
        {**OFFER, "id": "POINTS", "name": "P", "award": {"method": "FIXED", "value": 70, "currency": "ALTERNATIVE"}},
    )

    awards = post(cold_functions, token)["award_reward_transactions_set"]

    told = {award["amount"]: (award["alternative_amount"], award["initiated_currency"]["code"]) for award in awards}
    assert told == {1: (100, "EUR"), Decimal("0.7"): (70, "PTS")}
    assert {award["contribution_percentage"] for award in awards} == {40}


def test_an_invoice_is_told_with_the_rate_of_its_amounts(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    invoice = {"type": "invoice", "id": "INV", "number": "INV", "currency_rate": "PTS-2010"}
    bring(demo, invoice)

    period = post(cold_functions, token, invoice_identifier={"id": "INV"})["invoice"]["currency_rate_period"]

    assert (period["id"], period["rate"], period["currency"]["code"]) == ("PTS-2010", 100, "PTS")


def test_a_spend_says_who_takes_it_off_the_price_as_it_was_settled_when_it_was_posted(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    settings = {"type": "spend_settings", "id": "SPENDING-MRA", "business_unit": "MRA"}
    bring(demo, settings | {"reduction_method": "BACK_END_REDUCTION"})
    posted = post(cold_functions, token, **SPENDING)
    bring(demo, settings | {"reduction_method": "FRONT_END_REDUCTION"})

    [request] = posted["spend_requests_set"]
    assert request["reduction_method"] == "BACK_END_REDUCTION"
    again = show(Functions(api_key=cold_functions.api_key), token, id=posted["id"]).body["data"]
    assert again["spend_requests_set"] == [request]


def test_a_country_is_told_with_its_flag(functions: Functions, demo: DynamoTable, token: str) -> None:
    file = {"file_name": "cy.png", "file_content_url": "https://example.com/cy.png"}
    flag = {"id": "F-CY", "file": file}
    country = {"id": "181", "name": "CYPRUS", "country_flag": flag}
    contact = {"type": "contact", "id": "CYPRIOT", "demographics": {"country_of_residence": country}}
    bring(demo, contact, {"type": "account", "id": "CYPRIOT", "number": "CYPRIOT", "contact": "CYPRIOT"})

    told = post(functions, token, accounts_receivable_identifier={"number": "CYPRIOT"})["accounts_receivable"]

    country = told["account_owner"]["demographics"]["country_of_residence"]
    assert country["country_flag"] == {"id": "F-CY", "file": file | {"file_mime_type": None}}


def test_a_preview_tells_the_kinds_of_vouchers_that_the_purchase_would_give(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    coffee = {"name": "Coffee", "alternative_code": "V-C", "value_options": "FIXED"}
    bring(
        demo,
        {"type": "voucher_type", "id": "V", **coffee, "value": 2},
        {**OFFER, "id": "VOUCHER", "name": "A coffee", "voucher_type": "V"},
        {**OFFER, "id": "ANOTHER", "name": "Another", "voucher_type": "V"},
    )

    data = post(cold_functions, token, name="classic_preview_purchase")

    assert data["voucher_types_set"] == [{"id": "V", **coffee, "classification": None, "description": None}]
    assert {offer["id"] for offer in data["applied_reward_offers_set"]} == {"VOUCHER", "ANOTHER"}
    assert data["total_award_amount"] == 0
