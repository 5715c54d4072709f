"""SQS in memory, as its client is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.deployment import QueueSettings
from tests.simulation.dynamo import refused
from tests.simulation.expressions import Unmodelled

MAX_BATCH = 10
DEDUPLICATION_SECONDS = 300.0

Request = Mapping[str, Any]


@dataclass
class Held:
    """A message in a queue; `visible_from` then it may be received (again). One that is `fatal` kills who takes it."""

    id: str
    body: str
    group: str
    deduplication_id: str
    sent_at: float
    visible_from: float
    receives: int = 0
    receipt: str = ""
    fatal: bool = False


@dataclass
class MessageQueue:
    """A queue: messages of a group are received in order; one that was received too often, or lies too long, goes to
    the dead ones, or is gone. `arrived` hears in how many seconds something may be received."""

    settings: QueueSettings
    now: Callable[[], float]
    dead: "MessageQueue | None" = None
    messages: list[Held] = field(default_factory=list)
    recent: dict[tuple[str, str], float] = field(default_factory=dict)
    arrived: Callable[[float], None] = lambda _: None
    names: int = 0

    def send(self, body: str, group: str = "", deduplication_id: str = "") -> str:
        """Take a message, unless it was sent within the last five minutes."""
        now, message_id = self.now(), self._name()
        if self.settings.is_fifo:
            scope = (group if self.settings.deduplicates_by_group else "", deduplication_id)
            if now - self.recent.get(scope, float("-inf")) < DEDUPLICATION_SECONDS:
                return message_id
            self.recent[scope] = now
        self.messages.append(Held(message_id, body, group, deduplication_id, now, now))
        self.arrived(0.0)
        return message_id

    def receive(self, most: int, seconds: float | None = None) -> list[Held]:
        """Return messages that nobody else gets for a while."""
        now, busy, found = self.now(), set[str](), list[Held]()
        self._let_go()
        for message in list(self.messages):
            if self.settings.is_fifo and message.group in busy:
                continue
            if message.visible_from > now:
                busy.add(message.group)
            elif len(found) < most:
                message.receives += 1
                message.receipt = self._name()
                message.visible_from = now + (self.settings.visibility if seconds is None else seconds)
                found.append(message)
        return found

    def remove(self, receipt: str) -> None:
        """Remove a message that was received."""
        self.messages = [message for message in self.messages if message.receipt != receipt]

    def show_again(self, receipt: str, seconds: float) -> bool:
        """Let a message be received again after a while; answers whether it is there."""
        for message in self.messages:
            if message.receipt == receipt and message.visible_from > self.now():
                message.visible_from = self.now() + seconds
                self.arrived(seconds)
                return True
        return False

    def next_in(self) -> float | None:
        """Return in how many seconds the next message may be received, None where there is none."""
        heads: dict[str, Held] = {}
        for message in self.messages:
            heads.setdefault(message.group if self.settings.is_fifo else message.id, message)
        return min((max(0.0, head.visible_from - self.now()) for head in heads.values()), default=None)

    def _let_go(self) -> None:
        """Let go of messages that were received too often, or lie too long."""
        now = self.now()
        for message in list(self.messages):
            if now - message.sent_at > self.settings.kept_seconds:
                self.messages.remove(message)
            elif message.visible_from <= now and message.receives >= self.settings.receives_max:
                self.messages.remove(message)
                if self.dead:
                    self.dead.send(message.body, message.group, message.deduplication_id or message.id)

    def _name(self) -> str:
        self.names += 1
        return f"{self.settings.url}-{self.names}"


@dataclass
class QueueService:
    """All queues, by their addresses."""

    queues: Mapping[str, MessageQueue]

    def send_message_batch(self, request: Request, failing: Callable[[], bool] = lambda: False) -> Any:
        queue = self._queue(request, "Entries")
        if not 1 <= len(request["Entries"]) <= MAX_BATCH:
            raise refused("SendMessageBatch", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "1 to 10 entries")
        answer: dict[str, list[Any]] = {"Successful": [], "Failed": []}
        for entry in request["Entries"]:
            if entry.keys() != {"Id", "MessageBody", "MessageGroupId", "MessageDeduplicationId"}:
                raise Unmodelled(f"an entry of {sorted(entry)}")
            if failing():
                answer["Failed"].append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            sent = queue.send(entry["MessageBody"], entry["MessageGroupId"], entry["MessageDeduplicationId"])
            answer["Successful"].append({"Id": entry["Id"], "MessageId": sent})
        return {name: entries for name, entries in answer.items() if entries}

    def receive_message(self, request: Request) -> Any:
        queue = self._queue(request, "MaxNumberOfMessages", "VisibilityTimeout", "MessageSystemAttributeNames")
        found = queue.receive(request["MaxNumberOfMessages"], request["VisibilityTimeout"])
        return {"Messages": [_told(message) for message in found]} if found else {}

    def delete_message(self, request: Request) -> Any:
        self._queue(request, "ReceiptHandle").remove(request["ReceiptHandle"])
        return {}

    def change_message_visibility(self, request: Request) -> Any:
        queue = self._queue(request, "ReceiptHandle", "VisibilityTimeout")
        if not queue.show_again(request["ReceiptHandle"], request["VisibilityTimeout"]):
            raise refused("ChangeMessageVisibility", "MessageNotInflight", "The message is not in flight")
        return {}

    def _queue(self, request: Request, *known: str) -> MessageQueue:
        if not request.keys() <= {"QueueUrl", *known}:
            raise Unmodelled(f"parameters that are not known: {sorted(request)}")
        return self.queues[request["QueueUrl"]]


def _told(message: Held) -> dict[str, Any]:
    attributes = {"MessageGroupId": message.group, "MessageDeduplicationId": message.deduplication_id}
    if not message.deduplication_id:
        attributes = {}
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": attributes,
    }
