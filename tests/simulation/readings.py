"""What was read of items of the table, kept beside them: an item as it is kept never changes, so what follows from it
alone is worked out once, not anew in each round."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from loyalty.store.attributes import Item, unpack
from loyalty.store.events import event_of
from tests.simulation.dynamo import Kept

Reading = TypeVar("Reading")


class Read(dict[str, Any]):
    """The attributes of an item, which knows what they were read from."""

    __slots__ = ("kept",)

    def __init__(self, attributes: Item, kept: Kept) -> None:
        super().__init__(attributes)
        self.kept = kept


def unpacked(told: Mapping[str, Mapping[str, Any]]) -> Item:
    """Return attributes as `unpack` does, as a copy that whoever reads them may change."""
    if not isinstance(told, Kept) or told.has_lists:  # which may be changed in place
        return unpack(told)
    return Read(_known(told, unpack, told), told)


def once(read: Callable[[Item], Reading]) -> Callable[[Item], Reading]:
    """Return a reader that reads each version of an item once; the reading must not be changed."""

    def reading(item: Item) -> Reading:
        return _known(item.kept, read, item) if isinstance(item, Read) else read(item)

    return reading


def once_legible(legible: Callable[[Item], tuple[Item, list[str]]]) -> Callable[[Item], tuple[Item, list[str]]]:
    """Return a reader as `once` does, of what is legible of an item: what is read of that is kept as well."""

    def reading(item: Item) -> tuple[Item, list[str]]:
        whole, wrong = legible(item)
        return (Read(whole, item.kept) if isinstance(item, Read) else whole), wrong

    return once(reading)


def _known(kept: Kept, read: Callable[[Any], Reading], item: Any) -> Reading:
    if read not in kept.readings:
        kept.readings[read] = read(item)
    reading: Reading = kept.readings[read]
    return reading


read_event = once(event_of)
