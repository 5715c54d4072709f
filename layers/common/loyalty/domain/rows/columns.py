"""The columns of a CSV file: dotted paths of the newest API's body, read into such a body."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.cells import Read, moment_in_cell, number_in, read_cell, text_in
from loyalty.domain.rows.layout import Layout
from loyalty.domain.validation import Unreadable

REFERENCE_NUMBER = "reference_number"
UNIT_COLUMNS = ("merchant_tap.id", "merchant_tap.code", "outlet_tap.id", "outlet_tap.code")

RESULT_FIELDS = ("status", "event_id", "error_code", "error_field", "error_description")
"""Columns or members that a result file adds to the caller's own; a file that has them is a result sent again."""

SETTLED = frozenset({"posted", "replayed"})
"""A `status` with which a row needs nothing more."""

NOT_CSV = Problem(
    Code.INVALID, "The row is not valid CSV: a quote or a carriage return is misplaced, or a cell is far too long."
)

STRAYED_ROW = (
    "This row names no customer and no merchant or outlet, which only the later rows of a purchase may leave out; but "
    "the row before it belongs to another purchase, or could not be read. Keep the rows of a purchase together."
)

HEAD_COLUMNS: Mapping[str, Read] = {
    "id": text_in,
    "contact_id": text_in,
    "cim": text_in,
    REFERENCE_NUMBER: text_in,
    "classification.id": text_in,
    "classification.code": text_in,
    "currency_code": text_in,
    "payment_medium_identifier": text_in,
    "performed_on": moment_in_cell,
    **dict.fromkeys(UNIT_COLUMNS, text_in),
    "spend_request.amount": number_in,
    "spend_request.alternative_amount": number_in,
    "promo_code": text_in,
}
"""Columns that the first row of a purchase sets, and the others repeat or leave empty."""

_FIRST_ROW = ("cim", "contact_id", "merchant_tap", "outlet_tap")
"""Members of a body of which the first row of a purchase says some."""

LINES = "products"
LINE_COLUMNS: Mapping[str, Read] = {
    "products.product_sku": text_in,
    "products.quantity": number_in,
    "products.net_amount": number_in,
    "products.tax_amount": number_in,
    "products.total_amount": number_in,
}
"""Columns that each row of a purchase sets for a line."""

COLUMNS = frozenset({*HEAD_COLUMNS, *LINE_COLUMNS})

NEEDED = (
    (REFERENCE_NUMBER,),
    ("cim", "contact_id"),
    UNIT_COLUMNS,
    *((name,) for name in LINE_COLUMNS if name != "products.quantity"),
)
"""Groups of columns of which a file needs at least one each: without it, no row could be posted."""


def cells_of(layout: Layout, row: bytes) -> list[str]:
    """Return the cells of a row.

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
    cells = without_surplus(layout, cells)
    if len(cells) != len(layout.columns):
        description = f"The row has {len(cells)} cells, but the header has {len(layout.columns)}."
        raise Refused(Problem(Code.INVALID, description))
    return cells


def without_surplus(layout: Layout, cells: list[str]) -> list[str]:
    """Return the cells of a row without the empty ones behind its last column, of which spreadsheets write some."""
    width = len(layout.columns)
    return cells if any(map(str.strip, cells[width:])) else cells[:width]


def body_of(layout: Layout, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the body of the newest API that the rows of a purchase say, each as `cells_of` has it. An empty cell is an
    absent field. Whether the body is one that can be posted, the API tells, of cells that cannot be read as well."""
    records = [dict(zip(layout.columns, row, strict=True)) for row in rows]
    body: dict[str, Any] = {}
    for name, read in HEAD_COLUMNS.items():
        said = [cell for record in records if (cell := record.get(name))]
        if any(cell != said[0] for cell in said):
            put_in(body, name.split("."), Unreadable("The rows of a purchase differ here. Make them equal."))
        elif said:
            put_in(body, name.split("."), read_cell(layout, read, said[0]))
    if REFERENCE_NUMBER in body and body.keys().isdisjoint(_FIRST_ROW):
        body[REFERENCE_NUMBER] = Unreadable(STRAYED_ROW)
    body[LINES] = [_line(layout, record) for record in records]
    return body


def place_of(pointer: str) -> tuple[int, str]:
    """Return which row of a purchase, from 0, and which column a pointer into its body means; no column for all of
    it."""
    steps = pointer.strip("/").split("/")
    if steps[0] == LINES and len(steps) > 1:
        return int(steps[1]), ".".join([LINES, *steps[2:]])
    return 0, ".".join(steps)


def _line(layout: Layout, record: Mapping[str, str]) -> dict[str, Any]:
    return {
        name.removeprefix(f"{LINES}."): read_cell(layout, read, cell)
        for name, read in LINE_COLUMNS.items()
        if (cell := record.get(name))
    }


def put_in(body: dict[str, Any], steps: Sequence[str], value: Any) -> None:
    """Put a value into a body at a place that is so many steps inside."""
    for step in steps[:-1]:
        body = body.setdefault(step, {})
    body[steps[-1]] = value
