"""Limits of offers under rival purchases, where transactions are real."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.target import Target
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.numbers import Numbers
from loyalty.usecases.engine import Engine
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from tests.customers import EVERYTHING, customer, purchase

Post = Callable[[dict[str, Any]], int | Code]
RIVALS = 20


@pytest.fixture(scope="module")
def table(stack: Target) -> Iterator[DynamoTable]:
    """The table, with offers on products that nobody else buys; they end with these tests."""
    table = stack.open_table()
    offers = [
        limited("ONCE", "PERCENTAGE", {"per_account": 1, "period": "P1D"}),
        limited("BUDGET", "FIXED", {"budget": 5}),
    ]
    imported(table, *(record for pair in offers for record in pair))
    yield table
    imported(table, *({**offer, "life_cycle_state": "NOT_EFFECTIVE"} for _, offer in offers))


def limited(name: str, method: str, limits: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a product, and an offer for it."""
    offer = {"type": "reward_offer", "id": name, "name": name, "scheme": "SALES", "conditions": {"products": [name]}}
    award = {"method": method, "value": 10 if method == "PERCENTAGE" else 1}
    return {"type": "product", "id": name, "code": name}, {**offer, "award": award, "limits": limits}


def imported(table: DynamoTable, *records: dict[str, Any]) -> None:
    lines = [json.dumps(record).encode() for record in records]
    assert not import_records(lines, table=table, now=datetime.now(UTC)).refused


@pytest.fixture
def post(table: DynamoTable) -> Post:
    """Posts a purchase, and answers how many awards it got, or why it was refused."""
    catalogue, now = Catalogue(table), datetime.now(UTC)
    catalogue.programme(now)  # containers do not share theirs, these threads do

    def post(body: dict[str, Any]) -> int | Code:
        request = read_purchase(body, now)
        try:
            posting = post_purchase(Engine(table, catalogue, Numbers(table)), request, EVERYTHING, now=now)
        except Refused as refused:
            return refused.problems[0].code
        return len(posting.event.purchase_document.awards)

    return post


def bought(cim: str, reference_number: str, product: str) -> dict[str, Any]:
    body = purchase(cim, reference_number)
    return {**body, "products": [{**body["products"][0], "product_sku": product}]}


def test_of_rival_purchases_of_one_account_one_gets_what_is_given_once_a_day(table: DynamoTable, post: Post) -> None:
    cim = customer(table, "once", 0)

    with ThreadPoolExecutor(RIVALS) as threads:
        bodies = [bought(cim, f"ONCE-{number}", "ONCE") for number in range(RIVALS)]
        outcomes = Counter(threads.map(post, bodies))

    assert outcomes[1] == 1
    assert outcomes.keys() <= {0, 1, Code.RETRY_LATER}
    wallet = table.get(keys.wallet("A-once"), consistent=True)
    assert wallet
    assert wallet["balance"] == 1
    assert wallet["version"] == outcomes[0] + outcomes[1]


def test_rival_purchases_of_many_accounts_never_get_more_than_the_budget(table: DynamoTable, post: Post) -> None:
    cims = [customer(table, f"budget-{number}", 0) for number in range(RIVALS)]

    with ThreadPoolExecutor(RIVALS) as threads:
        bodies = [bought(cim, f"B-{cim}", "BUDGET") for cim in cims]
        outcomes = Counter(threads.map(post, bodies))

    assert outcomes[1] == 5
    assert outcomes.keys() <= {0, 1, Code.RETRY_LATER}
    counter = table.get(keys.counter("reward_offer", "BUDGET"), consistent=True)
    assert counter
    assert counter["used"] == 5
    assert verify_journal(table).deviations == []
