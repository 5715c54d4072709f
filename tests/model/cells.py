"""What the cells of a CSV file say (uploads.md, "CSV"), and what a spreadsheet has made another of."""

import re
from typing import Any

from tests.model.dates import seconds
from tests.model.exact import Json, exact
from tests.model.purchase import INVALID, Problem

AMOUNTS = (
    "products.quantity", "products.net_amount", "products.tax_amount", "products.total_amount", "spend_request.amount",
    "spend_request.alternative_amount",
)  # fmt: skip
OF_A_LINE = "products."


def body_of_rows(rows: list[dict[str, str]], separator: str) -> tuple[Json, tuple[Problem, ...]]:
    """Return the body that the rows of a purchase say, and what is wrong with their cells.

    What later rows repeat may be left empty; each row is a line.
    """
    body: Json = {}
    problems: list[Problem] = []
    for row in rows:
        line: Json = {}
        for column, cell in row.items():
            value = _value(column, cell.strip(), separator)
            if value is None:
                problems.append((column, INVALID))
            elif column.startswith(OF_A_LINE):
                line[column.removeprefix(OF_A_LINE)] = value
            elif body.setdefault(column, value) != value:
                problems.append((column, INVALID))
        body.setdefault("products", []).append(line)
    return _nested(body), tuple(problems)


def _nested(flat: Json) -> Json:
    body: Json = {}
    for column, value in flat.items():
        outer, _, inner = column.partition(".")
        if inner:
            body.setdefault(outer, {})[inner] = value
        else:
            body[outer] = value
    return body


def _value(column: str, cell: str, separator: str) -> Any:
    """Return what a cell says, or None for one that a spreadsheet has destroyed."""
    if column == "performed_on":
        return _moment(cell)
    if column in AMOUNTS:
        return _amount(cell, separator)
    destroyed = re.fullmatch(r"\d(\.\d+)?E[+-]?\d+", cell, re.IGNORECASE) or re.fullmatch(r"#+|#N/A", cell)
    return None if destroyed else cell


def _amount(cell: str, separator: str) -> Any:
    """Return an amount: digits and a decimal point, and nothing else.

    In a file with semicolons, three decimals may as well be thousands: one, or a thousand.
    """
    if not re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return None
    if separator == ";" and re.fullmatch(r"-?\d{1,3}\.\d{3}", cell):
        return None
    return exact(cell)


def _moment(cell: str) -> int | None:
    """Return a moment: seconds since 1970, which have 9 to 11 digits, or a date."""
    if re.fullmatch(r"\d{9,11}", cell):
        return int(cell)
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*", cell):
        return seconds(cell)
    return None
