"""What becomes of a posting when answers get lost, storage is busy, or somebody else is always faster."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.table import MAX_TRANSACTION
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.purchases.post_purchase import post_purchase, post_purchases
from loyalty.usecases.purchases.tell_purchase import post_and_tell
from tests.customers import EVERYTHING, purchase
from tests.faults.conftest import answer_lost, faulty, out_of_reach, request_lost, wallet
from tests.refusals import Fault, conflict, throttled


def post(table: DynamoTable, cim: str) -> PostedEvent:
    """Post a purchase that spends 5; the same one each time."""
    now = datetime.now(UTC)
    request = read_purchase(purchase(cim, f"REF-{cim}", spend="5"), now)
    return post_purchase(Engine.on(table, pause=lambda _: None), request, EVERYTHING, now=now)


@pytest.mark.parametrize("fault", [answer_lost, request_lost, throttled], ids=["answer", "request", "throttled"])
def test_a_posting_survives_a_call_that_goes_wrong_once(table: DynamoTable, cim: str, fault: Fault) -> None:
    with faulty(table, "TransactWriteItems", fault, times=1):
        post(table, cim)

    assert wallet(table, cim) == (2, 45)


def test_a_posting_whose_every_answer_is_lost_is_found_by_its_identity(table: DynamoTable, cim: str) -> None:
    with faulty(table, "TransactWriteItems", answer_lost):
        assert post(table, cim).replayed

    assert wallet(table, cim) == (2, 45)


def test_a_classic_posting_whose_every_answer_is_lost_is_told_without_another_read(
    table: DynamoTable, cim: str
) -> None:
    """It says nothing that would tell a repetition, so it must not be answered with an error that invites one."""
    body = {
        "accounts_receivable_identifier": {"access_token_identifier": {"authentication_code": cim}},
        "performed_by_business_unit_identifier": {"code": "MRA"},
        "performed_on": "2026-01-15T12:00:00",
        "reference_number": f"REF-{cim}",
        "spend_request": {"spend_amount": 5},
        "products_set": [
            {"product_identifier": {"code": "Bronze"}, "net_amount": 10, "vat_amount": 2, "total_amount": 12}
        ],
    }
    request, programme_names_what_is_told_and_the_event = read_classic(body, EVERYTHING, None), 4

    with (
        faulty(table, "TransactWriteItems", answer_lost),
        faulty(table, "BatchGetItem", out_of_reach, after=programme_names_what_is_told_and_the_event),
    ):
        engine = Engine.on(table, pause=lambda _: None)
        told = post_and_tell(engine, request, EVERYTHING, render_purchase, now=datetime.now(UTC))

    assert told.replayed
    assert told.answer["total_spend_amount"] == 5
    assert told.answer["accounts_receivable"]
    assert wallet(table, cim) == (2, 45)


@pytest.mark.parametrize("fault", [request_lost, throttled], ids=["request", "throttled"])
def test_a_caller_who_was_told_to_retry_and_does_has_posted_once(table: DynamoTable, cim: str, fault: Fault) -> None:
    with faulty(table, "TransactWriteItems", fault), pytest.raises(Refused) as refused:
        post(table, cim)
    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert wallet(table, cim) == (1, 50)

    assert not post(table, cim).replayed
    assert wallet(table, cim) == (2, 45)


def test_a_transaction_in_conflict_is_tried_again(table: DynamoTable, cim: str) -> None:
    with faulty(table, "TransactWriteItems", conflict, times=10):
        post(table, cim)

    assert wallet(table, cim) == (2, 45)


def test_a_wallet_that_others_never_let_go_of_is_told_as_busy(table: DynamoTable, cim: str) -> None:
    with faulty(table, "TransactWriteItems", conflict), pytest.raises(Refused) as refused:
        post(table, cim)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert wallet(table, cim) == (1, 50)


def test_purchases_are_not_posted_before_an_earlier_one_of_their_wallet_that_has_to_wait(
    table: DynamoTable, cim: str
) -> None:
    """More of them than a transaction holds, and the first one is kept out for as long as the client tries."""
    now, attempts = datetime.now(UTC), 4
    requests = [read_purchase(purchase(cim, f"{cim}-{number}"), now) for number in range(MAX_TRANSACTION + 20)]

    with faulty(table, "TransactWriteItems", throttled, times=attempts):
        outcomes = post_purchases(Engine.on(table), requests, EVERYTHING, now=now)

    assert {isinstance(outcome, PostedEvent) for outcome in outcomes} == {False}
    assert wallet(table, cim) == (1, 50)


@pytest.mark.parametrize("fault", [throttled, out_of_reach], ids=["throttled", "out of reach"])
@pytest.mark.parametrize("operation", ["BatchGetItem", "Query"])
def test_nothing_is_posted_where_nothing_can_be_read(
    table: DynamoTable, cim: str, operation: str, fault: Fault
) -> None:
    with faulty(table, operation, fault), pytest.raises(Refused) as refused:
        post(table, cim)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert wallet(table, cim) == (1, 50)


def test_keys_that_a_batch_leaves_unread_are_asked_for_again(table: DynamoTable, cim: str) -> None:
    def half(parsed: dict[str, Any], **_: Any) -> None:
        found = parsed["Responses"][table.name]
        if len(found) > 1:
            left = found.pop()
            parsed["UnprocessedKeys"] = {table.name: {"Keys": [{"pk": left["pk"], "sk": left["sk"]}]}}

    table.client.meta.events.register("after-call.dynamodb.BatchGetItem", half)

    assert not post(table, cim).replayed
    assert wallet(table, cim) == (2, 45)
