"""A table in memory: to try what is not to happen to a real one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from loyalty.domain.money import ZERO
from loyalty.store.attributes import Item, key_of
from loyalty.store.backoff import Backoff
from loyalty.store.keys import Key
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Add, Count, Delete, Put, Update, Write


class MemoryTable:
    """Keeps to itself what is written; what was not written here is read from `base`, if there is one.

    It is for one user at a time, and reads by key and by partition: it has no indexes, and cannot be scanned.
    """

    def __init__(self, base: Table | None = None) -> None:
        self._base = base
        self._written: dict[str, dict[str, Item | None]] = {}
        """By partition and sort key; None where an item was deleted."""

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item at `key`, None if there is none."""
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """Return the items at `keys`, as many as exist."""
        wanted = list(keys)
        unwritten = [key for key in wanted if key.sk not in self._of(key.pk)]
        below = self._base.get_many(unwritten, consistent=consistent) if self._base and unwritten else {}
        return below | {key: item for key in wanted if (item := self._of(key.pk).get(key.sk))}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """Return all items of a partition, in the order of their sort keys."""
        below = self._base.partition(pk, consistent=consistent) if self._base else ()
        items = {**{key_of(item).sk: item for item in below}, **self._of(pk)}
        yield from (item for sk in sorted(items) if (item := items[sk]))

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        try:
            self.transact([put])
        except ConditionFailed:
            return False
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; return what they are now."""
        count = Count(key, amounts)
        counters = _counted(count, self.get(key))
        self.transact([count])
        return counters

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:  # noqa: ARG002 - nobody else
        """Do all of `writes` or none.

        Raises:
            ConditionFailed: a condition did not hold.
        """
        before = self.get_many([write.key for write in writes])
        if found := failures(writes, before):
            raise ConditionFailed(found)
        for write in writes:
            self._written.setdefault(write.key.pk, {})[write.key.sk] = after(write, before.get(write.key))

    def written(self) -> list[Item]:
        """Return all items that were written here, and not deleted again."""
        return [item for partition in self._written.values() for item in partition.values() if item]

    def take_over(self, items: Collection[Item]) -> None:
        """Write items as they are."""
        for item in items:
            self._written.setdefault(item["pk"], {})[item["sk"]] = item

    def _of(self, pk: str) -> Mapping[str, Item | None]:
        return self._written.get(pk, {})


def failures(writes: Sequence[Write], before: Mapping[Key, Item | None]) -> dict[int, Item | None]:
    """Return the items that conditions of writes do not hold for, by the places of the writes."""
    found = {place: before.get(write.key) for place, write in enumerate(writes)}
    return {place: item for place, item in found.items() if not _may(writes[place], item)}


def _may(write: Write, before: Item | None) -> bool:
    """Return whether the condition of a write holds."""
    match write:
        case Add():
            return write.maximum is None or _used(before) + write.amount <= write.maximum
        case Count():
            counted = _counted(write, before)
            return all(counted[name] <= most for name, most in write.most.items())
        case Put(condition=None) | Delete(condition=None):
            return True
        case _:
            terms = [term.split(" AND ") for term in str(write.condition).split(" OR ")]
            values, item = write.values or {}, before or {}
            return any(all(_holds(part, values, item) for part in term) for term in terms)


def _used(item: Item | None) -> Decimal:
    return Decimal((item or {}).get("used", ZERO))


def _counted(count: Count, item: Item | None) -> dict[str, int]:
    """Return the counters of an item as they are once it is written."""
    return {name: (item or {}).get(name, 0) + amount for name, amount in count.amounts.items()}


def _holds(term: str, values: Item, item: Item) -> bool:
    """Return whether a condition of the kinds that we write holds for an item, {} being none."""
    if term.startswith("attribute_not_exists"):
        return term.removeprefix("attribute_not_exists")[1:-1] not in item
    if term.startswith("attribute_exists"):
        return term.removeprefix("attribute_exists")[1:-1] in item
    name, value = term.split(" = ")
    return bool(item.get(name.removeprefix("#")) == values[value])


def after(write: Write, before: Item | None) -> Item | None:
    """Return the item once it is written."""
    old = before or {}
    match write:
        case Put():
            new = write.item
        case Update():
            new = {**old, **write.attributes}
        case Add():
            new = {**old, **write.attributes, "used": _used(before) + write.amount}
        case Count():
            new = {**old, **write.attributes, **_counted(write, before)}
        case Delete():
            return None
    item = {**new, "pk": write.key.pk, "sk": write.key.sk}
    return {name: value for name, value in item.items() if value is not None}
