"""What a file's result tells of each of its rows."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loyalty import exactjson
from loyalty.store.uploads import Upload, UploadState, read_upload, upload_id
from loyalty.usecases.uploads.make_result import result_key
from tests.model.history import NEWEST
from tests.simulation.deployment import KNOWN
from tests.simulation.operations import SentFile
from tests.simulation.requests import Request, row_api
from tests.simulation.world import World

REHEARSED = " (dry run)"


@dataclass(frozen=True)
class RowTold:
    """What was told of a row of a file.

    Attributes:
        upload_id: The upload that the file became.
        request: What the row asked for.
        status: Its status.
        code: Why it was refused.
        is_rehearsed: Whether the file was a dry run.
    """

    upload_id: str
    request: Request
    status: str
    code: str | None
    is_rehearsed: bool


def upload_of(world: World, sent: SentFile) -> Upload | None:
    """Return the upload that a file became."""
    with world.calm():
        version = world.buckets[KNOWN["UploadBucket"]].objects[sent.key][-1].version
        return read_upload(world.table, upload_id(sent.key, version))


def told_rows(world: World, sent: SentFile, upload: Upload) -> list[Mapping[str, Any]]:
    """Return what the result of an upload says, row by row."""
    with world.calm():
        text = world.files("ResultBucket").read(result_key(upload)).decode()
    if sent.key.endswith(".csv"):
        return list(csv.DictReader(text.splitlines()))
    return [exactjson.loads(line) for line in text.splitlines()]


def rows_told(world: World, sent: SentFile) -> Iterator[RowTold]:
    """Return what was told of each purchase of a file, and what it asked for."""
    upload = upload_of(world, sent)
    if upload is None or upload.state is not UploadState.POSTING or any("type" in row for row in sent.rows):
        return
    for number, (row, told) in enumerate(zip(sent.rows, told_rows(world, sent, upload), strict=False), 1):
        api = row_api(row)
        key = None if api == NEWEST else f"row {upload.content} {number}"
        status = told["status"].removesuffix(REHEARSED)
        found = told.get("event_id") or None
        request = Request(upload.partner_id, row, api, key, found if status != "refused" else None, number)
        yield RowTold(upload.id, request, status, told.get("error_code") or None, upload.dry_run)
