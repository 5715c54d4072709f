"""Amounts as large as numbers may be: kept to the last digit, or refused in words."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.store.attributes import Item
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.reference.import_records import import_records
from tests.functional.conftest import NOW, Functions

LARGEST = Decimal("999999999999.9999")
SMALLEST = Decimal("0.0001")
RATE = Decimal("987654321987.6543")
MANY = Decimal("4999999999.9873")


def big(account: str, currency: str | None = None) -> Iterator[dict[str, Any]]:
    """Return the records of an account with a card of the same name."""
    yield {"type": "account", "id": account, "number": account, "currency": currency}
    yield {"type": "access_token", "id": account, "account": account, "authentication_code": account}


def points(rate: Decimal) -> dict[str, Any]:
    return {"type": "currency_rate", "id": "LARGE", "currency": "PTS", "rate": rate, "from_date": "2020-01-01T00:00:00"}


PROGRAMME: list[dict[str, Any]] = [
    {"type": "currency", "id": "BIG", "code": "BIG", "exponent": 4},
    {"type": "currency_rate", "id": "BIG", "currency": "BIG", "rate": RATE, "from_date": "2020-01-01T00:00:00"},
    {"type": "reward_offer", "id": "PIECES", "name": "Pieces", "scheme": "SALES"}
    | {"conditions": {"business_units": ["MRA"]}, "award": {"method": "PER_UNIT", "value": LARGEST}},
    *big("EUROS"),
    *big("BIGS", "BIG"),
]


@pytest.fixture
def large(cold_functions: Functions, demo: DynamoTable) -> DynamoTable:  # noqa: ARG001 - they work on it
    """The demo programme, with the largest award and the largest rate that there can be."""
    load(demo, *PROGRAMME)
    return demo


def load(table: DynamoTable, *records: dict[str, Any]) -> None:
    assert import_records([exactjson.dumps(one).encode() for one in records], table=table, now=NOW).refused == []


def body(card: str, quantity: Decimal, number: str = "R1") -> dict[str, Any]:
    line = {"product_sku": "Bronze", "quantity": quantity, "net_amount": 10, "tax_amount": 0, "total_amount": 10}
    return {"cim": card, "reference_number": number, "merchant_tap": {"code": "MRA"}, "products": [line]}


def numbers(table: DynamoTable) -> Iterator[Decimal]:
    items: Iterator[Item] = table.scan()
    return (value for item in items for value in item.values() if isinstance(value, Decimal))


def longest(table: DynamoTable) -> int:
    """Return the digits of the longest number in a table: DynamoDB refuses one of more than 38."""
    return max(len(number.normalize().as_tuple().digits) for number in numbers(table))


def test_nothing_is_left_once_purchases_of_the_largest_numbers_are_all_cancelled(
    cold_functions: Functions, large: DynamoTable
) -> None:
    quantities = [("EUROS", LARGEST), ("EUROS", SMALLEST), ("EUROS", LARGEST), ("BIGS", SMALLEST), ("BIGS", MANY)]
    posted = []
    for number, (card, quantity) in enumerate(quantities):
        answer = cold_functions.call("create_purchase", body(card, quantity, f"R{number}"))
        assert answer.status == 200, answer.text
        posted.append(answer.body["id"])

    assert longest(large) == 38
    assert [cold_functions.call("cancel_purchase", path={"id": one}).status for one in posted] == [200] * len(posted)
    for account in ("EUROS", "BIGS"):
        assert cold_functions.call("show_wallet", path={"account": account}).body["balance"] == 0
    assert verify_journal(large, settle=lambda _: None).deviations == []


@pytest.mark.usefixtures("large")
def test_an_award_that_no_table_keeps_is_refused_in_words_by_preview_and_posting(cold_functions: Functions) -> None:
    for name in ("preview_purchase", "create_purchase"):
        answer = cold_functions.call(name, body("BIGS", LARGEST))
        assert (answer.status, answer.body["code"]) == (413, "LimitExceededException")
        assert answer.body["detail"].startswith("The award would be 98765432198765")
        assert answer.body["detail"].endswith(": an amount has at most 34 digits before the point.")
    assert cold_functions.call("show_wallet", path={"account": "BIGS"}).body["version"] == 0


def test_points_that_no_table_keeps_are_refused_too(cold_functions: Functions, large: DynamoTable) -> None:
    load(large, points(LARGEST))

    answer = Functions(cold_functions.api_key).call("create_purchase", body("EUROS", LARGEST))

    assert (answer.status, answer.body["code"]) == (413, "LimitExceededException")
    assert answer.body["detail"].startswith("The award in points would be 9999999999999997")


def test_a_balance_of_more_points_than_a_table_keeps_is_told_without_them(
    cold_functions: Functions, large: DynamoTable
) -> None:
    """It is no award, and what it is worth may change from day to day: no event is refused for it."""
    posted = cold_functions.call("create_purchase", body("EUROS", LARGEST)).body["id"]
    load(large, points(LARGEST))
    cold_functions = Functions(cold_functions.api_key)

    assert "alternative_balance" not in cold_functions.call("show_wallet", path={"account": "EUROS"}).body
    assert cold_functions.call("cancel_purchase", path={"id": posted}).status == 200
    assert longest(large) <= 38
