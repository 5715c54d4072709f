"""Records on their way into the table, as many in a transaction as fit."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.programme_snapshot import change, read_version
from loyalty.store.reference import PROGRAMME_TYPES, SEVERAL, table_identity
from loyalty.store.table import MAX_TRANSACTION, Table
from loyalty.store.writes import Delete, Put, Update, Write
from loyalty.usecases.reference.publish_programme import publish_programme

MAX_WRITES = MAX_TRANSACTION - 2
"""The most records in a transaction, which may also have the programme's version and a fence."""

MAX_TRANSACTION_SIZE = 2_000_000
"""Characters of records in one transaction; DynamoDB takes 4 MB, and a character has up to four bytes in few texts."""

PRICED_FROM_MEMORY = PROGRAMME_TYPES | {"product"}
"""Types of records that containers remember."""


class RecordWriter:
    """Gathers writes, and does them.

    Attributes:
        has_programme: whether there were records of the programme among them since it was published.
    """

    def __init__(self, table: Table, now: datetime, fence: Update | None) -> None:
        self._table = table
        self._now = now
        self._fence = fence
        self._pending: dict[Key, Write] = {}
        self._kinds: set[str] = set()
        self._is_begun = False
        self.has_programme = False

    def add(self, kind: str, writes: Mapping[Key, Write]) -> None:
        """Take up the writes of records of a type, which are done in one transaction."""
        if self._pending.keys() & writes.keys() or not fits({**self._pending, **writes}):
            self.flush()
        self._pending |= writes
        self._kinds.add(kind)
        self.has_programme |= kind in PROGRAMME_TYPES

    def flush(self) -> bool:
        """Do what was taken up; return whether that changed what containers remember.

        Raises:
            Refused: RETRY_LATER, if the table is busy.
            ConditionFailed: another import was faster with the same names, or the fence fails.
        """
        if not self._pending:
            return False
        writes = list(self._pending.values())
        if self._fence:
            writes.append(self._fence)
        touched = not PRICED_FROM_MEMORY.isdisjoint(self._kinds)
        if touched:
            self._begin()
            # In the same transaction, so that containers notice products even if the rest of the import never comes.
            writes.append(change(of_programme=not PROGRAMME_TYPES.isdisjoint(self._kinds)))
        self._table.transact(writes)
        self.drop()
        return touched

    def publish(self) -> None:
        """Let what is written of the programme count, after doing what was taken up.

        Raises:
            Refused: RETRY_LATER, see `publish_programme`.
            ConditionFailed: as in `flush`.
        """
        self.flush()
        publish_programme(self._table, self._now)
        self.has_programme = False

    def _begin(self) -> None:
        """Give the table an identity, once and for all, that the first hash of each wallet rests on. Publish what there
        is before the first change, so that nothing of an import counts before all of it does."""
        if self._is_begun:
            return
        self._table.put(table_identity(secrets.token_hex(16)))
        if self.has_programme and not read_version(self._table, consistent=True).snapshot:
            publish_programme(self._table, self._now)
        self._is_begun = self.has_programme

    def drop(self) -> None:
        """Forget what was taken up."""
        self._pending, self._kinds = {}, set()


def taking(key: Key, item: Item, owner: str) -> Put:
    """Return the write of an item of a record, or of a name of it. A name may be taken over only from `owner`, the
    record that gives it up or has it already; not even by an import that runs at the same time."""
    if item is SEVERAL:
        return Put(key, item)
    return Put(key, item, "attribute_not_exists(pk) OR target = :target", {":target": owner})


def replacing(key: Key, item: Item, before: Item | None) -> Put:
    """Return the write of a record, which must still be as it was read, `before`: else what another import says of it
    meanwhile would be undone."""
    if before is None:
        return Put(key, item, "attribute_not_exists(pk)")
    return Put(key, item, "#record = :before", {":before": before["record"]})


def fits(writes: Mapping[Key, Write]) -> bool:
    """Return whether these can be done in one transaction."""
    return len(writes) <= MAX_WRITES and _size(writes) <= MAX_TRANSACTION_SIZE


def removals(gone: Iterable[Key]) -> dict[Key, Write]:
    """Return the writes that remove names."""
    return {key: Delete(key) for key in gone}


def _size(writes: Mapping[Key, Write]) -> int:
    """Characters of records, and of those that they take the place of."""
    texts = [item for write in writes.values() if isinstance(write, Put) for item in (write.item, write.values or {})]
    return sum(len(item.get("record", "")) + len(item.get(":before", "")) for item in texts)
