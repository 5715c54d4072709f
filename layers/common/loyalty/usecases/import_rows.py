"""Importing rows of reference data: each is checked and, if it holds, kept where it differs from what is there."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.passcode import hashed_pass_code
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.base import references
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
from loyalty.store.table import MAX_TRANSACTION, Cancelled, Table
from loyalty.store.writes import Delete, Put, Update, Write
from loyalty.usecases.newest_programme import with_newest_programme
from loyalty.usecases.opening_balance import post_opening_balance
from loyalty.usecases.posting import Posting
from loyalty.usecases.programme_names import ProgrammeNames

ROWS_AT_A_TIME = 200
"""Rows whose existing items are read together."""

MAX_RECORD_BYTES = 300_000
"""What a row may have: as much as fits in an item beside its key."""

MAX_TRANSACTION_SIZE = 2_000_000
"""Characters of records in one transaction; DynamoDB takes 4 MB, and a character has up to four bytes in few texts."""

_BESIDE = 2
"""What a transaction may have beside records: the programme's version and a fence."""

_REFERENCES = {kind: sorted(set(references(model))) for kind, model in RECORD_TYPES.items()}
_FIXED = {
    "account": ("currency",),
    "business_unit": ("parent_business_unit",),
    "currency": ("role", "exponent"),
    "voucher_type": ("value_options",),
}
"""What stays as it was first imported: ids of events are derived from it, and balances are kept in it."""

_PRICED_FROM_MEMORY = PROGRAMME_TYPES | {"product"}


Record = dict[str, Any]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a row, by its number: the event's id, of an opening balance; and why it was refused, if it was,
    with every faulty field."""

    number: int
    status: Status
    event_id: str | None = None
    problems: Sequence[Problem] = ()


def import_rows(
    rows: Iterable[tuple[int, Row]],
    read: Callable[[Row], Record],
    *,
    table: Table,
    now: datetime,
    fence: Update | None = None,
) -> Iterator[Imported]:
    """Import rows, by their numbers; answers what became of each, in their order, as it goes. `read` makes a record of
    a row (`as_record`), or refuses it. With a `fence`, records are written only as long as its condition holds.

    Raises:
        Refused: RETRY_LATER, where the table is busy or another import writes the same names. What was imported by
            then stays; importing the same rows again takes up the rest.
    """
    run, rows = None, iter(rows)
    while some := list(islice(rows, ROWS_AT_A_TIME)):
        run = run or _Import(table, now, fence)
        yield from run.take(some, read)


def as_record(raw: Any) -> Record:
    """What a row says as a record, with defaults filled in and secrets hashed.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    kind = raw.get("type") if isinstance(raw, dict) else None
    model = RECORD_TYPES.get(kind) if isinstance(kind, str) else None
    if model is None:
        known = f"There is no record type {kind!r}." if kind else "A record is an object with a type."
        raise Refused(Problem(Code.INVALID, known, "/type"))
    record: Record = validated(model, raw).model_dump(exclude_none=True)
    if "pass_code" in record:
        record["pass_code"] = hashed_pass_code(record["id"], record["pass_code"])
    return record


class _Import:
    """One run: what is there already (`_known`), and what is still to be written."""

    def __init__(self, table: Table, now: datetime, fence: Update | None) -> None:
        self._table = table
        self._now = now
        self._fence = fence
        self._programme = ProgrammeNames(table)
        self._catalogue: Catalogue | None = None
        self._known: dict[Key, Item] = {}
        self._pending: dict[Key, Write] = {}
        self._pending_size = 0
        self._touched = False

    def take(self, rows: Iterable[tuple[int, Row]], read: Callable[[Row], Record]) -> list[Imported]:
        """Import some rows, in their order; answers what became of each, in their order too."""
        records, became = list[tuple[int, Record]](), dict[int, Imported]()
        for number, row in rows:
            try:
                records.append((number, read(row)))
            except Refused as refused:
                became[number] = Imported(number, Status.REFUSED, problems=refused.problems)
        self._known = self._table.get_many(self._keys_of(record for _, record in records), consistent=True)
        for number, record in records:
            try:
                became[number] = self._import(number, record)
            except Refused as refused:
                if refused.problems[0].code is Code.RETRY_LATER:
                    raise
                became[number] = Imported(number, Status.REFUSED, problems=refused.problems)
        self._flush()
        return [became[number] for number in sorted(became)]

    def _import(self, number: int, record: Record) -> Imported:
        self._resolve_references(record)
        self._check_unique(record)
        if record["type"] == "opening_balance":
            return self._post_opening_balance(number, record)
        items = items_of(record)
        own = record_key(record["type"], record["id"])
        if own in self._pending:
            self._flush()  # so that the names it is about to lose are there to be found
        before = self._known.get(own)
        if before and before["record"] == items[own]["record"]:
            return Imported(number, Status.UNCHANGED)
        old = exactjson.loads(before["record"]) if before else None
        self._check_sense(record, old)
        self._write(record, items, self._stale(old, items))
        self._touched |= record["type"] in _PRICED_FROM_MEMORY
        return Imported(number, Status.UPDATED if before else Status.CREATED)

    def _write(self, record: Record, items: dict[Key, Item], stale: set[Key]) -> None:
        size = sum(len(item.get("record", "")) for item in items.values())
        if (
            len(self._pending) + len(items) + len(stale) > MAX_TRANSACTION - _BESIDE
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

    def _stale(self, old: Record | None, items: dict[Key, Item]) -> set[Key]:
        """Names that the record had and has no more, as far as they still lead to it."""
        gone = items_of(old).keys() - items.keys() if old else set()
        found = self._table.get_many(gone, consistent=True) if gone else {}
        return {key for key, item in found.items() if old and item["target"] == old["id"]}

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
        if not self._pending:
            return
        writes = list(self._pending.values())
        if self._fence:
            writes.append(self._fence)
        if self._touched:
            # In the same transaction, so that containers notice even if the rest of the import never comes.
            writes.append(Put(keys.PROGRAMME_VERSION, {"version": secrets.randbits(53)}))
        try:
            self._table.transact(writes)
        except Cancelled as cancelled:
            description = "Another import is writing the same records. Import them again once it is done."
            raise Refused(Problem(Code.RETRY_LATER, description)) from cancelled
        self._pending.clear()
        self._pending_size = 0
        if self._touched:
            self._catalogue = None
        self._touched = False

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

    def _check_unique(self, record: Record) -> None:
        owners = self._programme.owners(record)
        for name, key in name_keys(record).items():
            owners[name] = self._known[key]["target"] if key in self._known else None
        taken = [name for name, owner in owners.items() if owner not in (None, record["id"])]
        if taken:
            raise Refused(
                *(Problem(Code.DUPLICATE, f"{owners[name]} has this value already.", f"/{name}") for name in taken)
            )

    def _keys_of(self, records: Iterable[Record]) -> Iterator[Key]:
        for record in records:
            if record["type"] != "opening_balance":  # which is an event
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
