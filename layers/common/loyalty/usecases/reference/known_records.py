"""The existing records that an import changes or names, and the owners of names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Refused, not_found, pointer
from loyalty.domain.programme.compact_records import ProgrammeRecords
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import references
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.programme_snapshot import read_published, read_version
from loyalty.store.reference import (
    PROGRAMME_TYPES,
    SEVERAL,
    former_names,
    items_of,
    keys_to_find,
    name_keys,
    record_key,
    shared_name_keys,
)
from loyalty.store.table import Table
from loyalty.store.writes import Put, Write
from loyalty.usecases.reference.programme_names import ProgrammeNames
from loyalty.usecases.reference.record_of_row import Record, RecordName, name_of
from loyalty.usecases.reference.record_writer import removals, replacing, taking

OPENING_BALANCE = "opening_balance"
"""The type of record that is an event."""

_REFERENCES = {kind: sorted(set(references(model))) for kind, model in RECORD_TYPES.items()}


class KnownRecords:
    """The items that a run has read, or has written since; and the programme's records and their unique values."""

    def __init__(self, table: Table, now: datetime) -> None:
        self.programme = ProgrammeNames(table)
        self._table = table
        self._now = now
        self._items: dict[Key, Item] = {}
        self._published: ProgrammeRecords | None = None

    def start(self, names: Iterable[RecordName]) -> None:
        """Forget what was read, and read these records."""
        own = [record_key(*name) for name in names if name[0] != OPENING_BALANCE]
        self._items = self._table.get_many(own, consistent=True)

    def learn(self, records: Iterable[Record]) -> None:
        """Read whatever importing these records has to know."""
        wanted = {key for record in records for key in _keys_of(record)} - self._items.keys()
        self._items |= self._table.get_many(wanted, consistent=True)

    def old(self, name: RecordName | None) -> Record | None:
        """Return the record that is there."""
        item = self._items.get(record_key(*name)) if name else None
        record: Record | None = exactjson.loads(item["record"]) if item else None
        return record

    def resolve_references(self, record: Record) -> None:
        """Replace all references by ids.

        Raises:
            Refused: NOT_FOUND, with each that leads nowhere.
        """
        problems = []
        for path, target in _REFERENCES[record["type"]]:
            for holder, step, place in _holders(record, path):
                found = self._find(target, holder[step])
                if found is None:
                    problems.append(not_found(target, holder[step], pointer(place)))
                else:
                    holder[step] = found
        if problems:
            raise Refused(*problems)

    @staticmethod
    def named_in(record: Record) -> dict[RecordName, str]:
        """Return the records that a record names, by type and name, with where it does (a JSON pointer)."""
        return {
            (target, holder[step]): pointer(place)
            for path, target in _REFERENCES[record["type"]]
            for holder, step, place in _holders(record, path)
        }

    def taken_values(self, record: Record) -> dict[str, str]:
        """By field, the other record that has the value that this one wants."""
        owners = self.programme.owners(record)
        for name, key in name_keys(record).items():
            owners[name] = self._items[key]["target"] if key in self._items else None
        return {name: owner for name, owner in owners.items() if owner not in (None, record["id"])}

    def writes(self, records: Iterable[Record]) -> dict[Key, Write]:
        """Return what writes records together: their items, and the removal of names that no one of them has any
        more."""
        puts, gone = dict[Key, Write](), set[Key]()
        for record in records:
            items = self._items_of(record)
            if old := self.old(name_of(record)):
                gone |= self._dropped_names(record, old, items)
                items |= former_names(old, record, self._now)
            own = record_key(*name_of(record))
            for key, item in items.items():
                before = self._items.get(key)
                puts[key] = (
                    replacing(key, item, before) if key == own else taking(key, item, (before or item)["target"])
                )
        return removals(gone) | puts

    def note(self, records: Sequence[Record], writes: Mapping[Key, Write]) -> None:
        """Take in what is written."""
        for key, write in writes.items():
            if isinstance(write, Put):
                self._items[key] = write.item
            else:
                self._items.pop(key, None)
        self.programme.learn(*records)

    def are_published(self, names: Iterable[RecordName]) -> bool:
        """Return whether all of these records of the programme count already."""
        if self._published is None:
            _, self._published = read_published(self._table, read_version(self._table, consistent=True))
        return all(name in self._published.of_type(kind).places for kind, name in names)

    def note_publication(self) -> None:
        """Take in that all records of the programme count from now on."""
        self.programme.is_published, self._published = True, None

    def _items_of(self, record: Record) -> dict[Key, Item]:
        """Return a record's items. A name that another record has, or once had, leads to neither."""
        items = items_of(record)
        for key in shared_name_keys(record):
            if self._items.get(key, items[key])["target"] != record["id"]:
                items[key] = SEVERAL
        return items

    def _dropped_names(self, record: Record, old: Record, items: Mapping[Key, Item]) -> set[Key]:
        """Names that the record had and has no more, as far as they still lead to it; and of a pass code that takes the
        place of another, how often it was tried when it was in force before."""
        lost = items_of(old).keys() - items.keys()
        found = self._table.get_many(lost, consistent=True) if lost else {}
        gone = {key for key, item in found.items() if item["target"] == old["id"]}
        if "pass_code" in record and record["pass_code"] != old.get("pass_code"):
            gone.add(keys.pass_code_tries(record["id"], record["pass_code"]))
        return gone

    def _find(self, kind: str, name: str) -> str | None:
        if kind in PROGRAMME_TYPES:
            return self.programme.find(kind, name)
        targets = (self._items[key]["target"] for key in keys_to_find(kind, name) if key in self._items)
        return next((target for target in targets if target != SEVERAL["target"]), None)


def _keys_of(record: Record) -> Iterator[Key]:
    """Return what importing a record has to know."""
    if record["type"] != OPENING_BALANCE:
        yield from items_of(record)
    for path, target in _REFERENCES[record["type"]]:
        if target not in PROGRAMME_TYPES:
            for holder, step, _ in _holders(record, path):
                yield from keys_to_find(target, holder[step])


def _holders(record: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any, tuple[str | int, ...]]]:
    """Return each container of a reference at `path`, its key or index in it, and its place in the record."""
    step, *rest = path
    steps: Iterable[Any] = range(len(record)) if step == "*" else [step] if step in record else []
    for here in steps:
        if not rest:
            yield record, here, (here,)
        else:
            for holder, last, place in _holders(record[here], tuple(rest)):
                yield holder, last, (here, *place)
