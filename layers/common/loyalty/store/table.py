"""The table as everything above it uses it: what a store has to be able to do, and its limits.

Attribute values are plain Python (str, int, Decimal, bytes, bool, list of str, None for absent).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Protocol

from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.keys import Key
from loyalty.store.writes import Put, Write

MAX_BATCH_GET = 100
"""Keys in one BatchGetItem (a limit of DynamoDB)."""

MAX_IN_FLIGHT = 8
"""Calls that are under way at a time; the client has ten connections."""

MAX_TRANSACTION = 100
"""Items in one TransactWriteItems (a limit of DynamoDB)."""

MAX_ITEM_BYTES = 400 * 1024
"""Bytes of an item, names included (a limit of DynamoDB)."""

MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
"""Bytes of all items in one TransactWriteItems (a limit of DynamoDB)."""


class Table(Protocol):
    """Items by key and by partition: DynamoDB's table, the table of a dry run, a table in memory.

    Every method may raise `Refused` with RETRY_LATER, if the storage is busy or out of reach: nothing was written.
    """

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item at `key`, None if there is none."""

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """Return the items at `keys`, as many as exist."""

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """Return all items of a partition, in the order of their sort keys."""

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; return what they are now."""

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """Do all of `writes` (at most MAX_TRANSACTION, no key twice) or none.

        Raises:
            ConditionFailed: a condition did not hold; nothing was written.
        """


class JournalTable(Table, Protocol):
    """A table of which the journals of accounts can be read too."""

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        """Return at most `limit` journal items of an account, newest first, with a sequence number below `before`."""


class WholeTable(JournalTable, Protocol):
    """A table that can also be read as a whole, and through its indexes: DynamoDB's."""

    def due(self, shard: str, month: str) -> Iterator[Item]:
        """Return the keys of those wallets in a shard of the expiry index of which something expires with the end of
        `month` or should have before, the longest due first (eventually consistent)."""

    def scan(self) -> Iterator[Item]:
        """Return every item, in no order, read consistently page by page."""


@contextmanager
def in_flight(calls: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """Return a replacement of `map` for so many calls, which runs several of them at a time."""
    if calls > 1:
        with ThreadPoolExecutor(min(calls, MAX_IN_FLIGHT)) as pool:
            yield pool.map
    else:
        yield map
