"""Purchases of a file in the order of time: as long as the file has that order, and else by sorting them on disk."""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import NamedTuple

from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.domain.rows.chunk import ChunkEntry


class FilePurchase(NamedTuple):
    """A purchase that a file asks for, and the rows that it stands in."""

    entry: ChunkEntry
    request: PurchaseRequest

    @property
    def place(self) -> tuple[datetime, bytes]:
        """Where it belongs: by time, and in the same second by reference number, so that no file has a say in it."""
        return self.request.performed_on, (self.request.reference_number or "").encode(errors="surrogatepass")


class OutOfOrder(Exception):  # noqa: N818 - it is answered by sorting
    """A purchase belongs before one that stands above it."""

    def __str__(self) -> str:
        return "The purchase in row {} belongs before the one in row {}".format(*self.args)


def in_order(asked: Iterable[FilePurchase]) -> Iterator[FilePurchase]:
    """Hand purchases on as long as they are in order.

    Raises:
        OutOfOrder: they are not.
    """
    above: FilePurchase | None = None
    for one in asked:
        if above and one.place < above.place:
            raise OutOfOrder(one.entry.number, above.entry.number)
        above = one
        yield one


def put_into_order(
    asked: Iterable[FilePurchase], read: Callable[[ChunkEntry], PurchaseRequest]
) -> Iterator[FilePurchase]:
    """Sort purchases. Their rows lie in a temporary file meanwhile, however many they are, and are read again."""
    with closing(sqlite3.connect("")) as kept:
        kept.execute("CREATE TABLE purchase (performed_on INTEGER, reference BLOB, number INTEGER, entry BLOB)")
        kept.executemany("INSERT INTO purchase VALUES (?, ?, ?, ?)", map(_sortable_form, asked))
        for (entry,) in kept.execute("SELECT entry FROM purchase ORDER BY performed_on, reference, number"):
            found: ChunkEntry = pickle.loads(entry)  # noqa: S301 - we have written it a moment ago
            yield FilePurchase(found, read(found))


def _sortable_form(one: FilePurchase) -> tuple[float, bytes, int, bytes]:
    performed_on, reference = one.place
    return performed_on.timestamp(), reference, one.entry.number, pickle.dumps(one.entry)
