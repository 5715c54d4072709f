"""Finding out from a file's name and its first bytes how to read its rows, or why that is not possible."""

import csv
import json
import re
from collections.abc import Sequence

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.columns import RESULT_FIELDS
from loyalty.domain.rows.csv_rows import empty_row
from loyalty.domain.rows.layout import FileFormat, Layout, Position
from loyalty.domain.rows.reading import Reading

HEAD_BYTES = 65_536
"""How much of a file is looked at; a header, or what stands before a set of purchases, has to end in it."""

CURRENCY = "intended_currency_identifier"

_BOM = b"\xef\xbb\xbf"
_SIGNS = {
    b"\xff\xfe": "The file is in UTF-16 or UTF-32; it must be in UTF-8.",
    b"\xfe\xff": "The file is in UTF-16; it must be in UTF-8.",
    b"\x1f\x8b": "The file is compressed by gzip, but its name does not end in .gz.",
    b"PK\x03\x04": "The file is a ZIP archive or a spreadsheet; save it as CSV in UTF-8.",
}
_DELIMITERS = ",;\t"
_SEPARATOR = re.compile(rb'"?sep=.?"?[\s,;]*', re.IGNORECASE)
"""By which a spreadsheet tells itself what stands between the cells; the names of the columns tell us."""

_NAME = re.compile(r".+\.(csv|jsonl|json)(\.gz)?", re.IGNORECASE | re.DOTALL)


def format_of(name: str) -> tuple[FileFormat, bool]:
    """Return what a file of this name is, and whether it is compressed.

    Raises:
        Refused: INVALID; uploads have no such files.
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise _refused("The name of the file must end in .csv, .jsonl or .json, or in one of these and .gz.")
    return FileFormat(found[1].lower()), bool(found[2])


def find_layout(format_: FileFormat, head: bytes, reading: Reading) -> tuple[Layout, Position]:
    """Return how the rows of a file are to be read, and where they begin; `head` are its first HEAD_BYTES, or all of
    it.

    Raises:
        Refused: INVALID; nothing of the file can be read.
    """
    sign = next((sign for sign in _SIGNS if head.startswith(sign)), None)
    if sign:
        raise _refused(_SIGNS[sign])
    start = len(_BOM) if head.startswith(_BOM) else 0
    if not head[start:].strip():
        raise _refused(
            "The file is empty." if len(head) < HEAD_BYTES else "The file begins with nothing but white space."
        )
    if b"\0" in head[: start + 100]:
        raise _refused("The file begins with NUL characters; it must be text in UTF-8.")
    match format_:
        case FileFormat.CSV:
            return _csv(head, start, reading)
        case FileFormat.JSON_LINES:
            return _json_lines(head, start)
        case FileFormat.JSON:
            return _json(head, start, reading.rows_set)


def _csv(head: bytes, start: int, reading: Reading) -> tuple[Layout, Position]:
    end = head.find(b"\n", start)
    while end >= 0 and _says_nothing(head, start, end):
        start, end = end + 1, head.find(b"\n", end + 1)
    if end < 0 and len(head) >= HEAD_BYTES:
        raise _refused(f"The first line, which must name the columns, is longer than {HEAD_BYTES} bytes.")
    line = (head[start:end] if end >= 0 else head[start:]).removesuffix(b"\r")
    if b"\r" in line:
        raise _refused("Lines must end with a line feed, or with carriage return and line feed.")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise _refused("The file is not in UTF-8.") from error
    headers = {delimiter: _cells(text, delimiter) for delimiter in _DELIMITERS}
    known = reading.columns | {*RESULT_FIELDS}
    delimiter = max(headers, key=lambda delimiter: len(known & {*headers[delimiter]}))
    _check_columns(headers[delimiter], reading)
    if end < 0:
        raise _refused("The file has no rows.")
    return Layout(FileFormat.CSV, tuple(headers[delimiter]), delimiter), Position(end + 1)


def _says_nothing(head: bytes, start: int, end: int) -> bool:
    """Return whether a line before the header may be passed over: an empty one, or one that is for the spreadsheet
    alone."""
    return bool(empty_row(_DELIMITERS.encode()).fullmatch(head, start, end) or _SEPARATOR.fullmatch(head, start, end))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        [cells] = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return []
    names = [cell.strip() for cell in cells]
    return names[: max((place for place, name in enumerate(names, 1) if name), default=0)]


def _check_columns(columns: Sequence[str], reading: Reading) -> None:
    """Let only a header pass whose columns are known, are there once, and are enough to post rows."""
    unknown = [column for column in columns if column not in reading.columns and column not in RESULT_FIELDS]
    if not columns or len(unknown) == len(columns):
        raise _refused(f"The first line must name the columns, such as {reading.example}.")
    if unknown:
        raise _refused(_columns_are(unknown, "unknown", "Rename or remove"))
    if twice := [column for place, column in enumerate(columns) if column in columns[:place]]:
        raise _refused(f"The column {_join_names(twice)} appears twice. Remove one.")
    if missing := [" or ".join(names) for names in reading.needed if not {*names} & {*columns}]:
        raise _refused(_columns_are(missing, "missing", "Add"), Code.MANDATORY)


def _columns_are(names: Sequence[str], what: str, cure: str) -> str:
    """Return what is wrong with columns, and what to do with them."""
    number, are, them = ("", "is", "it") if len(names) == 1 else ("s", "are", "them")
    return f"The column{number} {_join_names(names)} {are} {what}. {cure} {them}."


def _join_names(names: Sequence[str], longest: int = 10) -> str:
    shown = ", ".join(name[:100] or "without a name" for name in names[:longest])
    return shown + (f" and {len(names) - longest} more" if len(names) > longest else "")


def _json_lines(head: bytes, start: int) -> tuple[Layout, Position]:
    if head[start:].lstrip().startswith(b"["):
        raise _refused("The file is an array, so its name must end in .json; a .jsonl file has one object a line.")
    return Layout(FileFormat.JSON_LINES), Position(start)


def _json(head: bytes, start: int, rows_set: str | None) -> tuple[Layout, Position]:
    first = len(head) - len(head[start:].lstrip())
    if head.startswith(b"[", first):
        return Layout(FileFormat.JSON), Position(first + 1)
    for found in re.finditer(rb'"%b"\s*+:\s*+\[' % rows_set.encode(), head) if rows_set else ():
        envelope = head[first : found.start()].rstrip().removesuffix(b",") + b"}"
        try:
            members = json.loads(envelope.decode(), parse_float=str, parse_int=str)
        except (ValueError, RecursionError):
            continue  # it stands within another member, or in a text
        currency = members.get(CURRENCY)
        return Layout(FileFormat.JSON, currency=json.dumps(currency) if currency else None), Position(found.end())
    other = f", or an object with {rows_set} as its last member" if rows_set else ""
    raise _refused(f"A .json file must be an array of objects{other}. Name a file with one object a line .jsonl.")


def _refused(description: str, code: Code = Code.INVALID) -> Refused:
    return Refused(Problem(code, description))
