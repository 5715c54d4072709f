"""What a queue's function answers of messages that it could not deal with, and how soon they come again."""

import json
from dataclasses import dataclass, field
from typing import Any

from loyalty.api.triggers.sqs_handler import AGAIN_AFTER_SECONDS, SqsDelivery, sqs_handler
from tests.functional.conftest import LambdaContext


@dataclass
class Waiting:
    """A queue that remembers how long messages are to wait, by receipt."""

    seconds: dict[str, int] = field(default_factory=dict)

    def show_again(self, receipt: str, seconds: int) -> None:
        self.seconds[receipt] = seconds


def record(name: str, group: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives), "MessageGroupId": group}
    return {"messageId": name, "receiptHandle": name, "body": json.dumps({"name": name}), "attributes": attributes}


def left(queue: Waiting, *records: dict[str, Any]) -> list[str]:
    """Return the messages that are to be delivered again, of which only those with `good` in their names are dealt
    with."""

    def action(received: SqsDelivery) -> bool:
        if "fault" in received.body["name"]:
            raise ZeroDivisionError
        return "good" in received.body["name"]

    handler = sqs_handler(action, queue, receives_max=3)  # type: ignore[arg-type]
    answer = handler({"Records": list(records)}, LambdaContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_message_stands_or_falls_alone_but_for_those_behind_it_in_its_group() -> None:
    queue = Waiting()

    told = left(
        queue,
        record("good 1", "A"),
        record("bad 2", "A"),
        record("good 3", "A"),
        record("good 4", "B"),
        record("fault 5", "B"),
    )

    assert told == ["bad 2", "good 3", "fault 5"]


def test_a_message_waits_longer_each_time_and_not_at_all_once_it_is_dead() -> None:
    queue = Waiting()

    left(queue, *(record(f"bad {receives}", f"G{receives}", receives) for receives in (1, 2, 3)))

    assert queue.seconds == {"bad 1": AGAIN_AFTER_SECONDS, "bad 2": 2 * AGAIN_AFTER_SECONDS, "bad 3": 0}
