"""A table in memory that can be read as a whole, for tests of what proves one."""

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal

from loyalty.store.attributes import Item, pack, unpack
from loyalty.store.events import is_event
from loyalty.store.keys import Key
from tests.consistent_table import ConsistentTable


class WholeTable(ConsistentTable):
    """A table with these items. `meanwhile` hears of each reading, once it is done: of an item or a partition by its
    key, of the whole table by None; and may write."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        super().__init__()
        self.take_over(list(items))
        self.meanwhile: Callable[[Key | str | None], None] = lambda _: None
        self.scans = 0

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        found = super().get_many(keys, consistent=consistent)
        for key in () if self._is_writing else keys:
            self.meanwhile(key)
        return {key: _copy(item) for key, item in found.items()}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        found = [_copy(item) for item in super().partition(pk, consistent=consistent)]
        self.meanwhile(pk)
        yield from found

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        """As `JournalTable.journal`."""
        own = [item for item in self.written() if is_event(item) and item.get("account_id") == account_id]
        numbered = [_copy(item) for item in own if isinstance(item["sequence"], Decimal | int)]
        found = [item for item in numbered if before is None or item["sequence"] < before]
        return sorted(found, key=lambda item: item["sequence"], reverse=True)[:limit]

    def scan(self) -> Iterator[Item]:
        """As `WholeTable.scan`."""
        self.scans += 1
        yield from map(_copy, self.written())
        self.meanwhile(None)

    def due(self, shard: str, month: str) -> Iterator[Item]:
        """As `WholeTable.due`; no proof asks for it."""
        raise NotImplementedError


def _copy(item: Item) -> Item:
    """Return an item as DynamoDB would tell it."""
    return unpack(pack(item))
