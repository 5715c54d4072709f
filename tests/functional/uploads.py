"""Files dropped in the upload bucket, and the function that splits them, called as S3 and itself call it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import boto3

from loyalty.domain.rows.chunk import Entry, read_chunk
from loyalty.store.table import Table
from loyalty.store.uploads import Upload, read_segment, read_upload, upload_id
from tests.functional.conftest import Functions, LambdaContext
from tests.uploads import told


class LateContext(LambdaContext):
    """A call whose time is out after so many looks at the clock."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 0 if self._looks < 0 else 900_000


@dataclass
class Later:
    """What the function asks for to be called with later, in the place of Lambda."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def call_later(self, event: dict[str, Any]) -> None:
        self.events.append(event)


class Splitting:
    """The upload bucket, with its function."""

    def __init__(
        self, functions: Functions, table: Table, *, contexts: Callable[[], LambdaContext] = LambdaContext
    ) -> None:
        self.table = table
        self.later = Later()
        self.contexts = contexts
        self._module = functions.module("split_upload")
        self._module.itself = self.later  # type: ignore[attr-defined]
        self._s3 = boto3.client("s3")
        self.sent()  # of earlier tests

    def drop(self, name: str, data: bytes, *, partner: str = "DEMO", **put: Any) -> Upload:
        """Drop a file, and split it to its end."""
        event, upload = self.dropped(f"uploads/{partner}/{name}", data, **put)
        self.call(event)
        while self.later.events:
            self.call(self.later.events.pop())
        found = read_upload(self.table, upload)
        assert found
        return found

    def dropped(self, key: str, data: bytes, **put: Any) -> tuple[dict[str, Any], str]:
        """Drop a file; answers S3's notification, and the id of the upload."""
        version = self._s3.put_object(Bucket="uploads", Key=key, Body=data, **put)["VersionId"]
        return self.notification(key), upload_id(key, version)

    def notification(self, key: str) -> dict[str, Any]:
        """What S3 tells of a file that lies there."""
        found = self._s3.head_object(Bucket="uploads", Key=key)
        told = {"key": quote_plus(key, safe="/"), "versionId": found["VersionId"], "size": found["ContentLength"]}
        return {"Records": [{"s3": {"bucket": {"name": "uploads"}, "object": told}}]}

    def call(self, event: dict[str, Any]) -> None:
        """Call the function."""
        self._module.handler(json.loads(json.dumps(event)), self.contexts())

    def chunks(self, upload: Upload) -> Iterator[tuple[int, tuple[Entry, ...]]]:
        """The entries of each chunk, with the number of its shard, in the order of chunks."""
        for number in range(1, upload.segments + 1):
            segment = read_segment(self.table, upload.id, number)
            assert segment
            for piece in segment.pieces:
                chunk = read_chunk(self._module.at.work.read(segment.location, piece.start, piece.length))
                assert chunk.layout == upload.layout
                assert (piece.entries, piece.rows) == (len(chunk.entries), sum(len(one.rows) for one in chunk.entries))
                yield piece.shard, chunk.entries

    def told(self, upload: Upload) -> list[str]:
        """What becomes of each entry."""
        return told(upload.layout, (entry for _, entries in self.chunks(upload) for entry in entries))

    def sent(self) -> list[dict[str, Any]]:
        """The messages that wait in the queue, each once."""
        queue, sqs = self._module.at.queue, boto3.client("sqs")
        bodies = []
        while found := sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [json.loads(message["Body"]) for message in found]
            for message in found:
                sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
        return bodies
