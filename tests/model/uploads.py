"""What becomes of the rows of a file (uploads.md, "What becomes of a row"): each has one outcome.

Rows of one wallet are posted in the order of the file. What is read here is CSV and JSON Lines; pass codes, results
with apostrophes and files that break off are not.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.model.cells import body_of_rows
from tests.model.exact import Json
from tests.model.history import BULK, CREATE, CREATE_SPEND, NEWEST, POSTED, PURCHASE, REFUSED, Answer, Entry
from tests.model.model import Model
from tests.model.purchase import INVALID, Partner, Problem

RESULT_COLUMNS = ("status", "event_id", "error_code", "error_field", "error_description")
"""What a result has beside the file's own columns; it settles nothing, as such a column may be the caller's own."""


@dataclass(frozen=True)
class Outcome:
    """What became of the purchase that starts on a row.

    Attributes:
        rows: The rows that it takes, counted from 1, in CSV behind the header; empty rows count, and have no outcome.
        status: `posted`, `replayed` or `refused`.
        problems: Why it is refused.
        answer: What the model says of it; None where no purchase could be read from its rows.
    """

    rows: tuple[int, ...]
    status: str
    problems: tuple[Problem, ...]
    answer: Answer | None


def outcomes(model: Model, partner: Partner, name: str, text: str, now: int) -> list[Outcome]:
    """Return what becomes of each purchase of a file: a row does what a call does."""
    read = _csv(text) if name.endswith(".csv") else _json_lines(text)
    result = []
    for rows, body, problems in read:
        if problems:
            result.append(Outcome(rows, REFUSED, problems, None))
            continue
        api = _api(body)
        key = f"row {hash(text)} {rows[0]}" if api != NEWEST else None
        answer = model.take(Entry(now, PURCHASE, partner, body, api=api, key=key))
        result.append(Outcome(rows, answer.outcome, answer.problems, answer))
    return result


def counts(of: list[Outcome]) -> dict[str, int]:
    """Return how many purchases were posted, replayed and refused."""
    return {status: sum(one.status == status for one in of) for status in (POSTED, "replayed", REFUSED)}


def _api(body: Json) -> str:
    """Return what a body speaks: all of them may stand in one file."""
    if "purchase_customer_event" in body:
        return CREATE_SPEND
    if "request_unique_identifier" in body:
        return BULK
    return CREATE if "products_set" in body else NEWEST


def _json_lines(text: str) -> Iterator[tuple[tuple[int, ...], Json, tuple[Problem, ...]]]:
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        body: Any = json.loads(line, parse_float=Decimal)
        if not isinstance(body, dict):
            yield (at,), {}, (("", INVALID),)
            continue
        yield (at,), {field: value for field, value in body.items() if field not in RESULT_COLUMNS}, ()


def _csv(text: str) -> Iterator[tuple[tuple[int, ...], Json, tuple[Problem, ...]]]:
    """Yield the purchases of a CSV file: rows that follow each other and have the same reference number are one.

    Rows whose cells are all empty are passed over wherever they stand, also between the rows of a purchase.
    """
    lines = text.splitlines()
    while lines and (not lines[0].strip(" ,;\t") or lines[0].startswith("sep=")):
        lines.pop(0)
    separator = max(",;\t", key=lines[0].count)
    header, *rows = csv.reader(lines, delimiter=separator)
    purchase: list[tuple[int, dict[str, str]]] = []
    for at, cells in enumerate(rows, 1):
        row = {
            column: cell
            for column, cell in zip(header, cells, strict=False)
            if column and column not in RESULT_COLUMNS and cell.strip()
        }
        if not row:
            continue
        if purchase and row.get("reference_number") != purchase[0][1].get("reference_number"):
            yield _purchase(purchase, separator)
            purchase = []
        purchase.append((at, row))
    if purchase:
        yield _purchase(purchase, separator)


def _purchase(
    rows: list[tuple[int, dict[str, str]]], separator: str
) -> tuple[tuple[int, ...], Json, tuple[Problem, ...]]:
    body, problems = body_of_rows([row for _, row in rows], separator)
    return tuple(at for at, _ in rows), body, problems
