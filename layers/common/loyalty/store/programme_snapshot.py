"""The programme as containers read it: a snapshot of all its records, compressed, that an import publishes when it has
written them.

Parts of a snapshot have keys of their own, so that many containers that start at once do not meet in one partition; the
keys follow from what the snapshot says, so a part never changes. The item of the programme's version leads to the
snapshot that counts. A table that an older version wrote, or writes, has none: its records are read one by one.
"""

import hashlib
import secrets
import zlib
from collections.abc import Collection, Mapping
from typing import Self

from msgspec import Struct

from loyalty import exactjson
from loyalty.domain.programme.compact_records import ProgrammeRecords, compact
from loyalty.domain.programme.directory import Record
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.table import MAX_BATCH_GET, MAX_TRANSACTION_BYTES, Table
from loyalty.store.writes import Count, Delete, Put, Update, Write

PART_BYTES = 100_000
"""Of a snapshot in one item: it is read with others in one call, and its reading is 12.5 RCU on its partition."""

MAX_PARTS = MAX_BATCH_GET
"""Parts of a snapshot, which are read in one call."""

MAX_REMOVED = MAX_TRANSACTION_BYTES // PART_BYTES - 1
"""Parts of the snapshot before that are removed in one transaction with the write that leads to another: DynamoDB may
count them, and a programme whose transaction it refused could not be changed any more. The others stay, and nothing
leads to them."""

COMPRESSION_LEVEL = 9
"""Written once for each import, read by each container."""

ID_LENGTH = 32
"""Hexadecimal digits of the hash that a snapshot is known by."""


MAX_READINGS = 3
"""How often records are read one by one, as an import writes them meanwhile: a purchase waits for it."""


class ProgrammeVersion(Struct, frozen=True):
    """What the item of the programme's version says.

    Attributes:
        version: drawn anew by each transaction that writes something that containers remember.
        changes: the transactions so far that wrote records of the programme; None, if none has since there are
            snapshots.
        snapshot: the id of the snapshot that counts, if there is one.
        parts: how many parts it has.
        published: `changes` as it was when the snapshot was made.
    """

    version: int = 0
    changes: int | None = None
    snapshot: str | None = None
    parts: int = 0
    published: int | None = None

    @classmethod
    def of(cls, item: Item | None) -> Self:
        """Return what an item says; where there is none, nothing was ever imported."""
        if item is None:
            return cls()
        changes, published = item.get("programme_changes"), item.get("snapshot_changes")
        return cls(
            version=int(item["version"]),
            changes=None if changes is None else int(changes),
            snapshot=item.get("snapshot_id"),
            parts=min(int(item.get("snapshot_parts", 0)), MAX_PARTS),
            published=None if published is None else int(published),
        )

    @property
    def is_published(self) -> bool:
        """Whether the snapshot has all that was written."""
        return self.snapshot is not None and self.changes == self.published

    @property
    def part_keys(self) -> list[Key]:
        """Where the parts of the snapshot lie, in their order."""
        return _part_keys(self.snapshot, self.parts) if self.snapshot else []


class ProgrammeSnapshot(Struct, frozen=True):
    """The records of a programme as they are published: the id follows from what its parts say."""

    id: str
    parts: tuple[bytes, ...]

    @classmethod
    def of(cls, records: Collection[Record]) -> Self:
        """Return the snapshot of `records`, in whichever order they come."""
        data = zlib.compress(compact(records), COMPRESSION_LEVEL)
        size = max(PART_BYTES, -(-len(data) // MAX_PARTS))
        parts = tuple(data[start : start + size] for start in range(0, len(data), size))
        return cls(_id_of(data), parts)

    @property
    def puts(self) -> list[Put]:
        """The writes of its parts."""
        places = _part_keys(self.id, len(self.parts))
        return [Put(key, {"part": part}) for key, part in zip(places, self.parts, strict=True)]


def read_version(table: Table, *, consistent: bool) -> ProgrammeVersion:
    """Return which programme there is: 0.5 RCU, 1 if it is read consistently."""
    return ProgrammeVersion.of(table.get(keys.PROGRAMME_VERSION, consistent=consistent))


def read_snapshot(table: Table, version: ProgrammeVersion) -> ProgrammeRecords | None:
    """Return the records of the snapshot that a version leads to, None where that is not whole. Parts never change, so
    they are read consistently only if one is missing, which may be new."""
    for consistent in (False, True) if version.snapshot else ():
        found = table.get_many(version.part_keys, consistent=consistent)
        if len(found) == version.parts:
            return records_in(version, found)
    return None


def read_published(table: Table, version: ProgrammeVersion) -> tuple[ProgrammeVersion, ProgrammeRecords]:
    """Return the programme that counts, going by the version that was read of it, and its version, which may be newer:
    its snapshot. Where there is none, or it is not whole, all records that are written count."""
    records = read_snapshot(table, version)
    if records is None and version.snapshot:
        # Another import may have replaced it since its version was read.
        version = read_version(table, consistent=True)
        records = read_snapshot(table, version)
    return (version, records) if records is not None else _read_standing_records(table)


def _read_standing_records(table: Table) -> tuple[ProgrammeVersion, ProgrammeRecords]:
    """Return all records that are written, and their version; read again if they were written meanwhile."""
    for _ in range(MAX_READINGS):
        version, records = read_records(table)
        if read_version(table, consistent=True) == version:
            break
    return version, ProgrammeRecords.of(records)


def records_in(version: ProgrammeVersion, items: Mapping[Key, Item]) -> ProgrammeRecords | None:
    """Return what the snapshot of a version says, of whose parts these are the items; None where that is not what was
    written."""
    try:
        data = b"".join(items[key]["part"] for key in version.part_keys)
    except (KeyError, TypeError):
        return None
    return ProgrammeRecords(zlib.decompress(data)) if data and _id_of(data) == version.snapshot else None


def read_records(table: Table) -> tuple[ProgrammeVersion, list[Record]]:
    """Return the programme as it is written, published or not: its records one by one, read consistently; and the
    version as it was before the first of them."""
    version, records = ProgrammeVersion(), list[Record]()
    for item in table.partition(keys.PROGRAMME_VERSION.pk, consistent=True):
        if item["sk"] == keys.PROGRAMME_VERSION.sk:
            version = ProgrammeVersion.of(item)
        else:
            records.append(exactjson.loads(item["record"]))
    return version, records


def change(*, of_programme: bool) -> Count:
    """Return what goes into each transaction that writes what containers remember: records `of_programme`, which count
    once they are published, or others, which count at once."""
    return Count(keys.PROGRAMME_VERSION, {"programme_changes": int(of_programme)}, {"version": secrets.randbits(53)})


def publication(before: ProgrammeVersion, snapshot: ProgrammeSnapshot) -> list[Write]:
    """Return the writes that let a snapshot count, whose parts are there: on the condition that nobody has written
    records of the programme, or published them, since they were read under the version `before`."""
    seen = {"programme_changes": before.changes, "snapshot_id": before.snapshot}
    if before.changes is None:
        seen["version"] = before.version or None  # all that an older version of the engine writes
    terms = [
        f"attribute_not_exists({name})" if value is None else f"{name} = :{name}_seen" for name, value in seen.items()
    ]
    values = {f":{name}_seen": value for name, value in seen.items() if value is not None}
    found = {
        "version": secrets.randbits(53),
        "programme_changes": before.changes or 0,
        "snapshot_id": snapshot.id,
        "snapshot_parts": len(snapshot.parts),
        "snapshot_changes": before.changes or 0,
    }
    kept = {put.key for put in snapshot.puts}
    gone = [key for key in before.part_keys if key not in kept]
    lead = Update(keys.PROGRAMME_VERSION, found, " AND ".join(terms), values)
    return [lead, *map(Delete, gone[:MAX_REMOVED])]


def _id_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:ID_LENGTH]


def _part_keys(snapshot: str, parts: int) -> list[Key]:
    return [keys.programme_part(snapshot, number) for number in range(parts)]
