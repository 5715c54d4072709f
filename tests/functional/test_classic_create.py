"""POST /customer_events/purchases/create (contract, operation 5)."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store.credentials import active_keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key, revoke_key
from loyalty.usecases.reference.import_records import import_records
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def post(functions: Functions, body: Body, **headers: str) -> Answer:
    return functions.call("classic_create_purchase", body, context={}, headers=headers)


def purchase(token: str, **fields: Any) -> Body:
    """Return the vendor's first example with some fields changed; None leaves a field out."""
    body = {**example("create_1.request"), "token": token, **fields}
    return {name: value for name, value in body.items() if value is not None}


def test_process_immediately_is_taken_in_four_spellings_and_answered_as_a_boolean(
    functions: Functions, token: str
) -> None:
    for spelled, told in ((0, False), (1, True), (False, False), (True, True)):
        data = post(functions, purchase(token, process_immediately=spelled)).body["data"]
        assert data["process_immediately"] is told


@pytest.mark.parametrize(
    "named",
    [
        {"accounts_receivable_identifier": {"id": "8DDDA5F17D9641FC97A32FEAEE1F8AC6"}},
        {"accounts_receivable_identifier": {"number": "0000000001"}},
        {"accounts_receivable_identifier": {"name": "0000000001 Eleni M"}},
        {"rewards_participant_identifier": {"id": "57A9AC82559149019061B743F13CD39B"}},
        {"rewards_participant_identifier": {"number": "1"}},
    ],
    ids=str,
)
def test_a_customer_is_named_as_account_or_as_participant(functions: Functions, token: str, named: Body) -> None:
    answer = post(functions, purchase(token, accounts_receivable_identifier=None) | named)

    assert answer.status == 200, answer.body
    assert answer.body["data"]["accounts_receivable"]["number"] == "0000000001"


def test_a_customer_is_named_by_an_access_token(functions: Functions, token: str) -> None:
    named = {"access_token_identifier": {"authentication_code": "4A30966F684B0269AD91"}}

    data = post(functions, purchase(token, accounts_receivable_identifier=named)).body["data"]

    assert data["accounts_receivable"]["number"] == "ACR0000000001"


@pytest.mark.parametrize(
    ("performer", "tap", "unit"),
    [
        ({"performed_by_unit_identifier": {"alternative_code": "MRAU"}}, None, "Merchant A unit"),
        ({"performed_by_business_unit_identifier": {"code": "CD123456"}}, "City Docks till 1", None),
        ({"performed_by_tap_identifier": {"code": "CD123456-1"}}, "City Docks till 1", None),
    ],
    ids=["unit", "business unit", "tap"],
)
def test_who_performed_it_is_named_by_unit_business_unit_or_tap(
    functions: Functions, token: str, performer: Body, tap: str | None, unit: str | None
) -> None:
    body = purchase(token, performed_by_unit_identifier=None) | performer
    data = post(functions, body).body["data"]

    assert data["performed_by_business_unit"]["parent_business_unit_name"]
    assert (data["performed_by_tap"] or {}).get("name") == tap
    assert (data["performed_by_unit"] or {}).get("name") == unit


def test_unit_and_tap_follow_from_the_business_unit_where_it_has_just_one(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    of = {"business_unit": "CD123456"}
    bring(demo, {"type": "unit", "id": "U-CD", "name": "Docks unit", **of})
    bring(demo, {"type": "tap", "id": "T-CD-2", "name": "City Docks till 2", **of})
    body = purchase(token, performed_by_unit_identifier=None)

    data = post(cold_functions, body | {"performed_by_business_unit_identifier": {"code": "CD123456"}}).body["data"]

    assert data["performed_by_unit"]["name"] == "Docks unit"
    assert data["performed_by_tap"] is None  # of two tills, none


def test_only_the_fields_asked_for_are_answered(functions: Functions, token: str) -> None:
    data = post(functions, purchase(token, fields_set="id, number,colour")).body["data"]

    assert set(data) == {"id", "number"}


def test_a_reference_number_may_recur(functions: Functions, token: str) -> None:
    first, second = (post(functions, purchase(token)).body["data"] for _ in range(2))

    assert first["id"] != second["id"]
    assert first["reference_number"] == second["reference_number"]


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"external_system": "POS", "external_system_reference_number": "17"}, {}),
        ({}, {"Idempotency-Key": "6f1c"}),
    ],
    ids=["external reference", "idempotency key"],
)
def test_a_repetition_that_says_so_is_posted_once(
    functions: Functions, token: str, fields: Body, headers: dict[str, str]
) -> None:
    first = post(functions, purchase(token, **fields), **headers)
    again = post(functions, purchase(token, **fields), **headers)
    other = post(functions, purchase(token, **fields, description="another"), **headers)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body == first.body
    assert other.status == 409


def test_what_is_not_found_is_told_in_the_vendors_words(functions: Functions, token: str) -> None:
    answer = post(functions, purchase(token, accounts_receivable_identifier={"number": "ACR00008"}))

    assert answer.status == 404
    text = "Error:Account (ACR00008) Not Found. - Description:The specified API value was not found."
    assert answer.body == {
        "status": {"code": "NotFoundAPIValueException", "description": text, "message": text},
        "data": None,
    }


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"accounts_receivable_identifier": None}, "Mandatory", "/accounts_receivable_identifier"),
        ({"rewards_participant_identifier": {"id": "1"}}, "MutuallyExclusive", "/rewards_participant_identifier"),
        ({"accounts_receivable_identifier": {}}, "Mandatory", "/accounts_receivable_identifier/id"),
        (
            {"accounts_receivable_identifier": {"id": "1", "number": "2"}},
            "MutuallyExclusive",
            "/accounts_receivable_identifier/number",
        ),
        ({"performed_by_unit_identifier": None}, "Mandatory", "/performed_by_unit_identifier"),
        ({"performed_on": "2016-06-22"}, "Invalid", "/performed_on"),
        ({"performed_on": "9999-12-31T23:59:59"}, "Invalid", "/performed_on"),
        ({"performed_on": "0001-01-01T00:00:00"}, "Invalid", "/performed_on"),
        ({"performed_on": None}, "Mandatory", "/performed_on"),
        ({"process_immediately": 2}, "Invalid", "/process_immediately"),
        ({"udf_float_1": "10"}, "Invalid", "/udf_float_1"),
        ({"udf_date_1": "yesterday"}, "Invalid", "/udf_date_1"),
        ({"products_set": []}, "Invalid", "/products_set"),
        ({"promo_code": 1}, "Invalid", "/promo_code"),
        ({"promo_code": "UNKNOWN"}, "NotFound", "Promo Code (UNKNOWN)"),
        ({"intended_currency_identifier": {"code": "PTS"}}, "CurrencyMismatch", "/intended_currency_identifier/code"),
        ({"invoice_identifier": {"number": "NONE"}}, "NotFound", ""),
        ({"classification_identifier": {"name": "NONE"}}, "NotFound", ""),
        ({"payment_medium_brand_identifier": {"name": "NONE"}}, "NotFound", ""),
        ({"payment_medium_type_identifier": {"alternative_code": "NONE"}}, "NotFound", ""),
        ({"performed_by_unit_identifier": {"name": "NONE"}}, "NotFound", ""),
        ({"spend_request": {}}, "Mandatory", "/spend_request/spend_amount"),
    ],
    ids=str,
)
def test_a_faulty_field_is_named_and_nothing_is_posted(
    functions: Functions, token: str, change: Body, code: str, place: str
) -> None:
    answer = post(functions, purchase(token, **change))

    assert 400 <= answer.status < 500
    assert answer.body["status"]["code"].startswith(code)
    assert place in answer.body["status"]["description"]
    assert functions.call("show_wallet", path={"account": "162"}).body["version"] == 0


def test_two_partners_may_have_the_same_reference_in_the_same_system(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    lines = [b'{"type": "partner", "id": "OTHER", "name": "Other"}']
    assert not import_records(lines, table=demo, now=NOW).refused
    text, _ = create_key(KeyRequest("OTHER", ["*"], list(Scope)), table=demo, now=NOW)
    other = functions.call("issue_token", headers={"api_key": text}, context={}).body["data"]["token"]
    external = {"external_system": "POS", "external_system_reference_number": "17"}

    assert post(functions, purchase(token, **external)).status == 200
    assert post(functions, purchase(other, **external, description="another")).status == 200


@pytest.mark.parametrize("text", ["\ud800", "a.b.c", "é.é.é", "." * 5000])
def test_a_token_of_any_shape_is_refused(functions: Functions, text: str) -> None:
    assert post(functions, purchase(text)).status == 401


def test_unlisted_fields_are_ignored_at_every_level(functions: Functions, token: str) -> None:
    product = {**purchase(token)["products_set"][0], "colour": "red", "shelf": {"product_identifier": {}}}

    assert post(functions, purchase(token, products_set=[product], total_amount="wrong")).status == 200


def test_a_spend_is_told_in_the_new_fields_and_in_the_old_ones(functions: Functions, token: str) -> None:
    account = {"number": "ACR0000000001"}
    body = purchase(token, accounts_receivable_identifier=account, spend_request={"spend_amount": 5})
    data = post(functions, body).body["data"]

    totals = ("requested_spend_amount", "total_spend_amount", "total_additional_spend_amount")
    assert [data[name] for name in totals] == [5, 5, 5]
    [spend] = data["spend_reward_transactions_set"]
    [request] = data["spend_requests_set"]
    assert (spend["total_amount"], spend["spend_method"]) == (5, "SPEND_ON_REQUEST")
    assert (request["spend_amount"], request["type"]) == (5, "SPEND_REQUEST")
    assert request["spend_reward_transaction"] == spend
    assert data["instant_spend_request"] is None


@pytest.mark.parametrize(
    ("performed_on", "rate", "awarded"),
    [("2018-08-06T13:09:00", "4.5", "0.68"), ("2018-09-07T13:09:00", "5", "0.75")],
)
def test_a_wallet_in_another_currency_is_told_with_the_rate_of_the_day(
    functions: Functions, token: str, performed_on: str, rate: str, awarded: str
) -> None:
    """As in the vendor's fourth example (row 24): 5% of 3 is 0.15, and 0.75 at a rate of 5."""
    body = {**example("create_4.request"), "token": token, "performed_on": performed_on}

    data = post(functions, body).body["data"]

    [award] = data["award_reward_transactions_set"]
    assert award["amount"] == data["total_awarded_amount"] == Decimal(awarded)
    assert award["currency_rate_period"]["rate"] == Decimal(rate)
    assert award["currency_rate_period"]["currency"]["code"] == "RON"
    assert award["initiated_currency"]["code"] == data["currency"]["code"] == "EUR"


def test_a_token_is_taken_from_the_header_too(functions: Functions, token: str) -> None:
    body = purchase(token)
    del body["token"]

    assert post(functions, body, Authorization=f"Bearer {token}").status == 200
    assert post(functions, body).status == 401


def test_a_token_that_was_given_back_is_refused(functions: Functions, token: str) -> None:
    assert functions.call("release_token", {"token": token}, context={}).status == 200

    assert post(functions, purchase(token)).status == 401


def test_a_token_dies_with_its_key(functions: Functions, demo: DynamoTable, token: str) -> None:
    [key] = active_keys(demo, "DEMO")
    revoke_key("DEMO", key.id, table=demo, now=NOW)

    assert post(functions, purchase(token)).status == 401
