"""Cancelling purchases as the classic API does, which answers with the complete event."""

from collections.abc import Callable
from datetime import datetime

from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.catalogue import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.purchases.event_answer import Answer, EventAnswer, event_answer
from loyalty.usecases.purchases.event_records import EventRecords
from loyalty.usecases.reversals.take_back import cancel_purchase


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
        Refused: as `cancel_purchase`; RETRY_LATER, if what there is to tell cannot be read. Nothing was changed.
    """
    answer = event_answer(render, table, catalogue, now)
    posting = cancel_purchase(named, partner, table=table, catalogue=catalogue, now=now, before_posting=answer.draw_up)
    return EventAnswer(answer.to(posting), posting.replayed)
