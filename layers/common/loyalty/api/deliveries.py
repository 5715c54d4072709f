"""What functions that a queue feeds share: each message by itself, and which ones are to be delivered again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from loyalty import exactjson
from loyalty.api.endpoint import Handler
from loyalty.domain.errors import Refused
from loyalty.store.queue import Queue

logger = Logger()

AGAIN_AFTER_SECONDS = 15
"""Until a message that could not be dealt with is delivered again, times how often it was. One whose worker was killed
waits for the queue's own time."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message of SQS as it is handed over, for the `receives`th time; `group` is None in a standard queue."""

    now: datetime
    body: Mapping[str, Any]
    receives: int
    receipt: str
    group: str | None


def deliveries(action: Callable[[Received], bool], queue: Queue) -> Handler:
    """A Lambda handler around `action`, which answers whether a message is dealt with. One that is not, or that a fault
    of ours ends, is delivered again, and so are those behind it in its group."""

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
        return {"batchItemFailures": [{"itemIdentifier": left} for left in _left(event["Records"], action, queue)]}

    return handler


def _left(records: list[dict[str, Any]], action: Callable[[Received], bool], queue: Queue) -> Iterator[str]:
    """The ids of messages that are to be delivered again."""
    held: set[str | None] = set()
    for record in records:
        received = _received(record)
        if received.group not in held and _is_dealt_with(received, action):
            continue
        if received.group:
            held.add(received.group)
        queue.show_again(received.receipt, AGAIN_AFTER_SECONDS * received.receives)
        yield record["messageId"]


def _received(record: dict[str, Any]) -> Received:
    attributes = record["attributes"]
    return Received(
        now=datetime.now(UTC),
        body=exactjson.loads(record["body"]),
        receives=int(attributes["ApproximateReceiveCount"]),
        receipt=record["receiptHandle"],
        group=attributes.get("MessageGroupId"),
    )


def _is_dealt_with(received: Received, action: Callable[[Received], bool]) -> bool:
    try:
        return action(received)
    except Refused as refused:
        logger.warning("put off", extra={"problems": [str(problem.code) for problem in refused.problems]})
    except Exception:
        logger.exception("failed")
    return False
