"""What a file's result tells of each of its purchases, and what that asked for."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loyalty import exactjson
from loyalty.domain.rows.file_opening import format_of
from loyalty.domain.rows.layout import FileFormat
from loyalty.store.chunk_marks import read_tally
from loyalty.store.uploads import Upload, UploadState, read_upload
from loyalty.usecases.uploads.make_result import result_key
from tests.model.history import NEWEST
from tests.simulation.operations import Load, SentFile
from tests.simulation.requests import Request, row_api
from tests.simulation.world import World

Row = Mapping[str, Any]

CUT = "cut"
"""The status of the last row of a file that is cut short: what its result tells there is of the file."""


@dataclass(frozen=True)
class RowTold:
    """What was told of a purchase of a file.

    Attributes:
        upload_id: The upload that the file became.
        request: What its rows asked for.
        status: Its status, or `CUT`.
        code: Why it was refused.
        is_rehearsed: Whether the file was a dry run.
    """

    upload_id: str
    request: Request
    status: str
    code: str | None
    is_rehearsed: bool


def result_rows(upload: Upload, result: bytes) -> list[Row]:
    """Return what the result of a file tells, row by row."""
    text = (gzip.decompress(result) if upload.name.endswith(".gz") else result).decode()
    match format_of(upload.name)[0]:
        case FileFormat.CSV:
            return list(csv.DictReader(text.splitlines()))
        case FileFormat.JSON_LINES:
            return [exactjson.loads(line) for line in text.splitlines()]
        case FileFormat.JSON:
            rows: list[Row] = exactjson.loads(text)
            return rows


def rows_told(world: World, load: Load, sent: SentFile) -> Iterator[RowTold]:
    """Return what was told of each purchase of a file."""
    with world.calm():
        upload = read_upload(world.table, sent.upload)
        if upload is None or upload.state is not UploadState.POSTING or any("type" in row for row in sent.rows):
            return
        if not read_tally(world.table, upload.id).is_told:
            return  # `all_has_ended` tells
        told = result_rows(upload, world.files("ResultBucket").read(result_key(upload)))
    is_csv = format_of(upload.name)[0] is FileFormat.CSV
    call = next((one for one in load.told if one.answer.headers.get("Location", "").endswith(upload.id)), None)
    for number, body in _purchases(sent.rows) if is_csv else enumerate(sent.rows, 1):
        if number > len(told) or not body:
            continue
        outcome = told[number - 1]
        api, key = row_api(body), f"row {upload.content} {number}"
        if call is not None:
            key = call.headers.get("Idempotency-Key", key)
        found = outcome.get("event_id") if outcome["status"].startswith(("posted", "replayed")) else None
        request = Request(upload.partner_id, body, api, None if api == NEWEST else key, found, number)
        status = outcome["status"].partition(" ")[0]
        rows = len(body["products"]) if is_csv else 1
        if status == "refused" and not sent.is_whole and number + rows > len(told):
            status = CUT
        yield RowTold(upload.id, request, status, outcome.get("error_code") or None, upload.dry_run)


def _purchases(rows: tuple[Row, ...]) -> Iterator[tuple[int, Row]]:
    """Return the purchases of a CSV file, each with its first row: rows that follow each other and have the same
    reference number are one, with the lines of all of them."""
    at = 0
    while at < len(rows):
        first, lines = at, list[Any]()
        while at < len(rows) and rows[at]["reference_number"] == rows[first]["reference_number"]:
            lines += rows[at]["products"]
            at += len(rows[at]["products"])
        yield first + 1, {**rows[first], "products": lines}
