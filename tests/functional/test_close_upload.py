"""Closing uploads whose result takes more than one call: it is that of a single call, wherever that ends."""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from loyalty.domain.uploads.row_outcome import Counts, RowOutcome, RowStatus
from loyalty.store import keys
from loyalty.store.chunk_marks import Mark, fence, put_mark, read_mark, read_tally
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads import split_upload
from loyalty.usecases.uploads.chunk_outcomes import write_outcomes
from loyalty.usecases.uploads.close_upload import close_if_complete
from loyalty.usecases.uploads.make_result import make_result, result_key
from tests.functional.conftest import NOW, Functions, LambdaContext
from tests.functional.uploads import Importing, LateContext, drained, queued

ROWS = 24


class Closing:
    """The function that closes uploads, and its queue."""

    def __init__(self, functions: Functions, table: DynamoTable) -> None:
        self.module: Any = functions.module("close_upload")
        self.table = table

    def upload(self, importing: Importing, name: str, rows: int = ROWS) -> Upload:
        """Return an upload of several segments whose rows all have an outcome."""
        people = [{"type": "contact", "id": f"C{number}", "first_name": "A" * number} for number in range(rows)]
        lines = [json.dumps(person) for person in people]
        data = "\n".join(["type,id,first_name", *(",".join(person.values()) for person in people)])
        if not name.startswith("x.csv"):
            data = f"[{', '.join(lines)}]" if name.startswith("x.json.") or name == "x.json" else "\n".join(lines)
        upload = importing.drop(name, gzip.compress(data.encode()) if name.endswith("gz") else data.encode())
        assert upload.segments > 2
        return upload

    def run(self, contexts: Callable[[], LambdaContext]) -> int:
        """Deliver what waits in the queue, and what is sent meanwhile, until nothing is left; a message whose worker is
        killed once more. Answers how many calls that took."""
        waiting = drained(self.module.closings.url)
        for calls in itertools.count():
            if not waiting:
                return calls
            try:
                assert self.module.handler(queued(waiting[0]), contexts()) == {"batchItemFailures": []}
                waiting.pop(0)
            except Killed:
                pass
            waiting += drained(self.module.closings.url)
        raise AssertionError

    def ask_again(self, upload: Upload) -> None:
        """Make the result out of date, and ask for it."""
        self.table.add(keys.upload_counts(upload.id), {"recorded": 1})
        close_if_complete(upload.id, table=self.table, closings=self.module.closings)

    def result(self, upload: Upload) -> bytes:
        data: bytes = self.module.files.read(result_key(upload))
        return gzip.decompress(data) if upload.name.endswith("gz") else data


class Killed(BaseException):
    """What no code catches."""


@pytest.fixture
def importing(functions: Functions, demo: DynamoTable) -> Importing:
    return Importing(functions, demo)


@pytest.fixture
def closing(functions: Functions, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> Closing:
    """Segments, and the parts of a result, so small that a short file has several."""
    monkeypatch.setattr("loyalty.usecases.reference.import_reference.SEGMENT_BYTES", 100)
    monkeypatch.setattr(split_upload, "RANGE_BYTES", 300)
    monkeypatch.setattr(split_upload, "BLOCK_BYTES", 100)
    monkeypatch.setattr("loyalty.store.assembly.PART_BYTES", 300)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 300)
    closing = Closing(functions, demo)
    client = closing.module.files.client
    monkeypatch.setattr(client, "upload_part", as_s3_does(client.upload_part))
    return closing


def as_s3_does(upload_part: Callable[..., Any]) -> Callable[..., Any]:
    """moto ends in an error of its own where parts are written that were joined before."""

    def write(**request: Any) -> Any:
        try:
            return upload_part(**request)
        except KeyError as error:
            raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "UploadPart") from error

    return write


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.json", "x.csv.gz", "x.json.gz"])
def test_a_result_that_is_put_down_after_every_segment_is_that_of_a_single_call(
    importing: Importing, closing: Closing, name: str
) -> None:
    upload = closing.upload(importing, name)
    assert closing.run(LambdaContext) == 1
    at_once = closing.result(upload)
    assert at_once.count(b"created") == ROWS
    closing.ask_again(upload)

    calls = closing.run(lambda: LateContext(looks=0))

    assert calls == upload.segments
    assert closing.result(upload) == at_once
    assert read_tally(closing.table, upload.id).is_told


def test_a_result_whose_calls_are_killed_anywhere_is_that_of_a_single_call(
    importing: Importing, closing: Closing
) -> None:
    upload = closing.upload(importing, "x.jsonl", rows=7)
    closing.run(LambdaContext)
    at_once, left = closing.result(upload), 0

    def kill(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    module = closing.module
    clients = [part.client for part in (module.table, module.files, module.closings)]
    for turn in itertools.count(1):
        closing.ask_again(upload)
        module.files.client.delete_object(Bucket="results", Key=result_key(upload))
        for client in clients:
            client.meta.events.register_first("before-call", kill)
            client.meta.events.register_last("after-call", kill)
        left = turn
        try:
            closing.run(lambda: LateContext(looks=1))
        finally:
            for client in clients:
                client.meta.events.unregister("before-call", kill)
                client.meta.events.unregister("after-call", kill)
        assert closing.result(upload) == at_once
        assert read_tally(closing.table, upload.id).is_told
        if left > 0:
            break
    assert turn > 20


def test_what_is_recorded_while_a_result_is_put_down_is_in_it(importing: Importing, closing: Closing) -> None:
    upload = closing.upload(importing, "x.jsonl")
    [message] = drained(closing.module.closings.url)
    closing.module.handler(queued(message), LateContext(looks=1))
    before = read_mark(closing.table, upload.id, 1)
    assert before
    outcomes = [RowOutcome(number, RowStatus.FAILED) for number in range(1, before.counts.total + 1)]
    mark = write_outcomes(closing.module.files, upload.id, 1, outcomes, dead=True)
    assert put_mark(closing.table, upload, mark, before)

    closing.run(lambda: LateContext(looks=1))

    assert closing.result(upload).count(b'"failed"') == len(outcomes)
    assert read_tally(closing.table, upload.id).is_told


def test_a_result_whose_parts_are_gone_is_made_anew(importing: Importing, closing: Closing) -> None:
    upload = closing.upload(importing, "x.jsonl")
    tally = read_tally(closing.table, upload.id)
    at: dict[str, Any] = {"table": closing.table, "files": closing.module.files}
    turns: Iterator[bool] = iter([False, False, True])
    assert not make_result(upload, tally, **at, out_of_time=lambda: next(turns))
    client = closing.module.files.client
    for found in client.list_multipart_uploads(Bucket="results").get("Uploads", []):
        client.abort_multipart_upload(Bucket="results", Key=found["Key"], UploadId=found["UploadId"])

    assert make_result(upload, tally, **at, out_of_time=lambda: False)

    assert closing.result(upload).count(b"created") == ROWS


def test_who_is_late_with_a_chunk_writes_nothing_over_what_later_ones_say(table: DynamoTable) -> None:
    upload = Upload("U", "DEMO", ("*",), "x.csv", "x.csv", NOW)
    counts = keys.upload_counts("U")
    table.transact([fence(upload, 1)])
    assert (table.get(counts) or {})["expires_at"] == upload.expires_at
    put_mark(table, upload, Mark(1, "results", Counts({}, {}), dead=False), None)

    with pytest.raises(ConditionFailed):
        table.transact([fence(upload, 1)])
    table.transact([fence(upload, 2)])

    assert read_tally(table, "U").done == 1
