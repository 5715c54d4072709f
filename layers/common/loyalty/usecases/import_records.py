"""Importing reference data: every line is checked, the bad ones are listed, the good ones are kept.

Importing the same lines again changes nothing: a record is written only where it differs from the one that is there.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.passcode import hashed_pass_code
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import references
from loyalty.domain.validation import pointer, validated
from loyalty.store import keys
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
    unique_values,
)
from loyalty.store.table import MAX_TRANSACTION, Cancelled, Delete, Item, Put, Table, Write
from loyalty.usecases.opening_balance import post_opening_balance

LINES_AT_A_TIME = 200
"""Lines whose existing items are read together."""

MAX_LINE_BYTES = 300_000
"""What a line may have: as much as fits in an item beside its key."""

MAX_TRANSACTION_SIZE = 2_000_000
"""Characters of records in one transaction; DynamoDB takes 4 MB, and a character has up to four bytes in few texts."""

_REFERENCES = {kind: sorted(set(references(model))) for kind, model in RECORD_TYPES.items()}
_FIXED = {
    "account": ("currency",),
    "business_unit": ("parent_business_unit",),
    "currency": ("role", "exponent"),
    "voucher_type": ("value_options",),
}
"""What stays as it was first imported: ids of events are derived from it, and balances are kept in it."""

_PRICED_FROM_MEMORY = PROGRAMME_TYPES | {"product"}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not imported: its number from 1, the field (a JSON pointer, "" for the line), and why."""

    line: int
    field: str
    reason: str
    code: Code


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
        self._catalogue: Catalogue | None = None
        self._known: dict[Key, Item] = {}
        self._pending: dict[Key, Write] = {}
        self._pending_size = 0
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
        """List what was refused by line."""
        self.summary.refused.sort(key=lambda bad: bad.line)

    def _import(self, record: dict[str, Any]) -> None:
        self._resolve_references(record)
        self._check_unique(record)
        if record["type"] == "opening_balance":
            self._post_opening_balance(record)
            return
        items = items_of(record)
        own = record_key(record["type"], record["id"])
        if own in self._pending:
            self._flush()  # so that the names it is about to lose are there to be found
        before = self._known.get(own)
        if before and before["record"] == items[own]["record"]:
            self.summary.unchanged += 1
            return
        old = exactjson.loads(before["record"]) if before else None
        self._check_sense(record, old)
        self._write(record, items, self._stale(old, items))
        self._touched |= record["type"] in _PRICED_FROM_MEMORY
        self.summary.updated += bool(before)
        self.summary.created += not before

    def _write(self, record: dict[str, Any], items: dict[Key, Item], stale: set[Key]) -> None:
        size = sum(len(item.get("record", "")) for item in items.values())
        if (
            len(self._pending) + len(items) + len(stale) >= MAX_TRANSACTION
            or self._pending_size + size > MAX_TRANSACTION_SIZE
            or self._pending.keys() & items.keys()
        ):
            self._flush()
        self._pending_size += size
        own = {"target": record["id"]}
        for key in shared_name_keys(record):
            if self._known.get(key, own)["target"] != record["id"]:
                items[key] = SEVERAL
        for key, item in items.items():
            # A name may be taken over by nobody, not even by an import that runs at the same time.
            condition = None if item is SEVERAL else "attribute_not_exists(pk) OR target = :target"
            self._pending[key] = Put(key, item, condition, {":target": record["id"]} if condition else None)
            self._known[key] = item
        for key in stale:
            self._pending[key] = Delete(key)
            self._known.pop(key, None)
        self._programme.learn(record)

    def _stale(self, old: dict[str, Any] | None, items: dict[Key, Item]) -> set[Key]:
        """Names that the record had and has no more, as far as they still lead to it."""
        gone = items_of(old).keys() - items.keys() if old else set()
        found = self._table.get_many(gone, consistent=True) if gone else {}
        return {key for key, item in found.items() if old and item["target"] == old["id"]}

    def _check_sense(self, record: dict[str, Any], old: dict[str, Any] | None) -> None:
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
        if not self._pending:
            return
        writes = list(self._pending.values())
        if self._touched:
            # In the same transaction, so that containers notice even if the rest of the import never comes.
            writes.append(Put(keys.PROGRAMME_VERSION, {"version": secrets.randbits(53)}))
        try:
            self._table.transact(writes)
        except Cancelled as cancelled:
            description = "Another import is writing the same records. Import the file again once it is done."
            raise Refused(Problem(Code.RETRY_LATER, description)) from cancelled
        self._pending.clear()
        self._pending_size = 0
        if self._touched:
            self._catalogue = None
        self._touched = False

    def _post_opening_balance(self, record: dict[str, Any]) -> None:
        self._flush()
        self._catalogue = self._catalogue or Catalogue(self._table)
        programme = self._catalogue.programme(self._now)
        if post_opening_balance(record, programme=programme, table=self._table, now=self._now).replayed:
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
        targets = (self._known[key]["target"] for key in keys_to_find(kind, name) if key in self._known)
        return next((target for target in targets if target != SEVERAL["target"]), None)

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
        self.summary.refused += [
            BadLine(number, problem.pointer, problem.description, problem.code) for problem in refused.problems
        ]


class _ProgrammeNames:
    """The programme's records and their unique values, which are few enough to keep."""

    def __init__(self, table: Table) -> None:
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        self._owners: dict[tuple[str, str, str], str] = {}
        for item in table.partition(keys.PROGRAMME_VERSION.pk, consistent=True):
            if "record" in item:
                self.learn(exactjson.loads(item["record"]))

    def learn(self, record: dict[str, Any]) -> None:
        """Take in a new or changed record."""
        kind, record_id = record["type"], record["id"]
        if kind not in PROGRAMME_TYPES:
            return
        old = self.record(kind, record_id)
        for name, value in unique_values(old).items() if old else ():
            del self._owners[kind, name, value]
        self._records[kind, record_id] = record
        for name, value in unique_values(record).items():
            self._owners[kind, name, value] = record_id

    def record(self, kind: str, record_id: str | None) -> dict[str, Any] | None:
        """The record with this id."""
        return self._records.get((kind, record_id)) if record_id else None

    def owners(self, record: dict[str, Any]) -> dict[str, str | None]:
        """By unique field, which record has the value that `record` has."""
        kind = record["type"]
        if kind not in PROGRAMME_TYPES:
            return {}
        return {name: self._owners.get((kind, name, value)) for name, value in unique_values(record).items()}

    def find(self, kind: str, name: str) -> str | None:
        """The id of the record with this id or, failing that, with this unique value."""
        if (kind, name) in self._records:
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
        known = f"There is no record type {kind!r}." if kind else "A record is an object with a type."
        raise Refused(Problem(Code.INVALID, known, "/type"))
    record: dict[str, Any] = validated(model, raw).model_dump(exclude_none=True)
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
