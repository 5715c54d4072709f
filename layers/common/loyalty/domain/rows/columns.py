"""The columns of a CSV file: dotted paths of the newest API's body, read into such a body."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.layout import Layout

REFERENCE_NUMBER = "reference_number"
UNIT_COLUMNS = ("merchant_tap.id", "merchant_tap.code", "outlet_tap.id", "outlet_tap.code")

RESULT_FIELDS = ("status", "event_id", "error_code", "error_field", "error_description")
"""What a result file has beside the caller's own columns or members; a file that has them is a result sent again."""

SETTLED = frozenset({"posted", "replayed"})
"""A `status` with which a row needs nothing more."""

FORMULA = re.compile(r"[\s\ufeff\u200b]*+[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a spreadsheet takes a cell for a formula by, at its start, white space apart; the sign may be of full width. In
results an apostrophe goes before it."""

NOT_CSV = Problem(
    Code.INVALID, "The row is not proper CSV: a quote or a carriage return stands astray, or a cell is far too long."
)

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")


def meant(cell: str) -> str:
    """The cell's text, without the apostrophe that keeps it from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell, 1) else cell


def number_in(cell: str) -> Decimal:
    """The number that a cell says.

    Raises:
        ValueError: it says none; the message says what is wrong.
    """
    number = meant(cell).strip()
    if not _NUMBER.fullmatch(number):
        raise ValueError("has to be a number such as 15.19")
    return Decimal(number)


def _moment(cell: str) -> Any:
    moment = cell.strip()
    if not _DATE.fullmatch(moment):
        return number_in(cell)
    try:
        return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise ValueError("is not a date that exists") from error


HEAD_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    "id": meant,
    "contact_id": meant,
    "cim": meant,
    REFERENCE_NUMBER: meant,
    "classification.id": meant,
    "classification.code": meant,
    "currency_code": meant,
    "payment_medium_identifier": meant,
    "performed_on": _moment,
    **dict.fromkeys(UNIT_COLUMNS, meant),
    "spend_request.amount": number_in,
    "spend_request.alternative_amount": number_in,
    "promo_code": meant,
}
"""What the first row of a purchase says, and the others repeat or leave empty."""

LINES = "products"
LINE_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    "products.product_sku": meant,
    "products.quantity": number_in,
    "products.net_amount": number_in,
    "products.tax_amount": number_in,
    "products.total_amount": number_in,
}
"""What each row of a purchase says of a line."""

COLUMNS = frozenset({*HEAD_COLUMNS, *LINE_COLUMNS})

NEEDED = (
    (REFERENCE_NUMBER,),
    ("cim", "contact_id"),
    UNIT_COLUMNS,
    *((name,) for name in LINE_COLUMNS if name != "products.quantity"),
)
"""Of each of these, a file has to have one column at least: without it, no row could be posted."""


def cells_of(layout: Layout, row: bytes) -> list[str]:
    """The cells of a row.

    Raises:
        Refused: INVALID; it is not in UTF-8, or no row of this file.
    """
    try:
        text = row.decode()
    except UnicodeDecodeError as error:
        raise Refused(Problem(Code.INVALID, "The row is not in UTF-8.")) from error
    if "\0" in text:
        raise Refused(Problem(Code.INVALID, "The row has a NUL character."))
    try:
        [cells] = csv.reader([text.removesuffix("\r")], delimiter=layout.delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise Refused(NOT_CSV) from error
    if len(cells) != len(layout.columns):
        description = f"The row has {len(cells)} cells, and the header {len(layout.columns)}."
        raise Refused(Problem(Code.INVALID, description))
    return cells


def body_of(layout: Layout, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The body of the newest API that the rows of a purchase say, each as `cells_of` has it. An empty cell is an absent
    field. Whether the body is one that can be posted, the API tells.

    Raises:
        Refused: INVALID, with every cell that cannot be read, by JSON pointer.
    """
    records = [dict(zip(layout.columns, row, strict=True)) for row in rows]
    problems: list[Problem] = []
    body: dict[str, Any] = {}
    for name, read in HEAD_COLUMNS.items():
        said = [cell for record in records if (cell := record.get(name))]
        steps = name.split(".")
        if any(cell != said[0] for cell in said):
            description = "The rows of a purchase say different things here."
            problems.append(Problem(Code.INVALID, description, "/" + "/".join(steps)))
        elif said:
            put_in(body, steps, read_cell(read, said[0], "/" + "/".join(steps), problems))
    body[LINES] = [_line(record, f"/{LINES}/{place}", problems) for place, record in enumerate(records)]
    if problems:
        raise Refused(*problems)
    return body


def place_of(pointer: str) -> tuple[int, str]:
    """Which row of a purchase, from 0, and which column a pointer into its body means; no column for all of it."""
    steps = pointer.strip("/").split("/")
    if steps[0] == LINES and len(steps) > 1:
        return int(steps[1]), ".".join([LINES, *steps[2:]])
    return 0, ".".join(steps)


def _line(record: Mapping[str, str], at: str, problems: list[Problem]) -> dict[str, Any]:
    line = {}
    for name, read in LINE_COLUMNS.items():
        if cell := record.get(name):
            field = name.removeprefix(f"{LINES}.")
            line[field] = read_cell(read, cell, f"{at}/{field}", problems)
    return line


def put_in(body: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """Put a value into a body at a place that is so many steps inside."""
    for step in steps[:-1]:
        body = body.setdefault(step, {})
    body[steps[-1]] = value


def read_cell(read: Callable[[str], Any], cell: str, pointer: str, problems: list[Problem]) -> Any:
    """What a cell says, by what reads it; where that cannot be, None, and one more problem."""
    try:
        return read(cell)
    except ValueError as error:
        problems.append(Problem(Code.INVALID, f"The cell {error}.", pointer))
        return None
