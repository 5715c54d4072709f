"""Many purchases at once: rows of a file, as JSON Lines, posted by the worker as it is deployed but for the clients of
S3 and SQS: the bucket and the queue are in the process."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from os import environ
from typing import cast

from loyalty.api.triggers.row_reader import read_row
from loyalty.domain.rows.chunk import Shard
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.store.client import connect
from loyalty.store.files import Files
from loyalty.store.queue import Message, Queue
from loyalty.store.uploads import Upload, UploadState, add_upload
from loyalty.usecases.engine import Engine
from loyalty.usecases.uploads.post_chunk import ChunkPoster, Delivery

LAYOUT = Layout(FileFormat.JSON_LINES)


class Bucket(dict[str, bytes]):
    """A table in the process."""

    def read(self, key: str, start: int, length: int) -> bytes:
        """As `Files.read`."""
        return self[key][start : start + length]

    def write(self, key: str, data: bytes) -> None:
        """As `Files.write`."""
        self[key] = data


class Unasked:
    """A queue that nothing is sent to, as the upload has more chunks than are posted here."""

    def send(self, messages: Iterable[Message]) -> None:
        """As `Queue.send`."""
        raise AssertionError(messages)


table = connect(environ["TABLE_NAME"])
bucket = Bucket()
poster = ChunkPoster(
    engine=Engine.on(table),
    files=cast(Files, bucket),
    closings=cast(Queue, Unasked()),
    read=read_row,
    report=lambda _row, _fault: None,  # what is not posted is not counted
)
upload = add_upload(
    table,
    Upload(
        id="U",
        partner_id="DEMO",
        merchants=("*",),
        name="year.jsonl",
        key="uploads/DEMO/year.jsonl",
        created_on=datetime.now(UTC),
        state=UploadState.POSTING,
        layout=LAYOUT,
        chunks=1_000_000,
    ),
)
chunks, row_numbers = count(1), count(1)


def post(rows: list[str]) -> int:
    """Post the purchase of each row; return how many were new."""
    shard = Shard(1)
    for row in rows:
        shard.add(next(row_numbers), row.encode())
    shard.settle()
    return sum(_post_rows(frame.data) for frame in shard.take_chunks(LAYOUT))


def _post_rows(chunk: bytes) -> int:
    bucket.write("chunk", chunk)
    delivery = Delivery("U", next(chunks), "chunk", 0, len(chunk), receives=1, receives_max=8)
    assert poster.post(delivery, datetime.now(UTC))
    del bucket["chunk"]
    _, outcomes = bucket.popitem()
    return outcomes.count(f'"{RowStatus.POSTED}"'.encode())
