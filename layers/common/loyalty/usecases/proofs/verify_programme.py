"""Proving the programme: the snapshot that containers go by says what the records say that it was made of."""

from collections.abc import Iterable, Iterator

from loyalty import exactjson
from loyalty.domain.programme.directory import Record
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.keys import Key
from loyalty.store.programme_snapshot import ProgrammeVersion, records_in
from loyalty.store.table import Table
from loyalty.usecases.proofs.legible import legible

MAX_READINGS = 3
"""How often the programme is read again, as it is imported while it is read."""

AS_WRITTEN = "the snapshot of the programme says what its records say"

RecordPlace = tuple[str, str, str]
"""A record's type, its id and, of what it was called before, that name."""


class ProgrammeItems:
    """What was seen of the programme: its records, and the parts of its snapshot."""

    def __init__(self) -> None:
        self._version: Item | None = None
        self._records: dict[RecordPlace, Record] = {}
        self._parts: dict[Key, Item] = {}

    def take(self, item: Item) -> None:
        """Sort in an item, if it is of the programme."""
        key = key_of(item)
        if key == keys.PROGRAMME_VERSION:
            self._version = item if "version" in item else None
        elif keys.is_programme_part(key):
            self._parts[key] = item
        elif key.pk == keys.PROGRAMME_VERSION.pk and "record" in item:
            record = exactjson.loads(item["record"])
            self._records[_place_of(record)] = record

    @property
    def version(self) -> ProgrammeVersion:
        """The version that was seen."""
        return ProgrammeVersion.of(self._version)

    def listed(self) -> Iterator[Deviation]:
        """Return what does not hold of a snapshot that nothing was written after: an import that is under way, or that
        broke off, publishes in the end."""
        version = self.version
        if not version.is_published:
            return
        published = records_in(version, self._parts)
        if published is None:
            yield _deviation(f"{version.snapshot} is not there as it was written, so containers read each record")
            return
        says = {_place_of(record): record for record in published}
        for place in sorted(says.keys() | self._records.keys()):
            if says.get(place) != self._records.get(place):
                yield _deviation(f"{version.snapshot} says something else of {' '.join(place).strip()}")

    def deviations(self, table: Table) -> Iterable[Deviation]:
        """Return what does not hold, from a reading of the programme during which it stood still; or that there was
        none."""
        if not any(self.listed()):
            return []
        for _ in range(MAX_READINGS):
            again = _read(table)
            if _read(table).version == again.version:
                return again.listed()
        return [_deviation(f"it changed during each of {MAX_READINGS} readings, so it is not proven: verify again")]


def _read(table: Table) -> ProgrammeItems:
    items = ProgrammeItems()
    for item in table.partition(keys.PROGRAMME_VERSION.pk, consistent=True):
        items.take(legible(item)[0])
    for part in table.get_many(items.version.part_keys, consistent=True).values():
        items.take(legible(part)[0])
    return items


def _place_of(record: Record) -> RecordPlace:
    return record["type"], record["id"], str(record["value"]) if "of" in record else ""


def _deviation(found: str) -> Deviation:
    return Deviation(None, None, AS_WRITTEN, f"{keys.PROGRAMME_VERSION.pk}: {found}")
