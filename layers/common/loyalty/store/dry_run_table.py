"""The table as a dry run sees it: its writes are kept apart, under keys of its own, and hide what they would change.

Whoever reads the table itself sees none of it: neither the journal's index nor the scan that proves the ledger takes
these items for events or wallets. TTL removes them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.backoff import Backoff
from loyalty.store.keys import Key
from loyalty.store.memory_table import after, failures
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Put, Write

KEPT_APART = ("EVENT#", "ACCOUNT#", "NUMBERS", "USED#", "VOUCHER#", "OTP#")
"""Partitions that a posting writes to."""

FOR_REAL = ("TRIES#",)
"""Guesses count in a dry run too, or else it would be a way to make them."""

_BUSY = Problem(Code.RETRY_LATER, "Other chunks of this dry run are using the same wallets. Try again.")
_KEPT = "rehearsed_"
"""Before the names of attributes, so that no index knows them."""


class _Seen(Struct, frozen=True):
    """An item as the dry run sees it, None if there is none; and how often the dry run has written it."""

    item: Item | None
    revision: int


class DryRunTable:
    """A table on which a dry run posts. Items that it writes end at `expires_at` (epoch seconds)."""

    def __init__(self, table: Table, name: str, expires_at: int) -> None:
        self._table = table
        self._of = name
        self._expires_at = expires_at

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item at `key`, None if there is none."""
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """Return the items at `keys`, as many as exist."""
        seen = self._read_through(keys, consistent=consistent)
        return {key: one.item for key, one in seen.items() if one.item is not None}

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """Return all items of a partition, in the order of their sort keys."""
        found = {key_of(item): item for item in self._table.partition(pk, consistent=consistent)}
        if _is_kept_apart(pk):
            for kept in self._table.partition(self._aside_key(Key(pk, "")).pk, consistent=consistent):
                key = Key(pk, kept[f"{_KEPT}sk"])
                found.pop(key, None)
                if (item := _item(kept)) is not None:
                    found[key] = item
        yield from (found[key] for key in sorted(found))

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        try:
            self.transact([put])
        except ConditionFailed:
            return False
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; return what they are now."""
        backoff = Backoff()
        while True:
            seen = self._read_through([key], consistent=True)
            item = seen[key].item or {}
            counters = {name: int(item.get(name, 0)) + amount for name, amount in amounts.items()}
            if self._laid_aside([Put(key, {**item, **counters})], seen, backoff):
                return counters

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """Do all of `writes` or none.

        Raises:
            ConditionFailed: a condition did not hold.
        """
        if all(write.key.pk.startswith(FOR_REAL) for write in writes):
            self._table.transact(writes, backoff)
            return
        backoff = backoff or Backoff()
        while True:
            seen = self._read_through((write.key for write in writes), consistent=True)
            if found := failures(writes, {key: one.item for key, one in seen.items()}):
                raise ConditionFailed(found)
            if self._laid_aside(writes, seen, backoff):
                return

    def _laid_aside(self, writes: Sequence[Write], seen: Mapping[Key, _Seen], backoff: Backoff) -> bool:
        """Do `writes` as long as all is as it was `seen`; or else answer False, after a wait: another chunk of the dry
        run was faster."""
        try:
            self._table.transact([self._put_aside(write, seen[write.key]) for write in writes], backoff)
        except ConditionFailed as failed:
            if not backoff.wait():
                raise Refused(_BUSY) from failed
            return False
        return True

    def _read_through(self, wanted: Iterable[Key], *, consistent: bool) -> dict[Key, _Seen]:
        asked = list(dict.fromkeys(wanted))
        places = {key: self._aside_key(key) for key in asked if _is_kept_apart(key.pk)}
        found = self._table.get_many([*asked, *places.values()], consistent=consistent)
        seen = {}
        for key in asked:
            kept = found.get(places[key]) if key in places else None
            seen[key] = _Seen(_item(kept), int(kept["revision"])) if kept else _Seen(found.get(key), 0)
        return seen

    def _put_aside(self, write: Write, seen: _Seen) -> Put:
        if not _is_kept_apart(write.key.pk):
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
            return Put(self._aside_key(write.key), kept, condition="attribute_not_exists(pk)")
        return Put(self._aside_key(write.key), kept, condition="revision = :seen", values={":seen": seen.revision})

    def _aside_key(self, key: Key) -> Key:
        return keys.dry_run_item(self._of, key)


def _is_kept_apart(pk: str) -> bool:
    return pk.startswith(KEPT_APART)


def _item(kept: Item) -> Item | None:
    """Return the item that is kept apart as `kept`."""
    if kept["gone"]:
        return None
    return {name.removeprefix(_KEPT): value for name, value in kept.items() if name.startswith(_KEPT)}
