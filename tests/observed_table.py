"""A table in memory that notes what is read of it, for tests of what lies on top of another table."""

from collections.abc import Collection, Iterator

from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable


class ObservedTable(MemoryTable):
    """Notes the keys, or the partition, of each read, and whether it is consistent."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[list[Key] | str, bool]] = []

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        self.reads.append((list(keys), consistent))
        return super().get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        self.reads.append((pk, consistent))
        return super().partition(pk, consistent=consistent)
