"""Workers that post the chunks of uploads, in the place of the function and its queue, and what kills them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from loyalty.api.triggers.row_reader import read_row
from loyalty.domain.errors import Refused
from loyalty.store import keys
from loyalty.store.chunk_marks import read_tally
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.files import Files
from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Upload, UploadState, add_upload, read_upload
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases import post_purchase
from loyalty.usecases.uploads.chunk_queue import ChunkQueue
from loyalty.usecases.uploads.chunk_rows import Read
from loyalty.usecases.uploads.close_upload import UploadCloser
from loyalty.usecases.uploads.make_result import result_key
from loyalty.usecases.uploads.post_chunk import ChunkPoster, Delivery
from loyalty.usecases.uploads.split_upload import Workplace, split_upload
from tests.customers import purchase
from tests.uploads_by_hand import CREATED_ON, lines

MAX_RECEIVES = 8


class Killed(BaseException):
    """The worker is gone, and nothing that it would have done is done."""


@dataclass
class Closings:
    """A queue that remembers, and knows a message that it has had already."""

    by_id: dict[str, str] = field(default_factory=dict)

    def send(self, messages: list[Message]) -> None:
        self.by_id |= {message.id: message.body["upload"] for message in messages}

    @property
    def sent(self) -> list[str]:
        return list(self.by_id.values())


@dataclass
class Cut:
    """In the place of the queue that chunks are sent to."""

    sent: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> None:
        self.sent += messages


@dataclass
class Stage:
    """A table, a bucket, and workers."""

    table: DynamoTable
    files: Files
    closings: Closings = field(default_factory=Closings)
    faults: list[int] = field(default_factory=list)
    put_off: list[int] = field(default_factory=list)
    read: Read = read_row

    def deliver(self, message: dict[str, Any], receives: int = 1) -> bool:
        """Let a worker of its own post a chunk; answers whether it is done with."""
        poster = ChunkPoster(
            Engine.on(self.table, pause=lambda _: None),
            self.files,
            self.closings,  # type: ignore[arg-type]  # all that is done with it is to send
            self.read,
            self._hear,
        )
        delivery = Delivery.of(message, receives, MAX_RECEIVES)
        return poster.post(delivery, CREATED_ON)

    def _hear(self, row: int, kept: Exception) -> None:
        (self.put_off if isinstance(kept, Refused) else self.faults).append(row)

    def send(
        self, upload_id: str, name: str, data: bytes, *, partner: str = "DEMO", idempotency_key: str | None = None
    ) -> list[dict[str, Any]]:
        """Have a file of a partner's split and all of it posted; answers the result's rows, of JSON Lines."""
        key, cut = f"uploads/{partner}/{upload_id}/{name}", Cut()
        self.files.write(key, data)
        upload = Upload(
            id=upload_id,
            partner_id=partner,
            merchants=("*",),
            name=name,
            key=key,
            content=f"content-of-{upload_id}",
            size=len(data),
            state=UploadState.SPLITTING,
            created_on=CREATED_ON,
            idempotency_key=idempotency_key,
        )
        add_upload(self.table, upload)
        chunks = ChunkQueue(cast(Queue, cut))
        at = Workplace(self.table, self.files, self.files, chunks)
        split_upload(upload, at, attempt="1", out_of_time=lambda: False)
        assert all(self.deliver(message.body) for message in cut.sent)
        return self.result(upload_id) if name.endswith(".jsonl") else []

    def deliver_until_done(self, message: dict[str, Any]) -> bool:
        """Deliver a chunk as the queue would: again and again, until it is done with or a dead letter."""
        for receives in range(1, MAX_RECEIVES + 1):
            try:
                if self.deliver(message, receives):
                    return True
            except Killed:
                continue
        return False

    def upload(self, upload_id: str) -> Upload:
        found = read_upload(self.table, upload_id)
        assert found
        return found

    def counts(self, upload_id: str) -> dict[str, int]:
        return dict(read_tally(self.table, upload_id).counts.items())

    def result(self, upload_id: str) -> list[dict[str, Any]]:
        """Return the result's rows, of JSON Lines."""
        return [json.loads(line) for line in self.text(upload_id).splitlines()]

    def text(self, upload_id: str) -> str:
        """Return the result."""
        closings: Any = self.closings
        UploadCloser(self.table, self.files, closings).close(upload_id, now=CREATED_ON, out_of_time=lambda: False)
        return self.files.read(result_key(self.upload(upload_id))).decode()

    def statuses(self, upload_id: str) -> list[str]:
        return [row["status"] for row in self.result(upload_id)]

    def balance(self, name: str) -> int:
        item = self.table.get(keys.wallet(f"A-{name}"), consistent=True)
        return int(item["balance"]) if item else 0


class Reaper:
    """Kills the worker at the `at`th of its calls to AWS: before it is sent, or once it is answered."""

    def __init__(self, stage: Stage, at: int, moment: str) -> None:
        self.left = at
        self.moment = moment
        self.events = [stage.table.client.meta.events, stage.files.client.meta.events]

    def __enter__(self) -> "Reaper":
        for events in self.events:
            events.register(self.moment, self._call)
        return self

    def __exit__(self, *_: object) -> None:
        for events in self.events:
            events.unregister(self.moment, self._call)

    def _call(self, **_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def crashing(rows: set[str], how: type[BaseException]) -> Callable[..., Any]:
    """Return the bulk call, which ends so where it meets one of these reference numbers."""

    def post_purchases(engine: Engine, requests: Any, *arguments: Any, **named: Any) -> Any:
        if rows & {request.reference_number for request in requests}:
            raise how
        return post_purchase.post_purchases(engine, requests, *arguments, **named)

    return post_purchases


def spends(*numbers: int, name: str = "one") -> list[bytes]:
    """Purchases that spend 5 each."""
    return lines([purchase(f"CIM-{name}", f"RF-{number}", spend="5") for number in numbers])


def classic(name: str) -> dict[str, Any]:
    """Return an entry of the bulk call that says nothing that would tell a repetition."""
    return {
        "request_unique_identifier": "1",
        "accounts_receivable_identifier": {"number": f"N-{name}"},
        "performed_by_business_unit_identifier": {"code": "MRA"},
        "performed_on": "2026-01-15T12:00:00",
        "reference_number": "RF",
        "products_set": [
            {"product_identifier": {"code": "Bronze"}, "net_amount": 10, "vat_amount": 2, "total_amount": 12}
        ],
        "spend_request": {"spend_amount": 5},
    }
