"""A table in memory that is only read consistently, for tests of what has to see what was written a moment ago."""

from collections.abc import Collection, Iterator, Sequence

from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Write


class ConsistentTable(MemoryTable):
    """Fails where it is read otherwise."""

    _is_writing = False

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        assert consistent or self._is_writing
        return super().get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        assert consistent
        return super().partition(pk, consistent=consistent)

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`, which knows what there is."""
        self._is_writing = True
        try:
            super().transact(writes, backoff)
        finally:
            self._is_writing = False
