"""A file of any size, and the places that splitting it works on, all without leaving the process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from loyalty.store.attributes import Item
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.files import Files
from loyalty.store.keys import Key
from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload
from loyalty.store.writes import Put, Update, Write
from loyalty.usecases.uploads.begin_upload import MAX_SHARDS
from loyalty.usecases.uploads.chunk_queue import ChunkQueue
from loyalty.usecases.uploads.split_upload import Workplace, split_upload


@dataclass(frozen=True)
class Repeated:
    """`head`, then `body` over and over, `size` bytes in all."""

    head: bytes
    body: bytes
    size: int

    def read(self, _key: str, start: int = 0, length: int | None = None, version: str = "") -> bytes:  # noqa: ARG002
        """As `Files.read`."""
        end = self.size if length is None else min(self.size, start + length)
        parts = [self.head[start:end]] if start < len(self.head) else []
        at, left = max(0, start - len(self.head)), end - max(start, len(self.head))
        while left > 0:
            place = at % len(self.body)
            parts.append(self.body[place : place + left])
            at, left = at + len(parts[-1]), left - len(parts[-1])
        return b"".join(parts)


@dataclass
class Memory:
    """As much of a table as splitting needs: conditions are not looked at. All names lead to accounts of their own."""

    items: dict[Key, dict[str, Any]] = field(default_factory=dict)

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:  # noqa: ARG002
        """As `DynamoTable.get`."""
        return self.items.get(key)

    def get_many(self, wanted: Sequence[Key]) -> dict[Key, Item]:
        """As `DynamoTable.get_many`."""
        return {key: {"account_id": key.pk} for key in wanted}

    def transact(self, writes: Sequence[Write]) -> None:
        """As `DynamoTable.transact`."""
        for write in writes:
            match write:
                case Put():
                    self.items[write.key] = dict(write.item)
                case Update():
                    merged = self.items.get(write.key, {}) | dict(write.attributes)
                    self.items[write.key] = {name: value for name, value in merged.items() if value is not None}


@dataclass
class Ended:
    """Where chunks lie, and where messages are sent to: they are counted and gone."""

    size: int = 0
    messages: int = 0

    def write(self, _key: str, data: bytes) -> None:
        """As `Files.write`."""
        self.size += len(data)

    def send(self, messages: Sequence[Message]) -> None:
        """As `Queue.send`."""
        self.messages += len(messages)


def split(name: str, source: Repeated, end: Ended, looks: int) -> tuple[Upload, Memory, int]:
    """Split a file that is handed over after each so many looks at the clock; answers the upload, the table, and how
    many calls that took."""
    memory, calls, done = Memory(), 0, False
    table = cast(DynamoTable, memory)
    at = Workplace(table, cast(Files, source), cast(Files, end), ChunkQueue(cast(Queue, end)))
    upload = Upload(
        id="U",
        partner_id="DEMO",
        merchants=("*",),
        name=name,
        key=f"uploads/DEMO/{name}",
        created_on=datetime(2026, 1, 1, tzinfo=UTC),
        state=UploadState.SPLITTING,
        size=source.size,
        shards=MAX_SHARDS,
    )
    add_upload(table, upload)
    while not done:
        found = read_upload(table, upload.id)
        assert found
        done = split_upload(found, at, attempt=str(calls), out_of_time=_clock(looks))
        calls += 1
    found = read_upload(table, upload.id)
    assert found
    return found, memory, calls


def _clock(looks: int) -> Callable[[], bool]:
    """Says that the time is out, after so many looks."""
    left = iter(range(looks))
    return lambda: next(left, None) is None
