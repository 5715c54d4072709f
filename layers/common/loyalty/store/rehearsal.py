"""The table as a dry run sees it: what it writes lies aside, under keys of its own, and hides what it would change.

Whoever reads the table itself sees none of it: neither the journal's index nor the scan that proves the ledger takes
these items for events or wallets. TTL removes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.keys import Key
from loyalty.store.sandbox import after, may
from loyalty.store.table import CONDITION_FAILED, Cancelled, Table
from loyalty.store.writes import Put, Write

REHEARSED = ("EVENT#", "ACCOUNT#", "NUMBERS", "USED#", "VOUCHER#", "OTP#")
"""Partitions that a posting writes to."""

FOR_REAL = ("TRIES#",)
"""Tries of pass codes count in a dry run too, or else it would be a way to guess them."""

_CONFLICT = "TransactionConflict"
_KEPT = "rehearsed_"
"""Before the names of attributes, so that no index knows them."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """An item as the dry run sees it, None where there is none; and how often the dry run has written it."""

    item: Item | None
    revision: int


class Rehearsal(Table):
    """A table on which a dry run posts. Items that it writes end at `expires_at` (epoch seconds)."""

    def __init__(self, table: Table, name: str, expires_at: int) -> None:
        super().__init__(table.client, table.name)
        self._of = name
        self._expires_at = expires_at

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """The item at `key`, None where there is none."""
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """The items at `keys`, as many as exist."""
        seen = self._seen(keys, consistent=consistent)
        return {key: one.item for key, one in seen.items() if one.item is not None}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """All items of a partition, in the order of their sort keys."""
        found = {key_of(item): item for item in super().partition(pk, consistent=consistent)}
        if _is_rehearsed(pk):
            for kept in super().partition(self._kept_at(Key(pk, "")).pk, consistent=consistent):
                key = Key(pk, kept[f"{_KEPT}sk"])
                found.pop(key, None)
                if (item := _item(kept)) is not None:
                    found[key] = item
        yield from (found[key] for key in sorted(found))

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        if put.key.pk.startswith(FOR_REAL):
            return super().put(put)
        try:
            self.transact([put])
        except Cancelled:
            return False
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; answers what they are now."""
        if key.pk.startswith(FOR_REAL):
            return super().add(key, amounts)
        while True:
            item = self.get(key, consistent=True) or {}
            counters = {name: int(item.get(name, 0)) + amount for name, amount in amounts.items()}
            if self.put(Put(key, {**_attributes(item), **counters})):  # or else another chunk has added meanwhile
                return counters

    def transact(self, writes: Sequence[Write]) -> None:
        """Do all of `writes` or none.

        Raises:
            Cancelled: a condition did not hold, or another chunk of the dry run is at work on one of the items.
        """
        seen = self._seen((write.key for write in writes), consistent=True)
        reasons = [_failure(write, seen[write.key].item) for write in writes]
        if any(reason for reason, _ in reasons):
            raise Cancelled(reasons)
        kept = [self._kept(write, seen[write.key]) for write in writes]
        try:
            super().transact(kept)
        except Cancelled as cancelled:
            raise Cancelled([(_CONFLICT if reason else None, None) for reason, _ in cancelled.reasons]) from cancelled

    def _seen(self, wanted: Iterable[Key], *, consistent: bool) -> dict[Key, _Seen]:
        asked = list(dict.fromkeys(wanted))
        places = {key: self._kept_at(key) for key in asked if _is_rehearsed(key.pk)}
        found = super().get_many([*asked, *places.values()], consistent=consistent)
        seen = {}
        for key in asked:
            kept = found.get(places[key]) if key in places else None
            seen[key] = _Seen(_item(kept), int(kept["revision"])) if kept else _Seen(found.get(key), 0)
        return seen

    def _kept(self, write: Write, seen: _Seen) -> Put:
        if not _is_rehearsed(write.key.pk):
            raise ValueError(f"no dry run writes to {write.key.pk}")
        item = after(write, seen.item)
        kept: Item = {
            f"{_KEPT}pk": write.key.pk,
            f"{_KEPT}sk": write.key.sk,
            "revision": seen.revision + 1,
            "gone": item is None,
            "expires_at": self._expires_at,
            **{f"{_KEPT}{name}": value for name, value in (item or {}).items()},
        }
        if seen.revision == 0:
            return Put(self._kept_at(write.key), kept, condition="attribute_not_exists(pk)")
        return Put(self._kept_at(write.key), kept, condition="revision = :seen", values={":seen": seen.revision})

    def _kept_at(self, key: Key) -> Key:
        return keys.rehearsed(self._of, key)


def _is_rehearsed(pk: str) -> bool:
    return pk.startswith(REHEARSED)


def _item(kept: Item) -> Item | None:
    """The item that lies aside as `kept`."""
    if kept["gone"]:
        return None
    return {name.removeprefix(_KEPT): value for name, value in kept.items() if name.startswith(_KEPT)}


def _attributes(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("pk", "sk")}


def _failure(write: Write, item: Item | None) -> tuple[str | None, Item | None]:
    """Why a write fails on an item, None where it does not; and the item, as DynamoDB tells it of a Put."""
    return (None, None) if may(write, item) else (CONDITION_FAILED, item)
