"""Cancelling purchases as the classic API does, which answers with the complete event."""

from collections.abc import Callable
from datetime import datetime

from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import Reference
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_answer import Answer, EventAnswer, event_answer
from loyalty.usecases.purchases.event_records import EventRecords
from loyalty.usecases.reversals.take_back import cancel_purchase


def cancel_and_tell(
    engine: Engine, named: Reference, partner: Partner, render: Callable[[EventRecords], Answer], *, now: datetime
) -> EventAnswer[Answer]:
    """Cancel the purchase that the partner names as `cancel_purchase` does, and tell of it.

    Raises:
        Refused: as `cancel_purchase`; RETRY_LATER, if what there is to tell cannot be read. Nothing was changed.
    """
    answer = event_answer(engine, render, now)
    posting = cancel_purchase(engine, named, partner, now=now, before_posting=answer.draw_up)
    return EventAnswer(answer.to(posting, replayed=posting.replayed), posting.replayed)
