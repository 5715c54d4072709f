"""What failed for good is taken up again: dead letters, and calls of the functions that split and import files."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import boto3
import pytest

from loyalty.store.client import connect_queue
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Upload, UploadState, add_upload
from loyalty.usecases.uploads.dead_letters import DeadLetters, FailedCalls, Lane, count_hidden, redrive
from tests.functional.conftest import NOW

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:split:$LATEST"


class Stack:
    """The queues of a stack, and the calls that are made of its functions."""

    def __init__(self, table: DynamoTable) -> None:
        self.table = table
        self.chunks = Lane(self._queue(".fifo"), self._queue(".fifo"))
        self.closings = Lane(self._queue(".fifo"), self._queue(".fifo"))
        self.failed = self._queue("")
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    @staticmethod
    def _queue(ending: str) -> Queue:
        attributes: Any = {"FifoQueue": "true"} if ending else {}
        made = boto3.client("sqs").create_queue(QueueName=f"{uuid4().hex}{ending}", Attributes=attributes)
        return connect_queue(made["QueueUrl"])

    def fail(self, event: dict[str, Any]) -> None:
        """Leave a call where Lambda leaves those that failed for good, as Lambda does."""
        told = {"requestContext": {"functionArn": ARN, "condition": "RetriesExhausted"}, "requestPayload": event}
        self.failed.client.send_message(QueueUrl=self.failed.url, MessageBody=json.dumps({"version": "1.0", **told}))

    @property
    def letters(self) -> DeadLetters:
        """Return what failed."""
        failed_calls = FailedCalls(self.failed, lambda name, event: self.calls.append((name, event)))
        return DeadLetters(self.chunks, self.closings, failed_calls)

    def redrive(self, upload_id: str | None = None) -> int:
        """Take up again what failed."""
        return redrive(upload_id, uuid4().hex, self.letters, table=self.table)


@pytest.fixture
def stack(table: DynamoTable) -> Stack:
    return Stack(table)


def letters(queue: Queue) -> list[dict[str, Any]]:
    """Return what waits in a queue."""
    return [taken.message.body for taken in queue.receive(60)]


def letter(upload_id: str, name: str) -> Message:
    return Message(f"{upload_id}-{name}", f"{upload_id}-1", {"upload": upload_id, "n": name})


def dropped(key: str) -> dict[str, Any]:
    """S3's notification of a file."""
    return {"Records": [{"s3": {"object": {"key": quote_plus(key), "versionId": "1"}}}]}


def upload(table: DynamoTable, upload_id: str, key: str) -> None:
    add_upload(table, Upload(upload_id, "ACME", ("*",), "x.csv", key, NOW, state=UploadState.SPLITTING))


def test_dead_letters_of_all_uploads_are_sent_again_and_are_gone(stack: Stack) -> None:
    stack.chunks.dead.send([letter("U1", "a"), letter("U2", "b")])
    stack.closings.dead.send([letter("U1", "c")])

    assert stack.redrive() == 3

    assert [taken["n"] for taken in letters(stack.closings.queue)] == ["c"]
    assert letters(stack.chunks.dead) == letters(stack.closings.dead) == []
    assert stack.redrive() == 0


def test_those_of_other_uploads_stay_where_they_are(stack: Stack) -> None:
    stack.chunks.dead.send([letter("U1", "a"), letter("U2", "b")])

    assert stack.redrive("U2") == 1
    assert stack.redrive("U2") == 0
    assert stack.redrive("U1") == 1


def test_a_letter_that_dies_again_is_taken_up_again(stack: Stack) -> None:
    stack.chunks.dead.send([letter("U1", "a")])

    for _ in range(3):
        assert stack.redrive() == 1
        [again] = stack.chunks.queue.receive(60)
        stack.chunks.queue.remove(again.receipt)
        stack.chunks.dead.send([again.message])


def test_failed_calls_are_made_again_with_what_they_were_made_with(stack: Stack) -> None:
    events = [dropped("uploads/ACME/March, é.csv"), {"upload": "U1"}]
    for event in events:
        stack.fail(event)

    assert stack.redrive() == 2

    assert sorted(stack.calls, key=str) == sorted([(ARN, event) for event in events], key=str)
    assert stack.redrive() == 0


def test_of_one_upload_those_that_went_on_with_it_and_those_that_its_file_began(stack: Stack) -> None:
    upload(stack.table, "U1", "uploads/ACME/March, é.csv")
    mine = [dropped("uploads/ACME/March, é.csv"), {"upload": "U1"}]
    others = [dropped("reference/x.csv"), {"upload": "U2"}]
    for event in [*others, *mine]:
        stack.fail(event)

    assert stack.redrive("U1") == 2

    assert sorted((event for _, event in stack.calls), key=str) == sorted(mine, key=str)
    assert stack.redrive() == 2


def test_a_call_that_cannot_be_made_is_not_lost(stack: Stack) -> None:
    stack.fail({"upload": "U1"})

    def refuse(*_: Any) -> None:
        raise PermissionError

    failed_calls = FailedCalls(stack.failed, refuse)
    with pytest.raises(PermissionError):
        redrive(None, "1", DeadLetters(stack.chunks, stack.closings, failed_calls), table=stack.table)

    told = stack.failed.client.get_queue_attributes(QueueUrl=stack.failed.url, AttributeNames=["All"])
    assert told["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


@pytest.mark.parametrize("name", ["a chunk", "a closing", "a call"])
def test_what_was_handed_out_with_an_answer_that_was_lost_is_told_and_taken_up_once_it_is_seen_again(
    stack: Stack, name: str
) -> None:
    queue = {"a chunk": stack.chunks.dead, "a closing": stack.closings.dead, "a call": stack.failed}[name]
    if name == "a call":
        stack.fail(dropped("reference/x.jsonl"))
    else:
        queue.send([letter("U1", "a")])
    [lost] = queue.receive(60)

    assert (stack.redrive(), count_hidden(stack.letters)) == (0, 1)

    queue.show_again(lost.receipt, 0)  # as a minute later
    assert (stack.redrive(), count_hidden(stack.letters)) == (1, 0)
