"""What becomes of a cancellation or a return when answers get lost, storage is busy, or it is cut off half way."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ReadTimeoutError

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.engine import Engine
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reversals.take_back import cancel_purchase, return_products
from tests.customers import EVERYTHING, purchase
from tests.faults.conftest import answer_lost, faulty, request_lost, wallet
from tests.refusals import Fault, conflict, throttled

Act = Callable[[DynamoTable, str], bool]
"""Does something to the purchase with an id; answers whether that was a replay."""


class Killed(Exception):  # noqa: N818 - what happened to the function
    """The function died."""


def killed(_: AWSRequest) -> None:
    raise Killed


def cancel(table: DynamoTable, event_id: str) -> bool:
    now, named = datetime.now(UTC), Reference("id", event_id, "")
    return cancel_purchase(Engine.on(table, pause=lambda _: None), named, EVERYTHING, now=now).replayed


def give_back(table: DynamoTable, event_id: str) -> bool:
    now, named = datetime.now(UTC), Reference("id", event_id, "")
    request = read_return({"reference_number": "RET", "products": [{"line": 0}]}, named, now)
    return return_products(Engine.on(table, pause=lambda _: None), request, EVERYTHING, now=now).posting.replayed


ACTS = pytest.mark.parametrize("act", [cancel, give_back], ids=["cancel", "return"])


@pytest.fixture
def event_id(table: DynamoTable, cim: str) -> str:
    """A purchase that spent 5 of the wallet's 50."""
    now = datetime.now(UTC)
    request = read_purchase(purchase(cim, f"REF-{cim}", spend="5"), now)
    posting = post_purchase(Engine.on(table), request, EVERYTHING, now=now)
    assert wallet(table, cim) == (2, 45)
    return posting.event.entry.event_id


@ACTS
@pytest.mark.parametrize("fault", [answer_lost, request_lost, throttled], ids=["answer", "request", "throttled"])
def test_it_survives_a_call_that_goes_wrong_once(
    table: DynamoTable, cim: str, event_id: str, act: Act, fault: Fault
) -> None:
    with faulty(table, "TransactWriteItems", fault, times=1):
        act(table, event_id)

    assert wallet(table, cim) == (3, 50)


@ACTS
def test_one_whose_every_answer_is_lost_is_found_by_its_identity(
    table: DynamoTable, cim: str, event_id: str, act: Act
) -> None:
    with faulty(table, "TransactWriteItems", answer_lost):
        assert act(table, event_id)

    assert wallet(table, cim) == (3, 50)


@ACTS
@pytest.mark.parametrize("fault", [request_lost, throttled], ids=["request", "throttled"])
def test_a_caller_who_was_told_to_retry_and_does_has_done_it_once(
    table: DynamoTable, cim: str, event_id: str, act: Act, fault: Fault
) -> None:
    with faulty(table, "TransactWriteItems", fault), pytest.raises(Refused) as refused:
        act(table, event_id)
    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert wallet(table, cim) == (2, 45)

    assert not act(table, event_id)
    assert act(table, event_id)
    assert wallet(table, cim) == (3, 50)


@ACTS
def test_a_transaction_in_conflict_is_tried_again(table: DynamoTable, cim: str, event_id: str, act: Act) -> None:
    with faulty(table, "TransactWriteItems", conflict, times=10):
        act(table, event_id)

    assert wallet(table, cim) == (3, 50)


@ACTS
@pytest.mark.parametrize("operation", ["GetItem", "Query", "TransactWriteItems"])
@pytest.mark.parametrize("after", range(3))
def test_one_that_is_killed_anywhere_has_done_all_or_nothing_and_is_done_by_the_next(
    table: DynamoTable, cim: str, event_id: str, act: Act, operation: str, after: int
) -> None:
    with faulty(table, operation, killed, times=1, after=after), suppress(Killed):
        act(table, event_id)
    assert wallet(table, cim) in [(2, 45), (3, 50)]

    act(table, event_id)

    assert wallet(table, cim) == (3, 50)


@ACTS
def test_one_that_is_killed_once_all_is_written_is_a_replay_the_next_time(
    table: DynamoTable, cim: str, event_id: str, act: Act
) -> None:
    def written_then_killed(request: AWSRequest) -> None:
        with suppress(ReadTimeoutError):
            answer_lost(request)
        raise Killed

    with faulty(table, "TransactWriteItems", written_then_killed), pytest.raises(Killed):
        act(table, event_id)

    assert act(table, event_id)
    assert wallet(table, cim) == (3, 50)


def test_the_ledger_holds_after_all_this(table: DynamoTable) -> None:
    assert verify_journal(table).deviations == []
