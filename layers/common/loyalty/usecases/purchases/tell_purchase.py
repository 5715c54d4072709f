"""Posting purchases as the classic API does, which answers with the complete event."""

from collections.abc import Callable
from datetime import datetime

from loyalty.domain.access.partner import Partner
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_answer import Answer, EventAnswer, event_answer
from loyalty.usecases.purchases.event_records import EventRecords
from loyalty.usecases.purchases.post_purchase import post_purchase


def post_and_tell(
    engine: Engine,
    request: PurchaseRequest,
    partner: Partner,
    render: Callable[[EventRecords], Answer],
    *,
    now: datetime,
) -> EventAnswer[Answer]:
    """Post `request` as `post_purchase` does, and tell of it.

    Raises:
        Refused: as `post_purchase`; RETRY_LATER, if what there is to tell cannot be read. Nothing was posted.
    """
    answer = event_answer(engine, render, now)
    posting = post_purchase(engine, request, partner, now=now, before_posting=answer.draw_up)
    return EventAnswer(answer.to(posting, replayed=posting.replayed), posting.replayed)
