"""Closing an upload: its summary and its result, once each of its rows has an outcome; and anew after a redrive."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from typing import Any

from loyalty import exactjson
from loyalty.domain.rows.chunk import Entry, read_chunk
from loyalty.domain.rows.opening import format_of
from loyalty.domain.uploads.outcome import STATUSES, Kind, Outcome
from loyalty.store.chunk_marks import Mark, Tally, close, read_marks, read_tally
from loyalty.store.files import Files
from loyalty.store.queue import Message, Queue
from loyalty.store.table import Table
from loyalty.store.uploads import Piece, State, Upload, read_segment, read_upload
from loyalty.usecases.begin_upload import REFERENCE_FOLDER
from loyalty.usecases.chunk_outcomes import read_outcomes
from loyalty.usecases.upload_results import rendered


def close_if_complete(upload_id: str, *, table: Table, closings: Queue) -> None:
    """Ask for an upload to be closed if each of its rows has an outcome that its result does not tell yet, or if it has
    none as it was refused.

    Whoever adds to what is done asks after that, and so does whoever finds out how much there is to do: the last of
    them finds all done.
    """
    tally, upload = read_tally(table, upload_id), read_upload(table, upload_id)
    if upload and (upload.state is State.REFUSED or (tally.covers(upload) and not tally.is_told)):
        closings.send([Message(f"{upload_id}-{tally.recorded}", upload_id, {"upload": upload_id})])


def close_upload(upload_id: str, *, table: Table, files: Files, now: datetime) -> None:
    """Make the result and the summary of an upload whose rows all have an outcome, the summary alone of one that was
    refused; of any other, do nothing.

    Whoever records an outcome while this is at work asks for it once more.

    Raises:
        Refused: RETRY_LATER, where the storage is busy.
    """
    tally, upload = read_tally(table, upload_id), read_upload(table, upload_id)
    if upload and upload.state is State.REFUSED:
        _write_summary(upload, tally, files, now)
    if upload is None or upload.layout is None or not tally.covers(upload) or tally.is_told:
        return
    pieces = rendered(upload.layout, _told(upload, table, files), rehearsed=upload.dry_run)
    files.write_all(result_key(upload), _packed(pieces) if _is_packed(upload) else pieces)
    _write_summary(upload, tally, files, now)
    close(table, upload, tally, now)


def result_key(upload: Upload) -> str:
    """Where the result lies: `orders.csv.gz` has the result `orders.result.csv.gz`."""
    name, *kinds = upload.name.rsplit(".", 2 if _is_packed(upload) else 1)
    return f"{_folder(upload)}/{'.'.join([name, 'result', *kinds])}"


def summary_key(upload: Upload) -> str:
    """Where the summary lies."""
    return f"{_folder(upload)}/summary.json"


def _folder(upload: Upload) -> str:
    owner = REFERENCE_FOLDER if upload.kind is Kind.RECORDS else upload.partner_id
    return f"results/{owner}/{upload.id}"


def _write_summary(upload: Upload, tally: Tally, files: Files, now: datetime) -> None:
    files.write(summary_key(upload), exactjson.dumps(summary(upload, tally, now)).encode())


def summary(upload: Upload, tally: Tally, now: datetime) -> dict[str, Any]:
    """What became of an upload, in numbers of purchases or records."""
    counts = tally.counts.by_status
    return {
        "upload": upload.id,
        "name": upload.name,
        "partner": upload.partner_id or None,
        "dry_run": upload.dry_run,
        upload.kind: upload.entries,
        "rows": upload.rows,
        **{status: counts.get(status, 0) for status in STATUSES[upload.kind]},
        "errors": tally.counts.by_code,
        "fault": upload.fault.description if upload.fault else None,
        "created_on": int(upload.created_on.timestamp()),
        "closed_on": int(now.timestamp()),
    }


def _told(upload: Upload, table: Table, files: Files) -> Iterator[tuple[Entry, Outcome]]:
    """The entries of a file in its order, with what became of them: segment by segment, each chunk of which is in order
    by itself."""
    for number in range(1, upload.segments + 1):
        segment = read_segment(table, upload.id, number)
        assert segment
        marks = read_marks(table, upload.id, (piece.chunk for piece in segment.pieces))
        chunks = (_chunk(segment.location, piece, marks[piece.chunk], files) for piece in segment.pieces)
        yield from merge(*chunks, key=lambda told: told[0].number)


def _chunk(location: str, piece: Piece, mark: Mark, files: Files) -> Iterator[tuple[Entry, Outcome]]:
    entries = read_chunk(files.read(location, piece.start, piece.length)).entries
    return zip(entries, read_outcomes(files, mark), strict=True)


def _is_packed(upload: Upload) -> bool:
    return format_of(upload.name)[1]


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pack = zlib.compressobj(wbits=31)  # as gzip has it
    yield from filter(None, map(pack.compress, pieces))
    yield pack.flush()
