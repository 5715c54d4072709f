"""Posting and cancelling purchases as the classic API does, which answers with the complete event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store.backoff import Pause, pause
from loyalty.store.catalogue import Catalogue
from loyalty.store.numbers import Numbers
from loyalty.store.table import Table
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.purchases.event_records import EventRecords, EventRecordsReader
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reversals.take_back import cancel_purchase

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class EventAnswer(Generic[Answer]):
    """The answer to a purchase that was posted or cancelled, now or by an earlier, equal request."""

    answer: Answer
    replayed: bool


def post_and_tell(
    request: PurchaseRequest,
    partner: Partner,
    render: Callable[[EventRecords], Answer],
    *,
    table: Table,
    catalogue: Catalogue,
    numbers: Numbers,
    now: datetime,
    pause: Pause = pause,
) -> EventAnswer[Answer]:
    """Post `request` as `post_purchase` does, and tell of it.

    Raises:
        Refused: as `post_purchase`; RETRY_LATER, where what there is to tell cannot be read. Nothing was posted.
    """
    answer = _answer(render, table, catalogue, now)
    posting = post_purchase(
        request,
        partner,
        table=table,
        catalogue=catalogue,
        numbers=numbers,
        now=now,
        pause=pause,
        prepare=answer.prepare,
    )
    return EventAnswer(answer.to(posting), posting.replayed)


def cancel_and_tell(
    named: Reference,
    partner: Partner,
    render: Callable[[EventRecords], Answer],
    *,
    table: Table,
    catalogue: Catalogue,
    now: datetime,
) -> EventAnswer[Answer]:
    """Cancel the purchase that the partner names as `cancel_purchase` does, and tell of it.

    Raises:
        Refused: as `cancel_purchase`; RETRY_LATER, where what there is to tell cannot be read. Nothing was changed.
    """
    answer = _answer(render, table, catalogue, now)
    posting = cancel_purchase(named, partner, table=table, catalogue=catalogue, now=now, prepare=answer.prepare)
    return EventAnswer(answer.to(posting), posting.replayed)


def _answer(
    render: Callable[[EventRecords], Answer], table: Table, catalogue: Catalogue, now: datetime
) -> PreparedAnswer[PostedEvent, Answer]:
    gathered = EventRecordsReader(table=table, catalogue=catalogue, now=now)
    return PreparedAnswer(lambda posting: render(gathered(posting.event)))
