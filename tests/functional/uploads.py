"""Files dropped in the upload bucket, and the functions that take them up, called as S3 and they themselves do."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import boto3

from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.domain.uploads.row_outcome import RowOutcome
from loyalty.exactjson import dumps
from loyalty.store.chunk_marks import read_mark
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import Upload, UploadState, read_segment, read_upload, upload_id
from loyalty.usecases.uploads.chunk_outcomes import read_outcomes
from loyalty.usecases.uploads.close_upload import summary_key
from loyalty.usecases.uploads.make_result import result_key
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


class Dropping:
    """The upload bucket, with one of its functions."""

    def __init__(
        self, functions: Functions, name: str, table: DynamoTable, contexts: Callable[[], LambdaContext] = LambdaContext
    ) -> None:
        self.table = table
        self.functions = functions
        self.later = Later()
        self.contexts = contexts
        self.calls = 0
        self._module: Any = functions.module(name)
        self._module.itself.call_later = self.later.call_later
        self._s3 = boto3.client("s3")
        self.asked()  # of earlier tests

    def taken_up(self, key: str, data: bytes, **put: Any) -> Upload:
        """Drop a file, and have all be done with it that the function does."""
        event, upload = self.dropped(key, data, **put)
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
        """Return what S3 tells of a file that lies there."""
        found = self._s3.head_object(Bucket="uploads", Key=key)
        told = {"key": quote_plus(key, safe="/"), "versionId": found["VersionId"], "size": found["ContentLength"]}
        return {"Records": [{"s3": {"bucket": {"name": "uploads"}, "object": told}}]}

    def call(self, event: dict[str, Any]) -> None:
        """Call the function."""
        self.calls += 1
        self._module.handler(json.loads(json.dumps(event)), self.contexts())

    def asked(self) -> list[dict[str, Any]]:
        """Return what the function that closes uploads was asked for since the last time."""
        return drained(self._module.closings.url)

    def closed(self, upload: Upload) -> tuple[str, dict[str, Any]]:
        """Return the result of an upload, empty where it has none, and its summary."""
        for body in self.asked():
            assert self.functions.run("close_upload", queued(body)) == {"batchItemFailures": []}
        read = self.functions.module("close_upload").files.read
        result = b"" if upload.state is UploadState.REFUSED else read(result_key(upload))
        text = (gzip.decompress(result) if upload.name.endswith(".gz") else result).decode()
        return text, json.loads(read(summary_key(upload)))


class Splitting(Dropping):
    """The function that splits files of purchases."""

    def __init__(self, functions: Functions, table: DynamoTable) -> None:
        super().__init__(functions, "split_upload", table)
        self.sent()  # of earlier tests

    def drop(self, name: str, data: bytes, *, partner: str = "DEMO", **put: Any) -> Upload:
        """Drop a file, and split it to its end."""
        return self.taken_up(f"uploads/{partner}/{name}", data, **put)

    def chunks(self, upload: Upload) -> Iterator[tuple[int, tuple[ChunkEntry, ...]]]:
        """Return the entries of each chunk, with the number of its shard, in the order of chunks."""
        for number in range(1, upload.segments + 1):
            segment = read_segment(self.table, upload.id, number)
            assert segment
            for piece in segment.pieces:
                chunk = read_chunk(self._module.at.work.read(segment.location, piece.start, piece.length))
                assert chunk.layout == upload.layout
                assert (piece.entries, piece.rows) == (len(chunk.entries), sum(len(one.rows) for one in chunk.entries))
                yield piece.shard, chunk.entries

    def told(self, upload: Upload) -> list[str]:
        """Return what becomes of each entry."""
        return told(upload.layout, (entry for _, entries in self.chunks(upload) for entry in entries))

    def sent(self) -> list[dict[str, Any]]:
        """Return the messages that wait in the queue, each once."""
        return drained(self._module.chunks.queue.url)


class Importing(Dropping):
    """The function that imports files of reference data."""

    def __init__(self, functions: Functions, table: DynamoTable) -> None:
        super().__init__(functions, "import_reference", table)

    @property
    def clients(self) -> list[Any]:
        """All that the function calls AWS with."""
        parts = ("table", "dropped", "work", "closings")
        return [getattr(self._module, part).client for part in parts]

    def drop(self, name: str, data: bytes, **put: Any) -> Upload:
        """Drop a file, and import it to its end."""
        return self.taken_up(f"reference/{name}", data, **put)

    def told(self, upload: Upload) -> list[str]:
        """Return what became of each row: its number, the status, and why it was refused."""
        return [
            " ".join(map(str, filter(None, (outcome.row, outcome.status, *_why(outcome)))))
            for chunk in range(1, upload.chunks + 1)
            if (mark := read_mark(self.table, upload.id, chunk))
            for outcome in read_outcomes(self._module.work, mark)
        ]


def _why(outcome: RowOutcome) -> tuple[str, ...]:
    found = outcome.problem
    return (found.pointer, found.description) if found else ()


def queued(*bodies: dict[str, Any]) -> dict[str, Any]:
    """Messages as a queue hands them over."""
    attributes = {"ApproximateReceiveCount": "1"}
    told = [{"messageId": "M", "receiptHandle": "R", "body": dumps(body), "attributes": attributes} for body in bodies]
    return {"Records": told}


def drained(url: str) -> list[dict[str, Any]]:
    """Return the messages that wait in a queue, each once."""
    sqs, bodies = boto3.client("sqs"), list[dict[str, Any]]()
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"]) for message in found]
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies
