"""A table in memory, for tests of what use cases answer. Nobody else is at work on it, so conditions are taken to hold;
whether they do is what moto and the emulator are there for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from loyalty.store.keys import Key
from loyalty.store.table import Add, Delete, Item, Put, Table, Update, Write


class MemoryTable(Table):
    """Items by key."""

    def __init__(self, items: Mapping[Key, Item]) -> None:
        self.items: dict[Key, dict[str, Any]] = {key: _keyed(key, item) for key, item in items.items()}

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:  # noqa: ARG002
        return self.items.get(key)

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:  # noqa: ARG002
        return {key: self.items[key] for key in keys if key in self.items}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:  # noqa: ARG002
        return (item for key, item in sorted(self.items.items()) if key.pk == pk)

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        item = self.items.setdefault(key, _keyed(key, {}))
        item |= {name: item.get(name, 0) + amount for name, amount in amounts.items()}
        return {name: item[name] for name in amounts}

    def transact(self, writes: Sequence[Write]) -> None:
        for write in writes:
            match write:
                case Put():
                    self.items[write.key] = _keyed(write.key, write.item)
                case Update():
                    self.items[write.key] = _keyed(write.key, {**self.items.get(write.key, {}), **write.attributes})
                case Add():
                    used = self.items.get(write.key, {}).get("used", 0) + write.amount
                    self.items[write.key] = _keyed(write.key, {**write.attributes, "used": used})
                case Delete():
                    self.items.pop(write.key, None)


def _keyed(key: Key, item: Item) -> dict[str, Any]:
    return {**{name: value for name, value in item.items() if value is not None}, **key._asdict()}
