"""Importing files of reference data, chunk by chunk in the order of their rows: what became of each is told once,
however often a chunk is begun."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.domain.access.pass_codes import LEFT_OUT, PASS_CODE
from loyalty.domain.errors import FAULT, Code, Problem, Refused
from loyalty.domain.identity import EVENT_ID_LENGTH
from loyalty.domain.records.said import Said
from loyalty.domain.rows.blanking import blank_codes
from loyalty.domain.rows.chunk import Chunk, ChunkEntry, read_chunk
from loyalty.domain.rows.layout import FileFormat
from loyalty.domain.rows.record_columns import record_of
from loyalty.domain.uploads.row_outcome import STATUSES, Kind, RowOutcome, RowStatus
from loyalty.domain.validation import is_readable
from loyalty.store.chunk_marks import fence, put_mark, read_mark
from loyalty.store.files import Files
from loyalty.store.table import Table
from loyalty.store.uploads import Piece, Segment, Upload
from loyalty.usecases.reference.import_rows import MAX_RECORD_BYTES, ImportedRow, import_rows
from loyalty.usecases.reference.publish_programme import SeenTypes
from loyalty.usecases.uploads.chunk_outcomes import write_outcomes
from loyalty.usecases.uploads.chunk_rows import ROW_KEY, Report
from loyalty.usecases.uploads.post_rows import MAX_FAULTS
from loyalty.usecases.uploads.row_body import read_row

MAX_TRIES = 10
"""Tries to import what is left of a chunk while the storage is busy: a minute and a half of them."""

CODE_LEFT_OUT = Problem(
    Code.INVALID,
    "Results do not contain pass codes. Enter the pass code, or remove the field to keep the code as it is.",
    f"/{PASS_CODE}",
)

LONG = Problem(Code.LIMIT_EXCEEDED, f"The row is longer than {MAX_RECORD_BYTES} bytes.")

_SETTLED = frozenset(status for status in STATUSES[Kind.RECORDS] if status.is_settled)
"""With one of these in a result that is sent again, a row needs nothing more, if it is the same that was imported."""


def rest(tries: int) -> None:
    """Wait for a storage that is busy, longer each time."""
    time.sleep(min(30, 0.1 * 2**tries))


class ChunkImporter(Struct, frozen=True):
    """Imports the chunks of a file as they are cut.

    Attributes:
        table: the table.
        files: the bucket of chunks and outcomes.
        now: when the call began.
        report: receives rows that meet a fault on our side.
        pause: waits before another try.
        seen: the types of the records so far.
    """

    table: Table
    files: Files
    now: datetime
    report: Report
    pause: Callable[[int], None] = rest
    seen: SeenTypes = field(default_factory=SeenTypes)

    def take_chunks(self, upload: Upload, segment: Segment) -> None:
        """Import the chunks of a segment, one after the other; see `split_upload.ChunkTaker`. Then remove
        their pass codes from the work bucket.

        Raises:
            Refused: RETRY_LATER, if the storage is busy all the time.
        """
        for piece in segment.pieces:
            data = self.files.read(segment.location, piece.start, piece.length)
            self._tell(upload, piece.chunk, read_chunk(data))
            if (without_codes := blank_codes(data)) != data:
                self._write_over(segment.location, piece, without_codes)

    def _write_over(self, location: str, piece: Piece, data: bytes) -> None:
        """Overwrite a chunk among others in its object; its length stays the same."""
        all_of_it = self.files.read(location)
        self.files.write(location, all_of_it[: piece.start] + data + all_of_it[piece.start + piece.length :])

    def _tell(self, upload: Upload, number: int, chunk: Chunk) -> None:
        work = _Work(self, upload, number, chunk)
        for tries in range(MAX_TRIES):
            try:
                if work.is_done():
                    return
            except Refused:
                if tries == MAX_TRIES - 1:
                    raise
            self.pause(tries)
        raise Refused(Problem(Code.RETRY_LATER, "Another worker is importing this file."))


class _Work(Struct):
    """A chunk that is being imported.

    Attributes:
        by: the importer.
        upload: its upload.
        number: the number of the chunk.
        chunk: its rows.
        told: the outcomes so far, by row.
        faults: rows that met a fault on our side so far.
    """

    by: ChunkImporter
    upload: Upload
    number: int
    chunk: Chunk
    told: dict[int, RowOutcome] = field(default_factory=dict)
    faults: int = 0

    def is_done(self) -> bool:
        """Import what has no outcome yet, and tell what became of all, unless somebody else has; return whether that is
        told now."""
        if read_mark(self.by.table, self.upload.id, self.number):
            return True
        self._try([entry for entry in self.chunk.entries if entry.number not in self.told])
        mark = write_outcomes(self.by.files, self.upload.id, self.number, self.told.values(), dead=False)
        return put_mark(self.by.table, self.upload, mark, None)

    def _try(self, entries: Sequence[ChunkEntry]) -> None:
        """Import rows. Where that meets a fault on our side, find out by halving which row it is, and record that it
        failed."""
        try:
            records = [(entry.number, said) for entry in entries if (said := self._read_entry(entry)) is not None]
            by_number = dict(records)
            for row in self._import_entries(records):
                self.told[row.number] = _outcome(row, by_number[row.number])
        except Refused:
            raise
        except Exception as fault:
            left = [entry for entry in entries if entry.number not in self.told]
            self.faults += len(left) == 1
            if self.faults > MAX_FAULTS:
                raise
            if len(left) == 1:
                self.by.report(left[0].number, fault)
                self.told[left[0].number] = RowOutcome(left[0].number, RowStatus.FAILED, problem=FAULT)
            else:
                middle = len(left) // 2
                self._try(left[:middle])
                self._try(left[middle:])

    def _import_entries(self, records: Sequence[tuple[int, Said]]) -> Iterator[ImportedRow]:
        for _, said in records:
            self.by.seen.note(said)
        unmarked = fence(self.upload, self.number)
        return import_rows(records, table=self.by.table, now=self.by.now, fence=unmarked)

    def _read_entry(self, entry: ChunkEntry) -> Said | None:
        """Return what an entry says of a record; None of one that has its outcome already, which is told then."""
        try:
            if sum(map(len, entry.rows)) > MAX_RECORD_BYTES and entry.fault is None:
                raise Refused(LONG)
            row = read_row(self.chunk.layout, entry, record_of)
        except Refused as refused:
            self.told[entry.number] = RowOutcome.refused(entry.number, refused)
            return None
        record, event_id = dict(row.body), row.earlier.get("event_id", "")
        pass_code = record.get(PASS_CODE, LEFT_OUT)
        is_told = row.earlier.get("status") in _SETTLED and event_id.startswith(ROW_KEY) and pass_code == LEFT_OUT
        if is_told and is_readable(record) and event_id == _result_key(record):
            self.told[entry.number] = RowOutcome(entry.number, RowStatus.UNCHANGED, event_id)
            return None
        if record.get(PASS_CODE) == LEFT_OUT:
            self.told[entry.number] = RowOutcome.refused(entry.number, Refused(CODE_LEFT_OUT))
            return None
        columns = frozenset(self.chunk.layout.columns) if self.chunk.layout.format is FileFormat.CSV else None
        return Said(record, columns)


def _outcome(row: ImportedRow, said: Said) -> RowOutcome:
    if row.problems:
        return RowOutcome.refused(row.number, Refused(*row.problems))
    return RowOutcome(row.number, row.status, row.event_id or _result_key(said.fields))


def _result_key(record: Mapping[str, Any]) -> str:
    """Return the key of an imported record in its result. It is derived from the whole row, so it proves that the row
    is the one that was imported, and not another with the caller's own status. Of a pass code it includes only its
    presence, as results leave the code out."""
    shown = {name: LEFT_OUT if name == PASS_CODE and value else value for name, value in record.items()}
    said = exactjson.dumps(shown).encode(errors="surrogatepass")  # nobody has looked at it yet
    return f"{ROW_KEY}{hashlib.sha256(said).hexdigest()[:EVENT_ID_LENGTH].upper()}"
