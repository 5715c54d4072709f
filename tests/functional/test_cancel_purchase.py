"""Cancelling purchases, in both APIs."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]
ACCOUNT = "ACR0000000001"
ACCOUNT_ID = "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE"
MERCHANT = {"type": "business_unit", "name": "Merchant ABCD", "code": "MRA", "id": "9A2F5B7C3D9E4E8AAB4C6DAF2E3A5B7C"}
OUTLET = {
    "type": "business_unit",
    "name": "Merchant A outlet",
    "code": "MRA-1",
    "id": "AB18F69E3CA84413BABEF07713D410CC",
}
OFFER: Body = {"type": "reward_offer", "scheme": "SALES", "conditions": {"business_units": ["MRA"]}}
TEN: Body = {**OFFER, "id": "TEN", "name": "Ten", "award": {"method": "FIXED", "value": 10}}


def post(functions: Functions, **fields: Any) -> str:
    """Post the vendor's example with some fields changed; answers the id."""
    answer = functions.call("create_purchase", {**example("create_v5_1.request"), **fields})
    assert answer.status == 200, answer.body
    event_id: str = answer.body["id"]
    return event_id


BRONZE = {"product_sku": "Bronze", "net_amount": 10, "tax_amount": 2, "total_amount": 12}
AT_MERCHANT_A: Body = {
    "merchant_tap": {"code": "MRA"},
    "outlet_tap": None,
    "classification": None,
    "products": [BRONZE],
    "spend_request": None,
}
"""A purchase of 12 at a merchant of whom the demo programme rewards nothing."""


def post_at_merchant_a(functions: Functions, reference_number: str = "A1", **fields: Any) -> str:
    """Post a purchase that only a test's own offers reward."""
    return post(functions, **AT_MERCHANT_A | {"reference_number": reference_number} | fields)


def cancel(functions: Functions, event_id: str, **call: Any) -> Answer:
    return functions.call("cancel_purchase", path={"id": event_id}, **call)


def wallet(functions: Functions) -> Body:
    body: Body = functions.call("show_wallet", path={"account": ACCOUNT}).body
    return body


def newest(functions: Functions) -> Body:
    entry: Body = functions.call("show_journal", path={"account": ACCOUNT}).body["entries"][0]
    return entry


def test_a_cancellation_takes_back_awards_and_gives_back_spends(functions: Functions) -> None:
    event_id = post(functions)

    answer = cancel(functions, event_id)

    assert (answer.status, answer.body["life_cycle_state"]) == (200, "CANCELLED")
    assert answer.body["reversed"] == {"awarded": Decimal("1.21"), "spent": Decimal("2.12"), "waived": 0}
    assert answer.body == functions.call("show_purchase", path={"id": event_id}).body
    assert (wallet(functions)["balance"], wallet(functions)["alternative_balance"]) == (50, 5000)


def test_a_cancellation_stands_in_the_journal_with_the_purchases_reference_number(functions: Functions) -> None:
    cancel(functions, post(functions))

    entry = newest(functions)

    assert (entry["sequence"], entry["type"], entry["reference_number"]) == (3, "CANCELLATION", "RF000001")
    assert [entry[name] for name in ("awarded", "spent", "amount", "balance")] == [
        Decimal("-1.21"),
        Decimal("-2.12"),
        Decimal("0.91"),
        50,
    ]
    assert (entry["alternative_awarded"], entry["alternative_spent"], entry["alternative_amount"]) == (-121, -212, 91)


def test_a_purchase_that_is_cancelled_again_is_answered_as_the_first_time(functions: Functions) -> None:
    event_id = post(functions)
    first = cancel(functions, event_id)

    again = cancel(functions, event_id)

    assert "Idempotent-Replayed" not in first.headers
    assert (again.status, again.headers["Idempotent-Replayed"], again.body) == (200, "true", first.body)
    assert wallet(functions)["version"] == 3


def test_a_purchase_that_was_cancelled_stays_posted_once(functions: Functions) -> None:
    event_id = post(functions)
    cancel(functions, event_id)

    again = functions.call("create_purchase", example("create_v5_1.request"))

    assert (again.headers["Idempotent-Replayed"], again.body["id"]) == ("true", event_id)
    assert wallet(functions)["balance"] == 50


@pytest.mark.parametrize("body", [None, "", "{}"])
def test_a_cancellation_needs_no_body(functions: Functions, body: str | None) -> None:
    assert cancel(functions, post(functions), body=body).status == 200


@pytest.mark.parametrize(("body", "pointer"), [('{"quantity": 1}', "/quantity"), ("[]", None), ("no", None)])
def test_a_cancellation_says_nothing_else(functions: Functions, body: str, pointer: str | None) -> None:
    event_id = post(functions)

    answer = cancel(functions, event_id, body=body)

    assert (answer.status, answer.body["code"]) == (400, "InvalidAPIValueException")
    assert [error["pointer"] for error in answer.body.get("errors", ())] == ([pointer] if pointer else [])
    assert functions.call("show_purchase", path={"id": event_id}).body["life_cycle_state"] == "POSTED"


@pytest.mark.parametrize("event_id", ["NONE", "x" * 3000])
def test_a_purchase_that_does_not_exist_cannot_be_cancelled(functions: Functions, event_id: str) -> None:
    answer = cancel(functions, event_id)

    assert (answer.status, answer.body["code"]) == (404, "NotFoundAPIValueException")


def test_events_that_are_no_purchases_cannot_be_cancelled(functions: Functions) -> None:
    opening = newest(functions)["event_id"]
    cancel(functions, post(functions))
    cancellation = newest(functions)["event_id"]

    assert [cancel(functions, event_id).status for event_id in (opening, cancellation)] == [404, 404]


def test_another_merchants_purchase_does_not_exist(cold_functions: Functions, demo: DynamoTable) -> None:
    event_id = post(cold_functions)
    cold_functions.api_key, _ = create_key(KeyRequest("DEMO", ["MRA"], list(Scope)), table=demo, now=NOW)

    assert cancel(cold_functions, event_id).status == 404


def test_cancelling_takes_the_scope_to_post(cold_functions: Functions, demo: DynamoTable) -> None:
    event_id = post(cold_functions)
    cold_functions.api_key, _ = create_key(KeyRequest("DEMO", ["*"], [Scope.READ_PURCHASES]), table=demo, now=NOW)

    assert cancel(cold_functions, event_id).status == 403


@pytest.mark.parametrize("state", ["SUSPENDED", "TERMINATED"])
def test_a_purchase_is_cancelled_whatever_has_become_of_the_account(
    functions: Functions, demo: DynamoTable, state: str
) -> None:
    event_id = post(functions)
    owner = {"contact": "C0FFEE00C0FFEE00C0FFEE00C0FFEE00", "name": "Despina Kafetzi"}
    bring(demo, {"type": "account", "id": ACCOUNT_ID, "number": ACCOUNT, "life_cycle_state": state, **owner})

    assert cancel(functions, event_id).status == 200
    assert wallet(functions)["balance"] == 50


def spent_award(functions: Functions, demo: DynamoTable, *units: Body) -> str:
    """Return a purchase whose award of 10 is spent, and with it all that the wallet held."""
    bring(demo, TEN, *units)
    event_id = post_at_merchant_a(functions, outlet_tap={"code": "MRA-1"})
    line = {"product_sku": "Bronze", "net_amount": 50, "tax_amount": 10, "total_amount": 60}
    post(functions, reference_number="S", products=[line], classification=None, spend_request={"amount": 60})
    assert wallet(functions)["balance"] == 0
    return event_id


def test_an_award_that_is_spent_is_left_to_the_customer_unless_the_merchant_says_otherwise(
    cold_functions: Functions, demo: DynamoTable
) -> None:
    event_id = spent_award(cold_functions, demo)

    answer = cancel(cold_functions, event_id)

    assert answer.body["reversed"] == {"awarded": 0, "spent": 0, "waived": 10}
    assert (wallet(cold_functions)["balance"], newest(cold_functions)["amount"]) == (0, 0)


def test_what_was_left_to_the_customer_is_taken_back_once_the_spend_is_given_back(
    cold_functions: Functions, demo: DynamoTable
) -> None:
    earned = spent_award(cold_functions, demo)
    spent = newest(cold_functions)["event_id"]
    cancel(cold_functions, earned)

    answer = cancel(cold_functions, spent)

    assert answer.body["reversed"] == {"awarded": 0, "spent": 60, "waived": 0, "settled": 10}
    assert (wallet(cold_functions)["balance"], newest(cold_functions)["amount"]) == (50, 50)
    first = cold_functions.call("show_purchase", path={"id": earned}).body
    assert first["reversed"] == {"awarded": 10, "spent": 0, "waived": 0}
    assert verify_journal(demo, settle=lambda _: None).deviations == []


def test_a_return_tells_what_it_settled(cold_functions: Functions, demo: DynamoTable) -> None:
    earned = spent_award(cold_functions, demo)
    spent = newest(cold_functions)["event_id"]
    cancel(cold_functions, earned)
    goods = {"reference_number": "R", "products": [{"line": 0}]}

    answer = cold_functions.call("return_products", goods, path={"id": spent})

    assert (answer.body["settled"], answer.body["awarded"], answer.body["balance"]) == (10, -10, 50)


def test_a_merchant_may_want_no_cancellation_once_the_award_is_spent(
    cold_functions: Functions, demo: DynamoTable
) -> None:
    event_id = spent_award(cold_functions, demo, {**MERCHANT, "clawback": "REFUSE"})

    answer = cancel(cold_functions, event_id)

    assert (answer.status, answer.body["code"]) == (422, "InsufficientBalanceException")
    assert cold_functions.call("show_purchase", path={"id": event_id}).body["life_cycle_state"] == "POSTED"
    assert newest(cold_functions)["type"] == "PURCHASE"


def test_an_outlets_own_setting_counts_before_its_merchants(cold_functions: Functions, demo: DynamoTable) -> None:
    outlet = {**OUTLET, "parent_business_unit": "MRA", "clawback": "ALLOW_NEGATIVE"}
    event_id = spent_award(cold_functions, demo, {**MERCHANT, "clawback": "REFUSE"}, outlet)

    assert cancel(cold_functions, event_id).status == 200
    assert wallet(cold_functions)["balance"] == -10


def test_an_expiring_award_is_taken_from_the_lot_that_it_went_to(cold_functions: Functions, demo: DynamoTable) -> None:
    for name, span in (("SHORT", "P1M"), ("LONG", "P2M")):
        bring(demo, {**TEN, "id": name, "name": name, "award": {**TEN["award"], "expires_after": span}})
    first = post_at_merchant_a(cold_functions, performed_on=1893456000)  # 2030-01-01
    post_at_merchant_a(cold_functions, "A2", performed_on=1893456000)
    assert [lot["amount"] for lot in wallet(cold_functions)["expiring"]] == [20, 20]

    cancel(cold_functions, first)

    assert wallet(cold_functions)["expiring"] == [
        {"amount": 10, "expires_on": 1898553600},
        {"amount": 10, "expires_on": 1901232000},
    ]  # the first of March and of April


def test_vouchers_of_a_cancelled_purchase_are_void(cold_functions: Functions, demo: DynamoTable) -> None:
    voucher_type = {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2}
    bring(demo, voucher_type, {**OFFER, "id": "V", "name": "Voucher", "voucher_type": "V"})
    event_id = post_at_merchant_a(cold_functions)
    [voucher] = [item for item in demo.scan() if item["sk"] == "VOUCHER"]
    assert voucher["state"] == "ISSUED"

    cancel(cold_functions, event_id)

    voided = demo.get(keys.Key(voucher["pk"], voucher["sk"]))
    assert voided == {**voucher, "state": "VOIDED"}


def test_a_purchase_of_which_goods_were_returned_is_cancelled_for_the_rest(functions: Functions) -> None:
    event_id = post(functions)
    goods = {"reference_number": "RET1", "products": [{"line": 0, "quantity": 1}]}
    assert functions.call("return_products", goods, path={"id": event_id}).status == 200

    answer = cancel(functions, event_id)

    assert answer.body["reversed"] == {"awarded": Decimal("1.21"), "spent": Decimal("2.12"), "waived": 0}
    assert answer.body["products"][0]["returned_quantity"] == 1
    assert newest(functions)["awarded"] == Decimal("-0.60")
    assert wallet(functions)["balance"] == 50


def test_a_purchase_that_was_returned_whole_can_still_be_cancelled(functions: Functions) -> None:
    event_id = post(functions)
    functions.call("return_products", {"reference_number": "RET1", "products": [{"line": 0}]}, path={"id": event_id})
    assert functions.call("show_purchase", path={"id": event_id}).body["life_cycle_state"] == "POSTED"

    assert cancel(functions, event_id).body["life_cycle_state"] == "CANCELLED"

    assert (newest(functions)["type"], newest(functions)["amount"]) == ("CANCELLATION", 0)
    assert wallet(functions)["balance"] == 50


class TestClassic:
    """POST /customer_events/purchases/cancel."""

    @pytest.fixture
    def token(self, functions: Functions) -> str:
        issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        token: str = issued.body["data"]["token"]
        return token

    @pytest.fixture
    def posted(self, functions: Functions, token: str) -> Body:
        asked = {"accounts_receivable_identifier": {"number": ACCOUNT}, "spend_request": {"spend_amount": 5}}
        body = {**example("create_1.request"), **asked, "token": token}
        data: Body = functions.call("classic_create_purchase", body, context={}).body["data"]
        return data

    def cancel(self, functions: Functions, token: str, fields_set: str = "", **named: str) -> Answer:
        body = {"token": token, "customer_event_identifier": named, "fields_set": fields_set}
        return functions.call("classic_cancel_purchase", body, context={})

    @pytest.mark.parametrize("by", ["id", "number", "reference_number"])
    def test_it_answers_the_complete_event_which_is_cancelled(
        self, functions: Functions, token: str, posted: Body, by: str
    ) -> None:
        answer = self.cancel(functions, token, **{by: posted[by]})

        assert (answer.status, answer.body["status"]["code"]) == (200, "OK")
        assert answer.body["data"].keys() == posted.keys()
        assert answer.body["data"]["life_cycle_state"] == "CANCELLED"
        assert answer.body["data"]["spend_reward_transactions_set"][0]["life_cycle_state"] == "CANCELLED"
        assert answer.body["data"]["total_spend_amount"] == 5
        log = answer.body["data"]["log_information"]
        assert posted["log_information"]["created_date"] == log["created_date"] <= log["updated_date"]
        assert wallet(functions)["balance"] == 50

    def test_sent_again_it_answers_as_the_first_time(self, functions: Functions, token: str, posted: Body) -> None:
        first = self.cancel(functions, token, id=posted["id"])

        again = self.cancel(functions, token, number=posted["number"])

        assert (again.status, again.headers["Idempotent-Replayed"], again.body) == (200, "true", first.body)

    def test_it_tells_who_cancelled_as_who_updated(
        self, cold_functions: Functions, demo: DynamoTable, posted: Body
    ) -> None:
        user = {"id": "2", "username": "other", "person_name": "Other Partner", "email": None}
        bring(demo, {"type": "partner", "id": "OTHER", "name": "Other partner", "user": user})
        key, _ = create_key(KeyRequest("OTHER", ["*"], list(Scope)), table=demo, now=NOW)
        issued = cold_functions.call("issue_token", headers={"api_key": key}, context={})

        log = self.cancel(cold_functions, issued.body["data"]["token"], id=posted["id"]).body["data"]["log_information"]

        assert (log["updated_by_user"], log["updated_by_unit"]) == (user, None)
        for whom in ("created_by_user", "created_by_unit", "created_by_business_unit", "created_date"):
            assert log[whom] == posted["log_information"][whom]

    def test_it_answers_the_fields_asked_for(self, functions: Functions, token: str, posted: Body) -> None:
        answer = self.cancel(functions, token, "number,life_cycle_state", id=posted["id"])

        assert answer.body["data"] == {"number": posted["number"], "life_cycle_state": "CANCELLED"}

    @pytest.mark.parametrize(
        ("named", "code"),
        [
            ({}, "MandatoryAPIValueMissingException"),
            ({"id": "NONE"}, "NotFoundAPIValueException"),
            ({"id": "1", "number": "2"}, "MutuallyExclusiveAPIValuesException"),
        ],
        ids=["nothing", "unknown", "twice"],
    )
    def test_it_refuses_what_names_no_purchase(
        self, functions: Functions, token: str, named: dict[str, str], code: str
    ) -> None:
        answer = self.cancel(functions, token, **named)

        assert (answer.body["status"]["code"], answer.body["data"]) == (code, None)

    def test_it_wants_a_token(self, functions: Functions, posted: Body) -> None:
        assert self.cancel(functions, "", id=posted["id"]).status == 401
