"""Importing rows of reference data: each is checked and, if it holds, kept where it differs from what is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.fields import Identifier
from loyalty.domain.passcode import hashed_pass_code
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import references
from loyalty.domain.records.said import Said
from loyalty.domain.uploads.outcome import Status
from loyalty.domain.validation import pointer, validated
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.programme import Catalogue
from loyalty.store.reference import (
    PROGRAMME_TYPES,
    SEVERAL,
    items_of,
    keys_to_find,
    name_keys,
    record_key,
    shared_name_keys,
)
from loyalty.store.table import Table
from loyalty.store.writes import Put, Update, Write
from loyalty.usecases.newest_programme import with_newest_programme
from loyalty.usecases.opening_balance import post_opening_balance
from loyalty.usecases.passed_on import Record, RecordName, Taken, Waiting, groups, name_of
from loyalty.usecases.posting import Posting
from loyalty.usecases.programme_names import ProgrammeNames
from loyalty.usecases.record_writer import RecordWriter, fits, removals, taking

ROWS_AT_A_TIME = 200
"""Rows whose existing items are read together."""

MAX_RECORD_BYTES = 300_000
"""What a row may have: as much as fits in an item beside its key."""

MAX_WAITING = 1000
"""Rows that wait for others to give up what they want; more are not kept in memory."""

OPENING_BALANCE = "opening_balance"
"""The type of record that is an event."""

_REFERENCES = {kind: sorted(set(references(model))) for kind, model in RECORD_TYPES.items()}
_FIXED = {
    "account": ("currency",),
    "business_unit": ("parent_business_unit",),
    "currency": ("role", "exponent"),
    "voucher_type": ("value_options",),
}
"""What stays as it was first imported: ids of events are derived from it, and balances are kept in it."""

Row = tuple[int, Said | Refused]
"""A row's number, and what it says of a record, or why that cannot be told."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a row, by its number: the event's id, of an opening balance; and why it was refused, if it was,
    with every faulty field."""

    number: int
    status: Status
    event_id: str | None = None
    problems: Sequence[Problem] = ()

    @classmethod
    def refused(cls, number: int, refusal: Refused) -> "Imported":
        """A row that was refused."""
        return cls(number, Status.REFUSED, problems=refusal.problems)


def import_rows(rows: Iterable[Row], *, table: Table, now: datetime, fence: Update | None = None) -> Iterator[Imported]:
    """Import rows, by their numbers; answers what became of each as it goes, of those last that want what others had to
    give up first. With a `fence`, records are written only as long as its condition holds.

    Raises:
        Refused: RETRY_LATER, where the table is busy or another import writes the same names. What was imported by
            then stays; importing the same rows again takes up the rest.
    """
    run = None
    for window in _windows(rows):
        run = run or _Import(table, now, fence)
        yield from run.take(window)
    if run:
        yield from run.given_up()


def as_record(said: Said, old: Mapping[str, Any] | None = None) -> Record:
    """What a row says as the record that takes the place of `old`, with defaults filled in and secrets hashed.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    kind = said.kind
    model = RECORD_TYPES.get(kind) if kind else None
    if model is None:
        known = f"There is no record type {kind!r}." if kind else "A record is an object with a type."
        raise Refused(Problem(Code.INVALID, known, "/type"))
    record: Record = validated(model, said.completed(old or {}, model.kept)).model_dump(exclude_none=True)
    if "pass_code" in record and said.fields.get("pass_code") is not None:  # the old one is a hash already
        record["pass_code"] = hashed_pass_code(record["id"], record["pass_code"])
    return record


_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


def _name(row: Said | Refused) -> RecordName | None:
    """The record that a row is about, if that can be told."""
    if isinstance(row, Refused) or row.kind not in RECORD_TYPES:
        return None
    try:
        return str(row.kind), _IDENTIFIER.validate_python(row.fields.get("id"), strict=True)
    except ValidationError:
        return None


def _windows(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, some at a time, in none of which a record stands twice."""
    window, names = list[Row](), set[RecordName]()
    for row in rows:
        name = _name(row[1])
        if name in names:
            yield window
            window, names = [], set()
        window.append(row)
        if name:
            names.add(name)
        if len(window) == ROWS_AT_A_TIME:
            yield window
            window, names = [], set()
    if window:
        yield window


class _Import:
    """One run: what is there already (`_known`), what is still to be written, and who waits for whom."""

    def __init__(self, table: Table, now: datetime, fence: Update | None) -> None:
        self._table = table
        self._now = now
        self._writer = RecordWriter(table, fence)
        self._programme = ProgrammeNames(table)
        self._catalogue: Catalogue | None = None
        self._known: dict[Key, Item] = {}
        self._waiting: dict[RecordName, Waiting] = {}

    def take(self, window: Sequence[Row]) -> list[Imported]:
        """Import some rows, in their order; answers what became of them, and of those that waited for them."""
        names = [name for _, row in window if (name := _name(row)) and name[0] != OPENING_BALANCE]
        self._known = self._table.get_many((record_key(*name) for name in names), consistent=True)
        became, records = dict[int, Imported](), dict[int, Record]()
        for number, row in window:
            try:
                records[number] = self._record(row)
            except Refused as refused:
                became[number] = Imported.refused(number, refused)
        self._learn(records.values())
        for number, record in records.items():
            became |= self._settled(number, record)
        self._flush()
        if any(one.owners & {name_of(record) for record in records.values()} for one in self._waiting.values()):
            became |= self._exchanged()
        return [became[number] for number in sorted(became)]

    def given_up(self) -> list[Imported]:
        """Refuse what still waits."""
        return [Imported.refused(one.number, one.refusal) for one in self._waiting.values()]

    def _record(self, row: Said | Refused) -> Record:
        if isinstance(row, Refused):
            raise row
        return as_record(row, self._old(row.fields) if _name(row) else None)

    def _old(self, record: Record) -> Record | None:
        """The record that is there."""
        before = self._known.get(record_key(*name_of(record)))
        old: Record | None = exactjson.loads(before["record"]) if before else None
        return old

    def _learn(self, records: Iterable[Record]) -> None:
        """Read whatever these records touch."""
        wanted = {key for record in records for key in _keys_of(record)} - self._known.keys()
        self._known |= self._table.get_many(wanted, consistent=True)

    def _settled(self, number: int, record: Record) -> dict[int, Imported]:
        """What became of a row, if it does not have to wait; and of an earlier one of the same record that did: it is
        refused, lest it take the place of what comes later."""
        became = {}
        if earlier := self._waiting.pop(name_of(record), None):
            became[earlier.number] = Imported.refused(earlier.number, earlier.refusal)
        try:
            became[number] = self._import(number, record)
        except Taken as taken:
            if len(self._waiting) < MAX_WAITING:
                self._waiting[name_of(record)] = Waiting(number, record, taken)
            else:
                became[number] = Imported.refused(number, taken)
        except Refused as refused:
            if refused.problems[0].code is Code.RETRY_LATER:
                raise
            became[number] = Imported.refused(number, refused)
        return became

    def _import(self, number: int, record: Record) -> Imported:
        self._resolve_references(record)
        if record["type"] == OPENING_BALANCE:
            return self._post_opening_balance(number, record)
        old = self._old(record)
        if old == record:
            return Imported(number, Status.UNCHANGED)
        self._check_sense(record, old)
        if taken := self._taken(record):
            raise Taken(taken)
        self._write([record], self._writes([record]))
        return Imported(number, Status.UPDATED if old else Status.CREATED)

    def _exchanged(self) -> dict[int, Imported]:
        """Import those that wait whose values are free by now, or get free as others are written with them."""
        self._known = {}
        self._learn(one.record for one in self._waiting.values())
        now = [replace(one, refusal=Taken(self._taken(one.record))) for one in self._waiting.values()]
        became: dict[int, Imported] = {}
        for group in groups(now):
            writes = self._writes([one.record for one in group])
            for some in [group] if fits(writes) else [[one] for one in group]:
                became |= self._written_together(some)
        return became

    def _written_together(self, group: Sequence[Waiting]) -> dict[int, Imported]:
        """What became of rows whose records get values from nobody but each other; nothing of a single one that does
        not, which goes on waiting."""
        records = [one.record for one in group]
        if len(group) == 1 and self._taken(records[0]):
            return {}
        statuses = [Status.UPDATED if self._old(record) else Status.CREATED for record in records]
        self._write(records, self._writes(records))
        self._flush()
        for one in group:
            del self._waiting[one.name]
        return {one.number: Imported(one.number, status) for one, status in zip(group, statuses, strict=True)}

    def _writes(self, records: Iterable[Record]) -> dict[Key, Write]:
        """What writes records together: their items, and the removal of names that no one of them has any more."""
        puts, gone = dict[Key, Write](), set[Key]()
        for record in records:
            old, items = self._old(record), self._items(record)
            for key, item in items.items():
                puts[key] = taking(key, item, self._known.get(key, item)["target"])
            gone |= self._stale(record, old, items)
        return removals(gone) | puts

    def _write(self, records: Sequence[Record], writes: Mapping[Key, Write]) -> None:
        self._writer.add(records[0]["type"], writes)
        for key, write in writes.items():
            if isinstance(write, Put):
                self._known[key] = write.item
            else:
                self._known.pop(key, None)
        self._programme.learn(*records)

    def _items(self, record: Record) -> dict[Key, Item]:
        """A record's items. A name that another record has, or once had, leads to neither."""
        items = items_of(record)
        for key in shared_name_keys(record):
            if self._known.get(key, items[key])["target"] != record["id"]:
                items[key] = SEVERAL
        return items

    def _stale(self, record: Record, old: Record | None, items: dict[Key, Item]) -> set[Key]:
        """Names that the record had and has no more, as far as they still lead to it; and of a pass code that takes the
        place of another, how often it was tried when it was in force before."""
        if old is None:
            return set()
        gone = items_of(old).keys() - items.keys()
        found = self._table.get_many(gone, consistent=True) if gone else {}
        stale = {key for key, item in found.items() if item["target"] == old["id"]}
        if "pass_code" in record and record["pass_code"] != old.get("pass_code"):
            stale.add(keys.pass_code_tries(record["id"], record["pass_code"]))
        return stale

    def _check_sense(self, record: Record, old: Record | None) -> None:
        """What no single field tells."""
        parent = self._programme.record("business_unit", record.get("parent_business_unit"))
        if parent and ("parent_business_unit" in parent or parent["id"] == record["id"]):
            description = f"{parent['id']} is no merchant; outlets belong to merchants."
            raise Refused(Problem(Code.INVALID, description, "/parent_business_unit"))
        voucher_type = self._programme.record("voucher_type", record.get("voucher_type"))
        if voucher_type and ("award" in record) == ("value" in voucher_type):
            description = "An offer of vouchers has an award if their value is VARIABLE, and none if it is FIXED."
            raise Refused(Problem(Code.INVALID, description, "/award"))
        changed = [name for name in _FIXED.get(record["type"], ()) if old and old.get(name) != record.get(name)]
        if changed:
            reason = "This cannot be changed: events rest on it."
            raise Refused(*(Problem(Code.INVALID, reason, f"/{name}") for name in changed))

    def _flush(self) -> None:
        if self._writer.flush():
            self._catalogue = None

    def _post_opening_balance(self, number: int, record: Record) -> Imported:
        if not self._programme.is_complete:
            raise Refused(Problem(Code.INVALID, "There is no currency of the role SYSTEM yet; import one before."))
        self._flush()
        catalogue = self._catalogue = self._catalogue or Catalogue(self._table)

        def post() -> Posting:
            programme = catalogue.programme(self._now)
            return post_opening_balance(record, programme=programme, table=self._table, now=self._now)

        posting = with_newest_programme(catalogue, self._now, post)
        status = Status.UNCHANGED if posting.replayed else Status.CREATED
        return Imported(number, status, posting.event.entry.event_id)

    def _resolve_references(self, record: Record) -> None:
        """Put ids in the place of whatever the references name."""
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

    def _find(self, kind: str, name: str) -> str | None:
        if kind in PROGRAMME_TYPES:
            return self._programme.find(kind, name)
        targets = (self._known[key]["target"] for key in keys_to_find(kind, name) if key in self._known)
        return next((target for target in targets if target != SEVERAL["target"]), None)

    def _taken(self, record: Record) -> dict[str, str]:
        """By field, the other record that has the value that this one wants."""
        owners = self._programme.owners(record)
        for name, key in name_keys(record).items():
            owners[name] = self._known[key]["target"] if key in self._known else None
        return {name: owner for name, owner in owners.items() if owner not in (None, record["id"])}


def _keys_of(record: Record) -> Iterator[Key]:
    """What importing a record has to know."""
    if record["type"] != OPENING_BALANCE:
        yield from items_of(record)
    for path, target in _REFERENCES[record["type"]]:
        if target not in PROGRAMME_TYPES:
            for holder, step, _ in _holders(record, path):
                yield from keys_to_find(target, holder[step])


def _holders(record: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any, tuple[str | int, ...]]]:
    """Each container of a reference at `path`, its key or index in it, and its place in the record."""
    step, *rest = path
    steps: Iterable[Any] = range(len(record)) if step == "*" else [step] if step in record else []
    for here in steps:
        if not rest:
            yield record, here, (here,)
        else:
            for holder, last, place in _holders(record[here], tuple(rest)):
                yield holder, last, (here, *place)
