"""Files dropped in the stack's bucket are split by its function."""

import gzip
import time
from collections.abc import Iterator

import pytest

from cli.target import Target
from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.files import Files
from loyalty.store.uploads import Upload, UploadState, read_segment, read_upload, upload_id
from tests.uploads import array, classic_body, csv, row, told

SECONDS_TO_SPLIT = 60
ROWS = [row(f"R{number}", cim=f"C{number % 1000}") for number in range(30_000)]


@pytest.fixture(scope="module")
def table(stack: Target) -> DynamoTable:
    return stack.open_table()


def dropped(stack: Target, table: DynamoTable, key: str, data: bytes) -> Upload:
    """Drop a file, and wait until it has been split."""
    assert stack.upload_bucket
    version = stack.client("s3").put_object(Bucket=stack.upload_bucket, Key=key, Body=data)["VersionId"]
    deadline = time.monotonic() + SECONDS_TO_SPLIT
    while time.monotonic() < deadline:
        upload = read_upload(table, upload_id(key, version))
        if upload and upload.state is not UploadState.SPLITTING:
            return upload
        time.sleep(0.1)
    raise AssertionError(f"{key} was not split")


def entries(stack: Target, table: DynamoTable, upload: Upload) -> Iterator[ChunkEntry]:
    """Return what the file was split into."""
    assert stack.result_bucket
    results = Files(stack.client("s3"), stack.result_bucket)
    for number in range(1, upload.segments + 1):
        segment = read_segment(table, upload.id, number)
        assert segment
        for piece in segment.pieces:
            yield from read_chunk(results.read(segment.location, piece.start, piece.length)).entries


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("January, of 2026 +é.csv", csv(*ROWS)),
        ("january.csv.gz", gzip.compress(csv(*ROWS))),
    ],
)
def test_a_file_that_is_dropped_is_split(stack: Target, table: DynamoTable, name: str, data: bytes) -> None:
    upload = dropped(stack, table, f"uploads/DEMO/{name}", data)

    assert (upload.rows, upload.fault) == (len(ROWS), None)
    assert upload.shards > 1
    assert told(upload.layout, entries(stack, table, upload)) == [f"{n + 1} R{n}" for n in range(len(ROWS))]


def test_a_bulk_call_can_be_dropped_as_a_file(stack: Target, table: DynamoTable) -> None:
    data = b'{"purchase_customer_events_set": %b}' % array(classic_body("R1"), "7", classic_body("R2"))

    upload = dropped(stack, table, "uploads/DEMO/bulk.json", data)

    assert told(upload.layout, entries(stack, table, upload)) == ["1 R1", "2 The row must be an object.", "3 R2"]


def test_a_file_of_nobody_is_refused(stack: Target, table: DynamoTable) -> None:
    upload = dropped(stack, table, "uploads/NOBODY/x.csv", csv(row("R1")))

    assert upload.state is UploadState.REFUSED
