"""A queue: a thin class over the low-level client. Errors of the SDK become the engine's own in one place."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.sdk_errors import refuse_if_busy

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BATCH = 10
"""Messages in one call (a limit of SQS)."""

MAX_TRIES = 3
"""Tries to send what SQS did not take of a batch."""

_BUSY = Problem(Code.RETRY_LATER, "The queue is busy. Try again.")
_RETRYABLE = frozenset({"InternalError", "RequestThrottled", "ServiceUnavailable", "ThrottlingException", "OverLimit"})


class Message(Struct, frozen=True):
    """A message to send: `body` as JSON. Messages of a group arrive in order; of those with the same id, sent within
    five minutes, one arrives. A queue that is not FIFO has only one group, without a name and without an order."""

    id: str
    group: str
    body: dict[str, Any]


class ReceivedMessage(Struct, frozen=True):
    """A message that was received, and what to name it by until it is put back."""

    message: Message
    receipt: str


class Queue:
    """A queue; only a FIFO one is sent to."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self.client = client
        self.url = url

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages, in order within each group.

        Raises:
            Refused: RETRY_LATER, if SQS is busy or out of reach. Some may have been sent; sending all of them again
                sends the others.
        """
        for batch in _batches(messages):
            left = batch
            for _ in range(MAX_TRIES):
                left = self._send_batch(left)
                if not left:
                    break
            else:
                raise Refused(_BUSY)

    def receive(self, seconds: int) -> Iterator[ReceivedMessage]:
        """Return the waiting messages that are available; nobody else gets them for so many seconds."""
        while True:
            with refuse_if_busy(_BUSY, _RETRYABLE):
                answer: Any = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=MAX_BATCH,
                    VisibilityTimeout=seconds,
                    MessageSystemAttributeNames=["MessageGroupId", "MessageDeduplicationId"],
                )
            if not answer.get("Messages"):
                return
            for found in answer["Messages"]:
                told = found.get("Attributes", {})
                body = exactjson.loads(found["Body"])
                name, group = told.get("MessageDeduplicationId", found["MessageId"]), told.get("MessageGroupId", "")
                message = Message(name, group, body)
                yield ReceivedMessage(message, found["ReceiptHandle"])

    def remove(self, receipt: str) -> None:
        """Remove a message that was received."""
        with refuse_if_busy(_BUSY, _RETRYABLE):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)

    def show_again(self, receipt: str, seconds: int) -> None:
        """Let a message that was received be received again after so many seconds."""
        with refuse_if_busy(_BUSY, _RETRYABLE):
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def count_hidden(self) -> int:
        """Return about how many messages nobody can receive now: they were received, and their time is not over."""
        name: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
        with refuse_if_busy(_BUSY, _RETRYABLE):
            answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def _send_batch(self, batch: list[Message]) -> list[Message]:
        """Return what SQS did not take of a batch."""
        entries: Any = [
            {
                "Id": str(place),
                "MessageBody": exactjson.dumps(message.body),
                "MessageGroupId": message.group,
                "MessageDeduplicationId": message.id,
            }
            for place, message in enumerate(batch)
        ]
        with refuse_if_busy(_BUSY, _RETRYABLE):
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return [batch[int(failed["Id"])] for failed in answer.get("Failed", ())]


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Batches with no two messages of a group: of those, SQS might take the second one only."""
    batch: list[Message] = []
    groups: set[str] = set()
    for message in messages:
        if len(batch) == MAX_BATCH or message.group in groups:
            yield batch
            batch, groups = [], set()
        batch.append(message)
        groups.add(message.group)
    if batch:
        yield batch
