"""The result of an upload: the caller's own rows, as they stand in the file but for pass codes, with what became of
each beside them."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.access.pass_codes import LEFT_OUT, PASS_CODE, without_codes
from loyalty.domain.errors import Problem
from loyalty.domain.rows.cells import FORMULA
from loyalty.domain.rows.chunk import ChunkEntry
from loyalty.domain.rows.columns import RESULT_FIELDS, place_of, without_surplus
from loyalty.domain.rows.layout import FileFormat, Layout
from loyalty.domain.uploads.row_outcome import DRY_RUN, RowOutcome

Told = Iterable[tuple[ChunkEntry, RowOutcome]]
"""A file's entries in its order, each with what became of it."""


class Rendering(Struct, frozen=True):
    """How entries are to be rendered: as of a `dry_run`, or of what was posted; and whether the result begins and
    ends with them."""

    dry_run: bool = False
    first: bool = True
    last: bool = True


def render_result(layout: Layout, told: Told, how: Rendering) -> Iterator[bytes]:
    """Return the result of some entries that follow each other in a file, piece by piece."""
    return _RENDERERS[layout.format](layout, told, how)


_LINE_END = "\r\n"


def _csv(layout: Layout, told: Told, how: Rendering) -> Iterator[bytes]:
    own = [place for place, name in enumerate(layout.columns) if name not in RESULT_FIELDS]
    coded = layout.columns.index(PASS_CODE) if PASS_CODE in layout.columns else None
    line = io.StringIO()
    writer = csv.writer(line, delimiter=layout.delimiter, lineterminator=_LINE_END)

    def written(cells: Iterable[str], row: bytes) -> bytes:
        line.seek(0)
        line.truncate()
        writer.writerow(cells)
        text = line.getvalue()
        return (text if row.endswith(b"\r") else text.removesuffix(_LINE_END) + "\n").encode()

    if how.first:
        yield written([*(layout.columns[place] for place in own), *RESULT_FIELDS], b"")
    for entry, outcome in told:
        for place, row in enumerate(entry.rows):
            cells = _cells(layout, row)
            kept = [LEFT_OUT if at == coded and cells[at] else cells[at] for at in own]
            yield written(map(neutralise, [*kept, *_result_cells(outcome, place, how.dry_run)]), row)


def neutralise(cell: str) -> str:
    """Return the cell, such that a spreadsheet shows it and does not calculate it; numbers stay as they are. Whoever
    sends it in again means what it was (`cells.cell_text`)."""
    return f"'{cell}" if FORMULA.match(cell) and not _NUMBER.fullmatch(cell.strip(" ")) else cell


_NUMBER = re.compile(r"[+-](\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _cells(layout: Layout, row: bytes) -> list[str]:
    """Return the cells of a row, which may not have had the form to be posted: as many as there are columns, with what
    is too many in the last one."""
    text, width = row.decode(errors="replace").replace("\0", "").removesuffix("\r"), len(layout.columns)
    try:
        cells = next(csv.reader([text], delimiter=layout.delimiter), [])
    except csv.Error:
        cells = [text]
    cells = without_surplus(layout, cells + [""] * (width - len(cells)))
    return [*cells[: width - 1], layout.delimiter.join(cells[width - 1 :])]


def _result_cells(outcome: RowOutcome, place: int, dry_run: bool) -> list[str]:
    """Return what became of a purchase, on the row at `place` of its rows, which tells its own faults first: the column
    at fault is named where it is, and with its row on the others."""
    told = _result_fields(outcome, dry_run)
    if outcome.problem:
        first, *others = sorted(outcome.problems, key=lambda problem: place_of(problem.pointer)[0] != place)
        at, column = place_of(first.pointer)
        own = at == place
        told["error_code"], told["error_field"] = first.code, column if own else ""
        description = first.description if own else _in_column(first, place)
        told["error_description"] = _join_problems(description, (_in_column(other, place) for other in others))
    return [told.get(name, "") for name in RESULT_FIELDS]


def _in_column(problem: Problem, place: int) -> str:
    """Return a problem with its column and, where it is not on the row at `place`, with its row."""
    at, column = place_of(problem.pointer)
    where = column if at == place else f"row {at + 1} of this purchase, {column}"
    return f"{where}: {problem.description}" if column else problem.description


def _join_problems(first: str, others: Iterable[str]) -> str:
    return " Also: ".join([first, *others])


def _json_lines(_: Layout, told: Told, how: Rendering) -> Iterator[bytes]:
    for entry, outcome in told:
        yield _body(entry, outcome, how.dry_run) + b"\n"


def _json_array(layout: Layout, told: Told, how: Rendering) -> Iterator[bytes]:
    opening, closing = b"[", b"\n]\n"
    if layout.currency:
        opening = b'{"intended_currency_identifier":%b,"purchase_customer_events_set":[' % layout.currency.encode()
        closing = b"\n]}\n"
    if how.first:
        yield opening
    separator = b"\n" if how.first else b",\n"
    for entry, outcome in told:
        yield separator + _body(entry, outcome, how.dry_run)
        separator = b",\n"
    if how.last:
        yield closing


def _body(entry: ChunkEntry, outcome: RowOutcome, dry_run: bool) -> bytes:
    """Return the row's own text with members after its own; where it is no object, an object that has it as text."""
    row, members = without_codes(entry.rows[0].strip()), _result_fields(outcome, dry_run)
    told = exactjson.dumps(members)[1:].encode()
    if outcome.status.is_settled and not _IS_RESULT.search(row):
        return b"%b,%b" % (row[:-1], told)  # what was posted or kept is an object with members
    body = None if entry.fault else _object(row)  # what was not read is never posted as it stands, sent again
    if body is None:
        return exactjson.dumps({"row": row.decode(errors="replace")} | members).encode()
    if body.keys() & set(RESULT_FIELDS):
        own = {name: body[name] for name in body if name not in RESULT_FIELDS}
        return exactjson.dumps(own | members).encode(errors="backslashreplace")  # as JSON escapes half a character
    return b"%b%b%b" % (row[:-1], b"," if body else b"", told)


_IS_RESULT = re.compile(b"|".join(b'"%b"' % name.encode() for name in RESULT_FIELDS))


def _object(row: bytes) -> dict[str, Any] | None:
    try:
        body = exactjson.loads(row)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _result_fields(outcome: RowOutcome, dry_run: bool) -> dict[str, str]:
    """Return the result fields that have a value."""
    told: tuple[str, ...] = ()
    if problem := outcome.problem:
        others = (f"{other.pointer}: {other.description}" for other in outcome.others)
        told = (problem.code, problem.pointer, _join_problems(problem.description, others))
    values = (outcome.status + (DRY_RUN if dry_run else ""), outcome.event_id, *told)
    return {name: str(value) for name, value in zip(RESULT_FIELDS, values, strict=False) if value}


_RENDERERS: Mapping[FileFormat, Callable[[Layout, Told, Rendering], Iterator[bytes]]] = {
    FileFormat.CSV: _csv,
    FileFormat.JSON_LINES: _json_lines,
    FileFormat.JSON: _json_array,
}
