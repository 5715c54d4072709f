"""Importing reference data: every line is checked, the bad ones are listed, the good ones are kept.

Importing the same lines again changes nothing: a record is written only where it differs from the one that is there.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.records.said import Said
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.store.table import Table
from loyalty.usecases.reference.import_rows import MAX_RECORD_BYTES, import_rows
from loyalty.usecases.reference.publish_programme import SeenTypes, publish_programme
from loyalty.usecases.sent_json import read_whole_json

CARRIAGE_RETURNS = "The line is not valid JSON. Lines must end with a line feed, or with carriage return and line feed."


class BadLine(Struct, frozen=True):
    """A line that was not imported: its number from 1, the field (a JSON pointer, "" for the line), and why."""

    line: int
    field: str
    reason: str
    code: Code


class ImportSummary(Struct):
    """How many records were new, changed or as they were; and the lines that were refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[BadLine] = field(default_factory=list)


def import_records(lines: Iterable[bytes], *, table: Table, now: datetime) -> ImportSummary:
    """Import JSON Lines in UTF-8, one record a line; blank lines are passed over. Reads `lines` as it goes. What they
    say of the programme counts all at once, in the end.

    Raises:
        Refused: RETRY_LATER, see `import_rows` and `publish_programme`.
    """
    summary, seen = ImportSummary(), SeenTypes()
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    rows = ((number, seen.note(_read_line(line))) for number, line in numbered)
    for row in import_rows(rows, table=table, now=now):
        summary.created += row.status is RowStatus.CREATED
        summary.updated += row.status is RowStatus.UPDATED
        summary.unchanged += row.status is RowStatus.UNCHANGED
        summary.refused += [
            BadLine(row.number, problem.pointer, problem.description, problem.code) for problem in row.problems
        ]
    if seen.are_of_programme:
        publish_programme(table, now)
    summary.refused.sort(key=lambda bad: bad.line)
    return summary


def _read_line(line: bytes) -> Said | Refused:
    """Return what a line says of a record, or why that cannot be told."""
    if len(line) > MAX_RECORD_BYTES:
        return Refused(Problem(Code.INVALID, f"The line is longer than {MAX_RECORD_BYTES} bytes."))
    try:
        return Said(read_whole_json(line, "line"))
    except Refused as refused:
        if b"\r" in line.strip():
            return Refused(Problem(Code.INVALID, CARRIAGE_RETURNS))
        return refused
