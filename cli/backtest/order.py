"""Purchases of a file in the order of time: as long as the file has that order, and else by sorting them on disk."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from loyalty.domain.purchase import PurchaseRequest
from loyalty.domain.rows.chunk import Entry


class Asked(NamedTuple):
    """A purchase that a file asks for, and the rows that it stands in."""

    entry: Entry
    request: PurchaseRequest


class OutOfOrder(Exception):  # noqa: N818 - it is answered by sorting
    """A purchase was performed before one that stands above it."""

    def __init__(self, row: int, above: int) -> None:
        super().__init__(f"The purchase in row {row} was performed before the one in row {above}")


def in_order(asked: Iterable[Asked]) -> Iterator[Asked]:
    """Hand purchases on as long as they are in the order of time.

    Raises:
        OutOfOrder: they are not.
    """
    above: Asked | None = None
    for one in asked:
        if above and one.request.performed_on < above.request.performed_on:
            raise OutOfOrder(one.entry.number, above.entry.number)
        above = one
        yield one


def put_into_order(asked: Iterable[Asked], read: Callable[[Entry], PurchaseRequest]) -> Iterator[Asked]:
    """Sort purchases by when they were performed, and those of the same second as the file has them. Their rows lie in
    a temporary file meanwhile, however many they are, and are read again."""
    with closing(sqlite3.connect("")) as kept:
        kept.execute("CREATE TABLE purchase (performed_on INTEGER, number INTEGER, entry BLOB)")
        kept.executemany(
            "INSERT INTO purchase VALUES (?, ?, ?)",
            ((one.request.performed_on.timestamp(), one.entry.number, pickle.dumps(one.entry)) for one in asked),
        )
        for (entry,) in kept.execute("SELECT entry FROM purchase ORDER BY performed_on, number"):
            found: Entry = pickle.loads(entry)  # noqa: S301 - we have written it a moment ago
            yield Asked(found, read(found))
