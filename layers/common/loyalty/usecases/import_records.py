"""Importing reference data: every line is checked, the bad ones are listed, the good ones are kept.

Importing the same lines again changes nothing: a record is written only where it differs from the one that is there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import ValidationError

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.passcode import hashed_pass_code
from loyalty.domain.records import RECORD_TYPES, references
from loyalty.domain.validation import pointer, problems_in
from loyalty.store import keys
from loyalty.store.keys import Key
from loyalty.store.reference import PROGRAMME_TYPES, items_of, keys_to_find, name_keys, record_key, unique_values
from loyalty.store.table import MAX_TRANSACTION, Cancelled, Delete, Item, Put, Table, Write
from loyalty.usecases.opening_balance import post_opening_balance

LINES_AT_A_TIME = 200
"""Lines whose existing items are read together."""

MAX_LINE_BYTES = 300_000
"""What a line may have: as much as fits in an item beside its key."""

_REFERENCES = {kind: sorted(set(references(model))) for kind, model in RECORD_TYPES.items()}
_PRICED_FROM_MEMORY = PROGRAMME_TYPES | {"product"}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not imported: its number from 1, the field (a JSON pointer, "" for the line), and why."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class ImportSummary:
    """How many records were new, changed or as they were; and the lines that were refused."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[BadLine] = field(default_factory=list)


def import_records(lines: Iterable[bytes], *, table: Table, now: datetime) -> ImportSummary:
    """Import JSON Lines in UTF-8, one record a line; blank lines are passed over. Reads `lines` as it goes.

    Raises:
        Refused: RETRY_LATER, where the table is busy or another import writes the same names. What was imported by
            then stays; importing the same lines again takes up the rest.
    """
    run = _Import(table, now)
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while some := list(islice(numbered, LINES_AT_A_TIME)):
        run.take(some)
    run.finish()
    return run.summary


class _Import:
    """One run: what is there already (`_known`), and what is still to be written."""

    def __init__(self, table: Table, now: datetime) -> None:
        self.summary = ImportSummary()
        self._table = table
        self._now = now
        self._programme = _ProgrammeNames(table)
        self._known: dict[Key, Item] = {}
        self._pending: dict[Key, Write] = {}
        self._touched = False

    def take(self, lines: list[tuple[int, bytes]]) -> None:
        """Import some lines, in their order."""
        records = []
        for number, line in lines:
            try:
                records.append((number, _read(line)))
            except Refused as refused:
                self._refuse(number, refused)
        self._known = self._table.get_many(self._keys_of(record for _, record in records), consistent=True)
        for number, record in records:
            try:
                self._import(record)
            except Refused as refused:
                if refused.problems[0].code is Code.RETRY_LATER:
                    raise
                self._refuse(number, refused)
        self._flush()

    def finish(self) -> None:
        """List what was refused by line, and let containers know if what they keep in memory has changed."""
        self.summary.refused.sort(key=lambda bad: bad.line)
        if self._touched:
            self._table.add(keys.PROGRAMME_VERSION, "version", 1)

    def _import(self, record: dict[str, Any]) -> None:
        self._resolve_references(record)
        self._check_unique(record)
        if record["type"] == "opening_balance":
            self._post_opening_balance(record)
            return
        items = items_of(record)
        own = record_key(record["type"], record["id"])
        before = self._known.get(own)
        if before and before["record"] == items[own]["record"]:
            self.summary.unchanged += 1
            return
        stale = set(items_of(exactjson.loads(before["record"]))) - set(items) if before else set()
        self._write(record, items, stale)
        self.summary.updated += bool(before)
        self.summary.created += not before
        self._touched |= record["type"] in _PRICED_FROM_MEMORY

    def _write(self, record: dict[str, Any], items: dict[Key, Item], stale: set[Key]) -> None:
        if len(self._pending) + len(items) + len(stale) > MAX_TRANSACTION or self._pending.keys() & items.keys():
            self._flush()
        own = {":target": record["id"]}
        for key, item in items.items():
            # A name may be taken over by nobody, not even by an import that runs at the same time.
            self._pending[key] = Put(key, item, "attribute_not_exists(pk) OR target = :target", own)
            self._known[key] = item
        for key in stale:
            self._pending[key] = Delete(key)
            self._known.pop(key, None)
        self._programme.learn(record)

    def _flush(self) -> None:
        if not self._pending:
            return
        try:
            self._table.transact(list(self._pending.values()))
        except Cancelled as cancelled:
            description = "Another import is writing the same records. Import the file again once it is done."
            raise Refused(Problem(Code.RETRY_LATER, description)) from cancelled
        self._pending.clear()

    def _post_opening_balance(self, record: dict[str, Any]) -> None:
        self._flush()
        if post_opening_balance(record, table=self._table, now=self._now).replayed:
            self.summary.unchanged += 1
        else:
            self.summary.created += 1

    def _resolve_references(self, record: dict[str, Any]) -> None:
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
        return next((self._known[key]["target"] for key in keys_to_find(kind, name) if key in self._known), None)

    def _check_unique(self, record: dict[str, Any]) -> None:
        owners = self._programme.owners(record)
        for name, key in name_keys(record).items():
            owners[name] = self._known[key]["target"] if key in self._known else None
        taken = [name for name, owner in owners.items() if owner not in (None, record["id"])]
        if taken:
            raise Refused(
                *(Problem(Code.DUPLICATE, f"{owners[name]} has this value already.", f"/{name}") for name in taken)
            )

    def _keys_of(self, records: Iterable[dict[str, Any]]) -> Iterator[Key]:
        for record in records:
            yield from items_of(record)
            for path, target in _REFERENCES[record["type"]]:
                if target not in PROGRAMME_TYPES:
                    for holder, step, _ in _holders(record, path):
                        yield from keys_to_find(target, holder[step])

    def _refuse(self, number: int, refused: Refused) -> None:
        self.summary.refused += [BadLine(number, problem.pointer, problem.description) for problem in refused.problems]


class _ProgrammeNames:
    """Ids and unique values of the programme's records, which are few enough to keep."""

    def __init__(self, table: Table) -> None:
        self._ids: dict[tuple[str, str], dict[str, str]] = {}
        self._owners: dict[tuple[str, str, str], str] = {}
        for item in table.partition(keys.PROGRAMME_VERSION.pk, consistent=True):
            if "record" in item:
                self.learn(exactjson.loads(item["record"]))

    def learn(self, record: dict[str, Any]) -> None:
        """Take in a new or changed record."""
        kind, record_id = record["type"], record["id"]
        if kind not in PROGRAMME_TYPES:
            return
        for name, value in self._ids.get((kind, record_id), {}).items():
            del self._owners[kind, name, value]
        self._ids[kind, record_id] = unique_values(record)
        for name, value in self._ids[kind, record_id].items():
            self._owners[kind, name, value] = record_id

    def owners(self, record: dict[str, Any]) -> dict[str, str | None]:
        """By unique field, which record has the value that `record` has."""
        kind = record["type"]
        if kind not in PROGRAMME_TYPES:
            return {}
        return {name: self._owners.get((kind, name, value)) for name, value in unique_values(record).items()}

    def find(self, kind: str, name: str) -> str | None:
        """The id of the record with this id or, failing that, with this unique value."""
        if (kind, name) in self._ids:
            return name
        owners = (self._owners.get((kind, unique, name)) for unique in RECORD_TYPES[kind].unique)
        return next((owner for owner in owners if owner), None)


def _read(line: bytes) -> dict[str, Any]:
    """A line as a record, with defaults filled in and secrets hashed.

    Raises:
        Refused: with every faulty field.
    """
    if len(line) > MAX_LINE_BYTES:
        raise Refused(Problem(Code.INVALID, f"The line is longer than {MAX_LINE_BYTES} bytes."))
    try:
        raw = exactjson.loads_strictly(line.decode())
    except ValueError as error:
        raise Refused(Problem(Code.INVALID, f"The line is not valid JSON: {error}.")) from error
    kind = raw.get("type") if isinstance(raw, dict) else None
    model = RECORD_TYPES.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise Refused(Problem(Code.INVALID, f"There is no record type {kind!r}.", "/type"))
    try:
        record: dict[str, Any] = model.model_validate(raw).model_dump(exclude_none=True)
    except ValidationError as error:
        raise Refused(*problems_in(error)) from error
    if "pass_code" in record:
        record["pass_code"] = hashed_pass_code(record["id"], record["pass_code"])
    return record


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
