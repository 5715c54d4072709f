"""Handling of messages from a queue: each by itself, with an answer which ones to deliver again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from loyalty import exactjson
from loyalty.api.faults import log_faults
from loyalty.api.http.http_handler import Handler
from loyalty.api.logs import log_fault, log_put_off, tell_of_call
from loyalty.domain.errors import Refused
from loyalty.store.queue import Queue

AGAIN_AFTER_SECONDS = 15
"""Until a message that could not be dealt with is delivered again, times how often it was; after the last time it is a
dead letter at once. One whose worker was killed waits for the queue's own time."""


class SqsDelivery(Struct, frozen=True):
    """A message of SQS, delivered for the `receives`th time.

    Attributes:
        id: the id of the message.
        now: when it was delivered.
        body: its body, parsed.
        receives: how often it was delivered, this time included.
        receives_max: how often it is delivered at most.
        receipt: the handle that deletes it.
        group: its message group; None in a standard queue.
        milliseconds_left: return how long the call may still last.
    """

    id: str
    now: datetime
    body: Mapping[str, Any]
    receives: int
    receives_max: int
    receipt: str
    group: str | None
    milliseconds_left: Callable[[], int]

    @property
    def again_after_seconds(self) -> int:
        """Seconds that it waits if it is not dealt with."""
        return 0 if self.receives >= self.receives_max else AGAIN_AFTER_SECONDS * self.receives


def sqs_handler(action: Callable[[SqsDelivery], bool], queue: Queue, receives_max: int) -> Handler:
    """Return a Lambda handler around `action`, which answers whether a message is dealt with. One that is not, or that
    a fault on our side ends, is delivered again, and so are those behind it in its group; at most `receives_max` times,
    as the queue's redrive policy has it."""

    @log_faults()
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        tell_of_call(context)
        milliseconds_left = context.get_remaining_time_in_millis
        received = [_read_delivery(record, receives_max, milliseconds_left) for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": left} for left in _failed_ids(received, action, queue)]}

    return handler


def _failed_ids(messages: Iterable[SqsDelivery], action: Callable[[SqsDelivery], bool], queue: Queue) -> Iterator[str]:
    """Return the ids of messages that are to be delivered again."""
    held: set[str | None] = set()
    for received in messages:
        if received.group not in held and _is_dealt_with(received, action):
            continue
        if received.group:
            held.add(received.group)
        queue.show_again(received.receipt, received.again_after_seconds)
        yield received.id


def _read_delivery(record: dict[str, Any], receives_max: int, milliseconds_left: Callable[[], int]) -> SqsDelivery:
    attributes = record["attributes"]
    return SqsDelivery(
        id=record["messageId"],
        now=datetime.now(UTC),
        body=exactjson.loads(record["body"]),
        receives=int(attributes["ApproximateReceiveCount"]),
        receives_max=receives_max,
        receipt=record["receiptHandle"],
        group=attributes.get("MessageGroupId"),
        milliseconds_left=milliseconds_left,
    )


def _is_dealt_with(received: SqsDelivery, action: Callable[[SqsDelivery], bool]) -> bool:
    try:
        return action(received)
    except Refused as refused:
        log_put_off(refused)
    except Exception as fault:  # noqa: BLE001 - logged
        log_fault(fault)
    return False
