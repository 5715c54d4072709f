"""Reading cells of CSV: texts, numbers and dates, unless a spreadsheet has changed them."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loyalty.domain import dates
from loyalty.domain.rows.layout import Layout
from loyalty.domain.validation import Unreadable

Read = Callable[[str], Any]
"""Read a cell of a column; raise ValueError, with a message that continues after "The cell"."""

FORMULA = re.compile(r"[\s\ufeff\u200b]*+[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""Signs at the start of a cell that a spreadsheet takes for a formula, after white space; also full-width signs. In
results an apostrophe goes before them."""

NO_NUMBER = (
    "must be a number such as 15.19: with a decimal point, and without thousands separators, spaces or currency signs"
)

NO_SECONDS = (
    "says {}, which is no plausible time in seconds since 1970; it may be a spreadsheet's day number, a date without "
    f"separators, or milliseconds: write a date such as {dates.FORMS}"
)
MAX_TOLD = 40
"""Characters that a message repeats of a cell."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?")
_DIGITS = re.compile(r"[0-9]+")
_SECONDS = re.compile(r"0*[1-9][0-9]{8,10}")
"""Seconds since 1970 as tills tell them, from March 1973 on. Fewer digits are a spreadsheet's number of a day (45678),
or a date without its signs (20260115); more are milliseconds."""

_SHORTENED = re.compile(r"[+-]?[0-9]([.,][0-9]+)?[eE]\+[0-9]{2,3}")
"""A number as spreadsheets show it that has more digits than the column is wide: 1.23457E+12 for 1234567890123."""

_IN_ITS_PLACE = re.compile(r"#+|#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
"""Texts that spreadsheets show instead of a value, because the column is too narrow or the formula is wrong."""

_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
"""A number whose point separates thousands where the comma is the decimal sign."""


def cell_text(cell: str) -> str:
    """Return the cell's text, without the apostrophe that keeps it from being taken for a formula."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell, 1) else cell


def text_in(cell: str) -> str:
    """Return the text that a cell says, such as a reference or a code.

    Raises:
        ValueError: a spreadsheet has made a shortened number of it, or shows something else in its place; the message
            says so.
    """
    text = cell_text(cell)
    if "#" in text and _IN_ITS_PLACE.fullmatch(text.strip()):
        raise ValueError(
            f"says {text.strip()[:MAX_TOLD]}, which a spreadsheet shows instead of a value: widen the column, or "
            "correct its formula, before you save the file as CSV"
        )
    if "+" in text and _SHORTENED.fullmatch(text.strip()):
        raise _shortened_error(text)
    return text


def number_in(cell: str) -> Decimal:
    """Return the number that a cell says.

    Raises:
        ValueError: it says none; the message says what is wrong.
    """
    number = cell_text(cell).strip()
    if _SHORTENED.fullmatch(number):
        raise _shortened_error(number)
    if not _NUMBER.fullmatch(number):
        raise ValueError(NO_NUMBER)
    return Decimal(number)


def moment_in_cell(cell: str) -> int | Decimal:
    """Return the second since 1970 that a cell says, or the date.

    Raises:
        ValueError: it says neither; the message says what is wrong.
    """
    text = cell_text(cell).strip()
    if _SECONDS.fullmatch(text):
        return Decimal(text)
    if _DIGITS.fullmatch(text):
        raise ValueError(NO_SECONDS.format(text[:MAX_TOLD]))
    if _SHORTENED.fullmatch(text):
        raise _shortened_error(text)
    if not dates.is_date(text):
        raise ValueError(f"{dates.NO_DATE}, or in seconds since 1970")
    return int(dates.moment_in(text).timestamp())


def read_cell(layout: Layout, read: Read, cell: str) -> Any:
    """Return what a cell says, by what reads it; or why it cannot be read, which whoever validates the body tells."""
    try:
        value = read(cell)
        if layout.delimiter == ";" and isinstance(value, Decimal):
            _refuse_grouped(cell_text(cell).strip())
        return value
    except ValueError as error:
        return Unreadable(f"The cell {error}.")


def _refuse_grouped(number: str) -> None:
    """Files have semicolons where the comma is the decimal sign, and there a point separates thousands."""
    if _GROUPED.fullmatch(number):
        whole = number.replace(".", "")
        raise ValueError(
            f"may mean {number} or {whole}, because a point often separates thousands in files with semicolons: write "
            f"{number}0 or {whole}"
        )


def _shortened_error(cell: str) -> ValueError:
    return ValueError(
        f"says {cell.strip()}, a number that a spreadsheet has shortened, so some of its digits are lost: format the "
        "column as text before you open or type the file, or send the original file"
    )
