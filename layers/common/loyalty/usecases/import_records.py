"""Importing reference data: every line is checked, the bad ones are listed, the good ones are kept.

Importing the same lines again changes nothing: a record is written only where it differs from the one that is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.uploads.outcome import Status
from loyalty.store.table import Table
from loyalty.usecases.import_rows import MAX_RECORD_BYTES, Record, as_record, import_rows


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not imported: its number from 1, the field (a JSON pointer, "" for the line), and why."""

    line: int
    field: str
    reason: str
    code: Code


@dataclass(slots=True)
class ImportSummary:
    """How many records were new, changed or as they were; and the lines that were refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[BadLine] = field(default_factory=list)


def import_records(lines: Iterable[bytes], *, table: Table, now: datetime) -> ImportSummary:
    """Import JSON Lines in UTF-8, one record a line; blank lines are passed over. Reads `lines` as it goes.

    Raises:
        Refused: RETRY_LATER, see `import_rows`.
    """
    summary = ImportSummary()
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    for row in import_rows(numbered, _read, table=table, now=now):
        summary.created += row.status is Status.CREATED
        summary.updated += row.status is Status.UPDATED
        summary.unchanged += row.status is Status.UNCHANGED
        summary.refused += [
            BadLine(row.number, problem.pointer, problem.description, problem.code) for problem in row.problems
        ]
    return summary


def _read(line: bytes) -> Record:
    if len(line) > MAX_RECORD_BYTES:
        raise Refused(Problem(Code.INVALID, f"The line is longer than {MAX_RECORD_BYTES} bytes."))
    try:
        return as_record(exactjson.loads_strictly(line.decode()))
    except ValueError as error:
        raise Refused(Problem(Code.INVALID, f"The line is not valid JSON: {error}.")) from error
