"""POST /customer_events/purchases/create_spend (contract, operation 3)."""

from typing import Any

import pytest

from loyalty.store.dynamo_table import DynamoTable
from tests.cards import BY_CODE, CAMPAIGN, CARD, CLASSIFICATION, PROMO_CODE, bring
from tests.functional.conftest import Answer, Functions, example

Body = dict[str, Any]

DESPINA = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def post(
    functions: Functions,
    token: str,
    spend: Body | None = None,
    *,
    name: str = "create_spend_1",
    headers: dict[str, str] | None = None,
    purchase: Body | None = None,
    **fields: Any,
) -> Answer:
    """One of the vendor's examples, for a customer who has 50, with this spend request and some fields changed."""
    body = {**example(f"{name}.request"), "token": token, **DESPINA, **fields}
    if spend is not None:
        body["spend_request_customer_event"] = spend
    body["purchase_customer_event"] |= purchase or {}
    body = {name: value for name, value in body.items() if value is not None}
    return functions.call("classic_create_spend", body, context={}, headers=headers)


def balance(functions: Functions) -> Any:
    return functions.call("show_wallet", path={"account": "ACR0000000001"}).body["balance"]


def test_without_an_amount_the_request_is_posted_and_spends_nothing(functions: Functions, token: str) -> None:
    """As in the vendor's first example (row 30); what its request calls a product is ignored (row 31)."""
    data = post(functions, token).body["data"]

    expected = example("create_spend_1.response")["data"]["spend_request_customer_event"]
    request = data["spend_request_customer_event"]
    ours = ("id", "number", "accounts_receivable", "log_information")
    assert {name: request[name] for name in expected.keys() - set(ours)} == {
        name: expected[name] for name in expected.keys() - set(ours)
    }
    assert (request["spend_amount"], request["spend_reward_transaction"], request["classification"]) == (None,) * 3
    assert (request["id"], request["number"]) != (None, None)
    assert balance(functions) == 50


@pytest.mark.parametrize("name", ["create_spend_1", "create_spend_2"])
def test_the_purchase_is_told_with_the_fields_of_the_vendors_examples(
    functions: Functions, token: str, name: str
) -> None:
    """23 of them (row 29); the older example lacks four that came later (row 20)."""
    purchase = post(functions, token, name=name).body["data"]["purchase_customer_event"]

    vendors = [example(f"create_spend_{number}.response")["data"]["purchase_customer_event"] for number in (1, 2)]
    assert set(purchase) == set(vendors[0]) | set(vendors[1])
    assert len(purchase) == 23


def test_an_amount_is_spent_and_told_in_the_request(functions: Functions, token: str) -> None:
    data = post(functions, token, {"spend_amount": 5}).body["data"]

    request = data["spend_request_customer_event"]
    assert (request["spend_amount"], request["instant_spend"], request["automatic_spend"]) == (5, False, False)
    assert request["spend_reward_transaction"]["total_amount"] == 5
    assert request["initiated_currency"]["code"] == "EUR"
    assert balance(functions) == 45


def test_an_amount_in_points_is_told_as_begun_in_points(functions: Functions, token: str) -> None:
    request = post(functions, token, {"spend_alternative_amount": 500}).body["data"]["spend_request_customer_event"]

    assert (request["spend_amount"], request["spend_alternative_amount"]) == (5, 500)
    assert request["initiated_currency"]["code"] == "PTS"


@pytest.mark.parametrize(
    ("spend", "code"),
    [
        ({"spend_amount": 60}, "InsufficientBalance"),
        ({"spend_amount": 0.5}, "SpendLimit"),
        ({"spend_amount": 5, "spend_alternative_amount": 500}, "MutuallyExclusive"),
        ({"spend_amount": -5}, "Invalid"),
        ({"classification_identifier": {"name": "NONE"}}, "NotFound"),
        ({"classification_identifier": {}}, "Mandatory"),
    ],
    ids=str,
)
def test_where_the_request_cannot_be_had_neither_is_posted(
    functions: Functions, token: str, spend: Body, code: str
) -> None:
    answer = post(functions, token, spend)

    assert 400 <= answer.status < 500
    assert answer.body["status"]["code"].startswith(code)
    assert code == "NotFound" or "/spend_request_customer_event" in answer.body["status"]["description"]
    assert functions.call("show_wallet", path={"account": "ACR0000000001"}).body["version"] == 1


@pytest.mark.parametrize(
    ("fields", "purchase", "place"),
    [
        ({"purchase_customer_event": {}}, None, "/purchase_customer_event/products_set"),
        ({}, {"products_set": []}, "/purchase_customer_event/products_set"),
        ({}, {"reference_number": ""}, "/purchase_customer_event/reference_number"),
        ({"spend_request_customer_event": None}, None, "/spend_request_customer_event"),
        ({"performed_by_unit_identifier": None}, None, "/performed_by_unit_identifier"),
        ({"intended_currency_identifier": {"code": "PTS"}}, None, "/intended_currency_identifier/code"),
    ],
    ids=str,
)
def test_a_faulty_field_is_named_by_its_place(
    functions: Functions, token: str, fields: Body, purchase: Body | None, place: str
) -> None:
    answer = post(functions, token, purchase=purchase, **fields)

    assert 400 <= answer.status < 500
    assert f"{place}: " in answer.body["status"]["description"]


def test_the_requests_classification_is_kept_and_told(functions: Functions, token: str) -> None:
    answer = post(functions, token, {"classification_identifier": {"name": "Purchase"}, "spend_amount": 5})

    data = answer.body["data"]
    assert data["spend_request_customer_event"]["classification"]["alternative_code"] == "P"
    assert data["purchase_customer_event"]["classification"] is None


def test_both_are_one_event_which_is_shown_with_its_request(functions: Functions, token: str) -> None:
    data = post(functions, token).body["data"]
    named = {"token": token, "customer_event_identifier": {"id": data["purchase_customer_event"]["id"]}}

    shown = functions.call("classic_show_purchase", named, context={}).body["data"]

    assert shown["spend_requests_set"] == [data["spend_request_customer_event"]]
    assert shown["spend_reward_transactions_set"] == []
    assert {name: shown[name] for name in data["purchase_customer_event"]} == data["purchase_customer_event"]


def test_a_wallet_that_pays_by_itself_does_so_beside_a_request_without_an_amount(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    paying = {"type": "account", "id": "PAYING", "number": "PAYING", "automatic_spend": {"enabled": True}}
    opening = {"type": "opening_balance", "id": "O", "account": "PAYING", "amount": 7}
    bring(demo, paying, {**opening, "performed_on": "2016-01-01T00:00:00"})

    data = post(functions, token, accounts_receivable_identifier={"number": "PAYING"}).body["data"]

    assert data["purchase_customer_event"]["automatic_spend_request"]["spend_amount"] == 7
    assert data["spend_request_customer_event"]["spend_amount"] is None
    assert not data["spend_request_customer_event"]["automatic_spend"]


def test_a_repetition_under_the_same_key_is_posted_once(functions: Functions, token: str) -> None:
    key = {"Idempotency-Key": "6f1c"}
    first = post(functions, token, {"spend_amount": 5}, headers=key)
    again = post(functions, token, {"spend_amount": 5}, headers=key)
    other = post(functions, token, {"spend_amount": 6}, headers=key)

    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)
    assert other.status == 409
    assert balance(functions) == 45


def test_a_purchase_of_the_same_external_reference_is_posted_once(functions: Functions, token: str) -> None:
    def sent(reference: str, **purchase: Any) -> Answer:
        purchase |= {"external_system_reference_number": reference}
        return post(functions, token, {"spend_amount": 5}, purchase=purchase, external_system="POS")

    first, again, other = sent("17"), sent("17"), sent("18")
    otherwise = sent("17", description="another")

    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)
    assert other.body["data"]["purchase_customer_event"]["id"] != first.body["data"]["purchase_customer_event"]["id"]
    assert otherwise.status == 409
    place = "/purchase_customer_event/external_system_reference_number: "
    assert otherwise.body["status"]["description"].startswith(place)
    assert balance(functions) == 40


def test_what_is_paid_with_is_what_the_card_says_unless_the_purchase_does(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    bring(demo, CLASSIFICATION, CARD)
    by_card: Body = {"accounts_receivable_identifier": {"access_token_identifier": BY_CODE}}
    nothing = {"payment_medium_brand_identifier": None, "payment_medium_type_identifier": None}

    usual = post(cold_functions, token, purchase=nothing, **by_card).body["data"]["purchase_customer_event"]
    visa = {**nothing, "payment_medium_brand_identifier": {"name": "VISA"}}
    named = post(cold_functions, token, purchase=visa, **by_card).body["data"]["purchase_customer_event"]

    assert [one["payment_medium_brand"]["name"] for one in (usual, named)] == ["AMERICAN EXPRESS", "VISA"]
    assert [one["payment_medium_type"]["name"] for one in (usual, named)] == ["Credit Card", "Credit Card"]


@pytest.mark.parametrize("limit", ["maximum_uses", "maximum_uses_per_account"])
def test_a_promo_code_counts_and_is_named_by_its_place_once_it_is_used_up(
    cold_functions: Functions, demo: DynamoTable, token: str, limit: str
) -> None:
    bring(demo, CAMPAIGN, PROMO_CODE | {limit: 1})

    first, second = (post(cold_functions, token, purchase={"promo_code": "COLD-BREW"}) for _ in range(2))

    assert (first.status, second.status) == (200, 400)
    assert second.body["status"]["description"].startswith("/purchase_customer_event/promo_code: ")


@pytest.mark.parametrize(
    ("fields_set", "told"),
    [
        ("spend_request_customer_event", {"spend_request_customer_event": 20}),
        ("id, number, spend_amount", {"purchase_customer_event": 2, "spend_request_customer_event": 3}),
        ("", {"purchase_customer_event": 23, "spend_request_customer_event": 20}),
    ],
)
def test_only_what_is_asked_for_is_answered_whole_objects_or_fields_of_both(
    functions: Functions, token: str, fields_set: str, told: dict[str, int]
) -> None:
    data = post(functions, token, fields_set=fields_set).body["data"]

    assert {name: len(part) for name, part in data.items()} == told
