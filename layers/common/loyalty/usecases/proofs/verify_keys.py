"""Proving that no key has two items: a table cannot have them, but what is taken for its export can."""

from collections.abc import Iterator

from loyalty.domain.proofs.audit import Deviation
from loyalty.store.attributes import Item, key_of
from loyalty.store.keys import Key
from loyalty.usecases.proofs.legible import deviation_of

TWICE = "a table has one item at a key"


class MetKeys:
    """The keys of those items of a shard that were met so far. All items of a key are in one shard."""

    def __init__(self) -> None:
        self._met: set[Key] = set()

    def take(self, item: Item) -> Iterator[Deviation]:
        """Take in an item; return that its key was met before, if so."""
        key = key_of(item)
        if key in self._met:
            yield deviation_of(item, TWICE, "it is there more than once")
        self._met.add(key)
