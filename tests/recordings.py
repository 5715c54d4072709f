"""Recordings of calls, as `loyalty compare` takes them, and what a comparison says of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.compare.comparison import Comparison
from cli.compare.recording import BadRecord, RecordedCall, recorded_calls
from cli.compare.report import ComparisonReport
from loyalty import exactjson
from loyalty.domain.access.partner import EVERY_MERCHANT, Partner, Scope
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.reference.import_records import import_records
from tests.goldens import DEMO

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
PARTNER = Partner("DEMO", frozenset(Scope), frozenset({EVERY_MERCHANT}))

Call = dict[str, Any]


def call(path: str, request: Any, response: Any, status: int = 200, **more: Any) -> Call:
    """Return a line of a recording."""
    return {"path": path, "request": request, "status": status, "response": response, **more}


def imported(records: Iterable[Mapping[str, Any]] | None = None) -> MemoryTable:
    """Return a table with these records, or with the demo programme."""
    table = MemoryTable()
    lines = DEMO.read_bytes().splitlines() if records is None else [exactjson.dumps(one).encode() for one in records]
    assert not import_records(lines, table=table, now=NOW).refused
    return table


def written(file: Path, calls: Iterable[Call]) -> Path:
    """Write a recording as JSON Lines."""
    file.write_text("".join(f"{exactjson.dumps(one)}\n" for one in calls))
    return file


def read(file: Path) -> list[RecordedCall | BadRecord]:
    """Return what a recording has."""
    return list(recorded_calls(file))


def compared(file: Path, table: MemoryTable | None = None, *, from_recording: bool = False) -> ComparisonReport:
    """Return the report of a recording, on the demo programme unless there is another `table`."""
    report = ComparisonReport(file.name, "")
    comparison = Comparison(table or imported(), PARTNER, NOW, from_recording=from_recording)
    comparison.run(recorded_calls(file), report)
    return report
