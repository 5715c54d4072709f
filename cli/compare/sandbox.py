"""The table that recorded calls are answered on: what they write is kept in a temporary file, however many they are."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence

from loyalty import exactjson
from loyalty.store.attributes import Item, key_of, pack, unpack
from loyalty.store.backoff import Backoff
from loyalty.store.keys import Key
from loyalty.store.memory_table import after, failures
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Put, Write


class SandboxTable:
    """Keeps to itself what is written; what was not written here is read from `base`, which stays as it is.

    It is for one user at a time. Unlike a table in memory it may be written to a million times.
    """

    def __init__(self, base: Table) -> None:
        self._base = base
        self._written = sqlite3.connect("")  # a temporary file, once it is more than a few pages
        self._written.execute("CREATE TABLE written (pk TEXT, sk TEXT, item TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID")

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item at `key`, None if there is none."""
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """Return the items at `keys`, as many as exist."""
        own = {key: rows[0] for key in keys if (rows := self._rows("pk = ? AND sk = ?", *key))}
        unwritten = [key for key in keys if key not in own]
        found = self._base.get_many(unwritten, consistent=consistent) if unwritten else {}
        return found | {key: item for key, (_, item) in own.items() if item is not None}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """Return all items of a partition, in the order of their sort keys."""
        items: dict[str, Item | None] = {
            key_of(item).sk: item for item in self._base.partition(pk, consistent=consistent)
        }
        items |= dict(self._rows("pk = ?", pk))
        yield from (item for _, item in sorted(items.items(), key=lambda pair: pair[0]) if item is not None)

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        try:
            self.transact([put])
        except ConditionFailed:
            return False
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; return what they are now."""
        before = self.get(key) or {}
        counters = {name: int(before.get(name, 0)) + amount for name, amount in amounts.items()}
        self.transact([Put(key, {**before, **counters})])
        return counters

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:  # noqa: ARG002 - nobody else
        """Do all of `writes` or none.

        Raises:
            ConditionFailed: a condition did not hold.
        """
        before = self.get_many([write.key for write in writes])
        if found := failures(writes, before):
            raise ConditionFailed(found)
        items = ((write.key, after(write, before.get(write.key))) for write in writes)
        rows = ((*key, None if item is None else exactjson.dumps(pack(item))) for key, item in items)
        self._written.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Forget all that was written."""
        self._written.close()

    def _rows(self, condition: str, *values: str) -> list[tuple[str, Item | None]]:
        """Return what was written there, by sort key; None where it was deleted."""
        found = self._written.execute(f"SELECT sk, item FROM written WHERE {condition}", values)  # noqa: S608
        return [(sk, None if item is None else unpack(exactjson.loads(item))) for sk, item in found]
