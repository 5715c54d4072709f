"""POST /purchases/{id}/returns."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.access.partner import Scope
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]
ACCOUNT = "ACR0000000001"


@pytest.fixture
def purchase_id(functions: Functions) -> str:
    """The vendor's example: two coffees, awarded 0.71 and 0.50, paid with 2.12 of the wallet's 50."""
    event_id: str = functions.call("create_purchase", example("create_v5_1.request")).body["id"]
    return event_id


def give_back(functions: Functions, event_id: str, *products: Body, number: str = "RET1", **fields: Any) -> Answer:
    body = {"reference_number": number, "products": list(products), **fields}
    return functions.call("return_products", body, path={"id": event_id})


def show(functions: Functions, event_id: str, **query: str) -> Body:
    body: Body = functions.call("show_purchase", path={"id": event_id}, query=query).body
    return body


def balance(functions: Functions) -> Decimal:
    found: Decimal = functions.call("show_wallet", path={"account": ACCOUNT}).body["balance"]
    return found


def test_a_return_takes_back_and_gives_back_just_its_share(functions: Functions, purchase_id: str) -> None:
    answer = give_back(functions, purchase_id, {"line": 0, "quantity": 1}, performed_on=1572500000)

    told = answer.body
    assert (answer.status, told["purchase_id"], told["reference_number"]) == (200, purchase_id, "RET1")
    assert told["products"] == [{"line": 0, "product_sku": "FREDESPR001", "quantity": 1}]
    # Half of 0.71 is 0.36, of 0.50 it is 0.25, of 2.12 it is 1.06.
    assert (told["awarded"], told["spent"], told["amount"]) == (Decimal("-0.61"), Decimal("-1.06"), Decimal("0.45"))
    assert (told["balance"], told["waived"], told["performed_on"]) == (Decimal("49.54"), 0, 1572500000)
    assert (told["alternative_awarded"], told["alternative_spent"]) == (-61, -106)


def test_what_is_returned_in_steps_is_what_is_cancelled_at_once(functions: Functions, purchase_id: str) -> None:
    for number in range(2):
        assert give_back(functions, purchase_id, {"line": 0, "quantity": 1}, number=f"RET{number}").status == 200

    told = show(functions, purchase_id)
    assert told["reversed"] == {"awarded": Decimal("1.21"), "spent": Decimal("2.12"), "waived": 0}
    assert told["life_cycle_state"] == "POSTED"
    assert balance(functions) == 50


def test_a_purchase_tells_what_was_returned(functions: Functions, purchase_id: str) -> None:
    assert show(functions, purchase_id)["products"][0]["returned_quantity"] == 0

    give_back(functions, purchase_id, {"line": 0, "quantity": Decimal("0.5")})

    told = show(functions, purchase_id)
    assert (told["products"][0]["line"], told["products"][0]["returned_quantity"]) == (0, Decimal("0.5"))
    assert told["reversed"] == {"awarded": Decimal("0.31"), "spent": Decimal("0.53"), "waived": 0}
    assert (told["awarded"], told["spent"], told["balance"]) == (Decimal("1.21"), Decimal("2.12"), Decimal("49.09"))


def test_a_return_stands_in_the_journal_under_its_own_number(functions: Functions, purchase_id: str) -> None:
    told = give_back(functions, purchase_id, {"line": 0}).body

    entry = functions.call("show_journal", path={"account": ACCOUNT}).body["entries"][0]

    assert (entry["type"], entry["event_id"], entry["reference_number"]) == ("RETURN", told["id"], "RET1")
    assert (entry["sequence"], entry["amount"], entry["balance"]) == (told["wallet_version"], Decimal("0.91"), 50)


def test_without_a_quantity_all_that_is_left_comes_back(functions: Functions, purchase_id: str) -> None:
    give_back(functions, purchase_id, {"line": 0, "quantity": Decimal("0.7")})

    told = give_back(functions, purchase_id, {"product_sku": "FREDESPR001"}, number="RET2").body

    assert told["products"] == [{"line": 0, "product_sku": "FREDESPR001", "quantity": Decimal("1.3")}]


def test_a_product_comes_back_from_the_first_lines_that_have_it(functions: Functions) -> None:
    line = example("create_v5_1.request")["products"][0]
    other = {**line, "product_sku": "Bronze"}
    body = {**example("create_v5_1.request"), "products": [line, other, line]}
    event_id = functions.call("create_purchase", body).body["id"]

    told = give_back(
        functions, event_id, {"product_sku": "FREDESPR001", "quantity": 3}, {"line": 1, "quantity": 1}
    ).body

    assert [(each["line"], each["quantity"]) for each in told["products"]] == [(0, 2), (1, 1), (2, 1)]
    assert [each["returned_quantity"] for each in show(functions, event_id)["products"]] == [2, 1, 1]


def test_the_same_return_again_is_answered_as_the_first_time(functions: Functions, purchase_id: str) -> None:
    first = give_back(functions, purchase_id, {"line": 0, "quantity": 2})

    again = give_back(functions, purchase_id, {"quantity": Decimal("2.0"), "line": 0})

    assert "Idempotent-Replayed" not in first.headers
    assert (again.status, again.headers["Idempotent-Replayed"], again.body) == (200, "true", first.body)
    assert balance(functions) == 50


def test_a_return_that_is_sent_again_after_a_cancellation_is_answered_too(
    functions: Functions, purchase_id: str
) -> None:
    first = give_back(functions, purchase_id, {"line": 0, "quantity": 1})
    functions.call("cancel_purchase", path={"id": purchase_id})

    again = give_back(functions, purchase_id, {"line": 0, "quantity": 1})

    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)


@pytest.mark.parametrize("quantity", [1, 2], ids=["could be had", "is more than is left"])
def test_another_return_under_the_same_number_is_refused(functions: Functions, purchase_id: str, quantity: int) -> None:
    give_back(functions, purchase_id, {"line": 0, "quantity": Decimal("0.5")})

    answer = give_back(functions, purchase_id, {"line": 0, "quantity": quantity})

    assert (answer.status, answer.body["code"]) == (409, "DuplicateAPIValueException")
    assert answer.body["errors"][0]["pointer"] == "/reference_number"


def test_other_purchases_have_returns_of_the_same_number(functions: Functions, purchase_id: str) -> None:
    other = functions.call("create_purchase", {**example("create_v5_1.request"), "reference_number": "R2"}).body["id"]

    answers = [give_back(functions, event_id, {"line": 0}) for event_id in (purchase_id, other)]

    assert [("Idempotent-Replayed" in answer.headers, answer.status) for answer in answers] == [(False, 200)] * 2


INVALID, MANDATORY = "InvalidAPIValueException", "MandatoryAPIValueMissingException"


@pytest.mark.parametrize(
    ("products", "pointer", "code"),
    [
        ([{"line": 1}], "/products/0/line", INVALID),
        ([{"line": -1}], "/products/0/line", INVALID),
        ([{"line": "0"}], "/products/0/line", INVALID),
        ([{"line": True}], "/products/0/line", INVALID),
        ([{"product_sku": "Bronze"}], "/products/0/product_sku", INVALID),
        ([{"line": 0, "quantity": 2.0001}], "/products/0/quantity", INVALID),
        ([{"line": 0, "quantity": 0}], "/products/0/quantity", INVALID),
        ([{"line": 0}, {"line": 0}], "/products/1/line", INVALID),
        ([{"line": 0, "quantity": 1}, {"line": 0, "quantity": 2}], "/products/1/quantity", INVALID),
        ([{"line": 0, "product_sku": "FREDESPR001"}], "/products/0/product_sku", "MutuallyExclusiveAPIValuesException"),
        ([{"quantity": 1}], "/products/0/line", MANDATORY),
        ([{"line": 0, "quantitiy": 1}], "/products/0/quantitiy", INVALID),
        ([], "/products", INVALID),
        (None, "/products", MANDATORY),
        ([None], "/products/0", INVALID),
    ],
    ids=str,
)
def test_goods_that_cannot_be_returned_are_named(
    functions: Functions, purchase_id: str, products: Any, pointer: str, code: str
) -> None:
    body = {"reference_number": "RET1"} | ({} if products is None else {"products": products})

    answer = functions.call("return_products", body, path={"id": purchase_id})

    assert answer.status == 400
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.body["errors"]]
    assert balance(functions) == Decimal("49.09")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [({"reference_number": None}, "/reference_number"), ({"performed_on": -1}, "/performed_on")],
    ids=str,
)
def test_a_faulty_field_is_named(functions: Functions, purchase_id: str, fields: Body, pointer: str) -> None:
    body = {"reference_number": "RET1", "products": [{"line": 0}], **fields}

    answer = functions.call("return_products", body, path={"id": purchase_id})

    assert (answer.status, [error["pointer"] for error in answer.body["errors"]]) == (400, [pointer])


def test_nothing_of_a_cancelled_purchase_can_be_returned(functions: Functions, purchase_id: str) -> None:
    functions.call("cancel_purchase", path={"id": purchase_id})

    answer = give_back(functions, purchase_id, {"line": 0})

    assert (answer.status, answer.body["code"]) == (400, "InvalidAPIValueException")
    assert balance(functions) == 50


def test_goods_of_a_purchase_that_does_not_exist_cannot_be_returned(functions: Functions) -> None:
    assert give_back(functions, "NONE", {"line": 0}).status == 404


def test_returning_takes_the_scope_to_post(cold_functions: Functions, demo: DynamoTable) -> None:
    event_id = cold_functions.call("create_purchase", example("create_v5_1.request")).body["id"]
    cold_functions.api_key, _ = create_key(KeyRequest("DEMO", ["*"], [Scope.READ_PURCHASES]), table=demo, now=NOW)

    assert give_back(cold_functions, event_id, {"line": 0}).status == 403


def test_what_was_awarded_for_one_line_is_not_touched_by_the_return_of_another(functions: Functions) -> None:
    line = example("create_v5_1.request")["products"][0]
    free = {"product_sku": "Bronze", "net_amount": 0, "tax_amount": 0, "total_amount": 0}
    body = {**example("create_v5_1.request"), "products": [free, line], "classification": None}
    event_id = functions.call("create_purchase", body).body["id"]

    told = give_back(functions, event_id, {"line": 0}).body

    assert (told["awarded"], told["spent"], told["balance"]) == (0, 0, Decimal("48.59"))


def test_a_voucher_is_void_once_all_that_it_was_given_for_came_back(
    cold_functions: Functions, demo: DynamoTable
) -> None:
    voucher_type = {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "FIXED", "value": 2}
    offer = {"type": "reward_offer", "id": "V", "name": "V", "scheme": "SALES", "voucher_type": "V"}
    bring(demo, voucher_type, {**offer, "conditions": {"products": ["FREDESPR001"]}})
    line = example("create_v5_1.request")["products"][0]
    body = {**example("create_v5_1.request"), "products": [line, {**line, "product_sku": "Bronze"}]}
    event_id = cold_functions.call("create_purchase", body).body["id"]

    states = []
    for number, quantity in enumerate((1, 1)):
        give_back(cold_functions, event_id, {"line": 0, "quantity": quantity}, number=str(number))
        states += [item["state"] for item in demo.scan() if item["sk"] == "VOUCHER"]

    assert states == ["ISSUED", "VOIDED"]


def test_a_purchase_says_why_offers_applied_where_that_is_asked_for(functions: Functions, purchase_id: str) -> None:
    assert "why" not in show(functions, purchase_id)
    assert "why" not in show(functions, purchase_id, explain="false")

    assert show(functions, purchase_id, explain="true")["why"] == [
        {"offer_id": "OFFER-5PC", "applies": True, "failed": None},
        {"offer_id": "OFFER-WELCOME", "applies": True, "failed": None},
    ]


@pytest.mark.parametrize("explain", ["", "1", "yes", "TRUE"])
def test_explain_is_true_or_false(functions: Functions, purchase_id: str, explain: str) -> None:
    answer = functions.call("show_purchase", path={"id": purchase_id}, query={"explain": explain})

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/explain")
