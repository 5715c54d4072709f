"""Dry runs: they find what posting would find, earlier rows included, and leave nothing that anybody sees."""

from typing import Any

import pytest

from loyalty.api.classic.reading import read_purchase as read_classic_purchase
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.guesses import AT_A_PASS_CODE
from loyalty.domain.errors import Code
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.dry_run_table import DryRunTable
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.table import Table
from loyalty.store.writes import Delete, Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchases
from tests.cards import BY_PASS_CODE, bring
from tests.customers import EVERYTHING, customer, purchase
from tests.functional.conftest import NOW, example

EXPIRES_AT = 2_000_000_000


@pytest.fixture
def dry_run(demo: DynamoTable) -> DryRunTable:
    return DryRunTable(demo, "U1", EXPIRES_AT)


def posted(table: Table, requests: list[PurchaseRequest]) -> list[Any]:
    """Outcomes: of what is posted whether it is a replay and the balance after it, of what is refused its code."""
    outcomes = post_purchases(Engine.on(table), requests, EVERYTHING, now=NOW)
    return [
        (outcome.replayed, outcome.event.entry.balance)
        if isinstance(outcome, PostedEvent)
        else outcome.problems[0].code
        for outcome in outcomes
    ]


def requests() -> list[PurchaseRequest]:
    """Purchases of two wallets, of which later ones depend on what earlier ones leave."""
    bodies = [
        purchase("CIM-one", "A", spend="7"),
        purchase("CIM-two", "B", spend="12"),
        purchase("CIM-one", "C", spend="5"),  # of what is left, 3
        purchase("CIM-one", "D", spend="3"),
        purchase("CIM-two", "B", spend="12"),  # once more
        purchase("CIM-two", "B", spend="11"),  # another purchase under that name
        purchase("CIM-none", "E"),
    ]
    return [read_purchase(body, NOW) for body in bodies]


def seen(table: DynamoTable) -> dict[keys.Key, Item]:
    """Return all that is there, but for what dry runs keep."""
    return {key_of(item): item for item in table.scan() if not item["pk"].startswith("DRY_RUN#")}


def test_a_dry_run_finds_what_posting_finds(demo: DynamoTable, dry_run: DryRunTable) -> None:
    customer(demo, "one", 10)
    customer(demo, "two", 40)

    found = [posted(dry_run, part) for part in (requests()[:3], requests()[3:])]

    assert found == [posted(demo, part) for part in (requests()[:3], requests()[3:])]


def test_a_dry_run_changes_nothing_that_anybody_sees(demo: DynamoTable, dry_run: DryRunTable) -> None:
    customer(demo, "one", 10)
    customer(demo, "two", 40)
    before, proven = seen(demo), verify_journal(demo)

    posted(dry_run, requests())

    assert seen(demo) == before
    assert verify_journal(demo) == proven
    assert len(demo.journal("A-two", before=None, limit=9)) == 1  # the opening balance


def test_what_a_dry_run_keeps_is_removed_in_time(demo: DynamoTable, dry_run: DryRunTable) -> None:
    customer(demo, "one", 10)
    posted(dry_run, requests())

    kept = [item for item in demo.scan() if item["pk"].startswith("DRY_RUN#")]

    assert kept
    assert {int(item["expires_at"]) for item in kept} == {EXPIRES_AT}


def test_two_dry_runs_know_nothing_of_each_other(demo: DynamoTable, dry_run: DryRunTable) -> None:
    customer(demo, "one", 10)

    first = posted(dry_run, requests())

    assert posted(DryRunTable(demo, "U2", EXPIRES_AT), requests()) == first


def test_two_chunks_of_a_dry_run_do_not_overwrite_each_other(demo: DynamoTable) -> None:
    one, other = DryRunTable(demo, "U1", EXPIRES_AT), DryRunTable(demo, "U1", EXPIRES_AT)

    for count in range(3):
        assert (one.add(keys.NUMBERS, {"x": 1})["x"], other.add(keys.NUMBERS, {"x": 1})["x"]) == (
            2 * count + 1,
            2 * count + 2,
        )


def test_what_a_dry_run_removes_is_gone_for_it_alone(demo: DynamoTable, dry_run: DryRunTable) -> None:
    password = keys.one_time_password("0" * 64)
    demo.put(Put(password, {"target": "T"}))

    dry_run.transact([Delete(password, condition="attribute_exists(pk)")])

    assert dry_run.get(password) is None
    assert list(dry_run.partition(password.pk)) == []
    assert not dry_run.put(Put(password, {"target": "T"}, condition="attribute_exists(pk)"))
    assert demo.get(password)


def test_a_dry_run_is_no_way_to_guess_a_pass_code(demo: DynamoTable) -> None:
    bring(demo)
    body = example("create_1.request") | {"performed_by_business_unit_identifier": {"code": "MRA"}}
    wrong, right = (
        read_classic_purchase(
            body | {"accounts_receivable_identifier": {"access_token_identifier": shown}}, EVERYTHING, None
        )
        for shown in (BY_PASS_CODE | {"pass_code": "1357"}, BY_PASS_CODE)
    )
    for name in range(AT_A_PASS_CODE[0].most):
        assert posted(DryRunTable(demo, f"U{name}", EXPIRES_AT), [wrong]) == [Code.NOT_FOUND]

    assert posted(demo, [right]) == [Code.NOT_PERMITTED]


def test_a_dry_run_writes_nowhere_but_aside(dry_run: DryRunTable) -> None:
    with pytest.raises(ValueError, match="PROGRAMME"):
        dry_run.put(Put(keys.PROGRAMME_VERSION, {"version": 1}))
