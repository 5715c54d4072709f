"""Answers that tell the complete event, drawn up before it is posted (decision 0019)."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct

from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.purchases.event_records import EventRecords, EventRecordsReader

Answer = TypeVar("Answer")


class EventAnswer(Struct, Generic[Answer], frozen=True):
    """The answer to a purchase that was posted or cancelled, now or by an earlier, equal request."""

    answer: Answer
    replayed: bool


def event_answer(
    engine: Engine, render: Callable[[EventRecords], Answer], now: datetime
) -> PreparedAnswer[PostedEvent, Answer]:
    """Return the answer that `render` makes of an event and the records that it is about."""
    gathered = EventRecordsReader(engine, now)
    return PreparedAnswer(lambda posting: render(gathered(posting.event)))
