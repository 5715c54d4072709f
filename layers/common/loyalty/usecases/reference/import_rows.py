"""Importing rows of reference data: each is checked and, if it holds, kept where it differs from what is there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.records.said import Said
from loyalty.domain.uploads.row_outcome import RowStatus
from loyalty.store.catalogue import Catalogue
from loyalty.store.reference import PROGRAMME_TYPES
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Update
from loyalty.usecases.ledger.opening_balance import find_opening_balance, post_opening_balance
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.newest_programme import with_newest_programme
from loyalty.usecases.reference.handed_on_values import ValueTaken, WaitingRow, groups, wanted_names
from loyalty.usecases.reference.known_records import OPENING_BALANCE, KnownRecords
from loyalty.usecases.reference.record_of_row import Record, RecordName, as_record, name_in, name_of
from loyalty.usecases.reference.record_sense import check_sense
from loyalty.usecases.reference.record_writer import PRICED_FROM_MEMORY, RecordWriter, fits

ROWS_AT_A_TIME = 200
"""Rows whose existing items are read together."""

MAX_RECORD_BYTES = 300_000
"""The most bytes of a row: as many as fit in an item beside its key."""

MAX_WAITING = 1000
"""Rows that wait for others to give up what they want, and as many that wait for what they name; more are not kept in
memory."""

MAX_READINGS = 3
"""How often the table is looked at for the same rows, as another import was faster with the same names."""

Row = tuple[int, Said | Refused]
"""A row's number, and what it says of a record, or why that cannot be told."""


class ImportedRow(Struct, frozen=True):
    """The outcome of a row, by its number: for an opening balance the event's id; and why it was refused, if it was,
    with every faulty field."""

    number: int
    status: RowStatus
    event_id: str | None = None
    problems: Sequence[Problem] = ()

    @classmethod
    def refused(cls, number: int, refusal: Refused) -> Self:
        """Return a row that was refused."""
        return cls(number, RowStatus.REFUSED, problems=refusal.problems)


def import_rows(
    rows: Iterable[Row], *, table: Table, now: datetime, fence: Update | None = None
) -> Iterator[ImportedRow]:
    """Import rows, by their numbers; yield the outcome of each as it is known. Rows that want values of others, or name
    later records, come last. With a `fence`, the rows are a chunk of a file, and records are written only as long as
    its condition holds. Records of the programme count once they are published (`publish_programme`), or once something
    that counts at once names them.

    Raises:
        Refused: RETRY_LATER, if the table is busy or another import is always faster with the same names, or the
            fence fails. Records that are already imported stay; importing the same rows again imports the rest.
    """
    run = None
    for window in _windows(rows):
        run = run or _Import(table, now, fence)
        yield from run.take(window)
    if run:
        yield from run.finish()


def _windows(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Return the rows, some at a time, in none of which a record stands twice."""
    window, names = list[Row](), set[RecordName]()
    for row in rows:
        name = name_in(row[1])
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


def _note(became: dict[int, ImportedRow], more: Mapping[int, ImportedRow]) -> None:
    """Note what became of rows; of those that are looked at once more, what was written before is not told again as an
    update, or as unchanged."""
    written = (RowStatus.CREATED, RowStatus.UPDATED)
    for number, one in more.items():
        before = became.get(number)
        if before is None or before.status not in written or one.status is RowStatus.REFUSED:
            became[number] = one


class _Import:
    """One run: what is there already, what is still to be written, and who waits for whom."""

    def __init__(self, table: Table, now: datetime, fence: Update | None) -> None:
        self._table = table
        self._now = now
        self._writer = RecordWriter(table, now, fence)
        self._is_chunk = fence is not None
        self._known = KnownRecords(table, now)
        self._catalogue: Catalogue | None = None
        self._waiting: dict[RecordName, WaitingRow] = {}
        self._behind: dict[RecordName, WaitingRow] = {}
        """Rows that name what cannot be found, or will lead to somebody else, as long as it may come."""
        self._wanted: set[RecordName] = set()

    def take(self, window: Sequence[Row]) -> list[ImportedRow]:
        """Import some rows, in their order; return what became of them, and of those that waited for them."""
        return self._done(partial(self._take, window))

    def finish(self) -> list[ImportedRow]:
        """Import rows whose names now exist, and refuse those that still wait; yield their outcomes."""
        return self._done(self._finish)

    def _done(self, step: Callable[[dict[int, ImportedRow]], None]) -> list[ImportedRow]:
        """Do a step, and repeat it on the new state if another import was faster with the same names; return the
        outcomes of the rows."""
        became: dict[int, ImportedRow] = {}
        waiting, behind = dict(self._waiting), dict(self._behind)
        for _ in range(MAX_READINGS):
            try:
                step(became)
                return [became[number] for number in sorted(became)]
            except ConditionFailed:
                self._writer.drop()
                self._known = KnownRecords(self._table, self._now)
                self._waiting, self._behind = dict(waiting), dict(behind)
                self._wanted = wanted_names(waiting.values())
        description = "Another import is writing the same records. Import them again once it is done."
        raise Refused(Problem(Code.RETRY_LATER, description))

    def _take(self, window: Sequence[Row], became: dict[int, ImportedRow]) -> None:
        self._known.start(name for _, row in window if (name := name_in(row)))
        records = dict[int, Record]()
        for number, row in window:
            try:
                records[number] = self._record(row)
            except Refused as refused:
                became[number] = ImportedRow.refused(number, refused)
        self._known.learn(records.values())
        for number, record in records.items():
            _note(became, self._settle_row(number, record))
        self._flush()
        names = {name_of(record) for record in records.values()}
        if any(one.owners & names for one in self._waiting.values()):
            _note(became, self._exchange_values())
            self._wanted = wanted_names(self._waiting.values())

    def _finish(self, became: dict[int, ImportedRow]) -> None:
        before: Collection[RecordName] = ()
        while self._behind.keys() != before or self._wanted:
            if self._behind.keys() == before:
                self._wanted = set()  # those who wait will not have it, so names lead to whoever has them
            behind, self._behind, before = self._behind, {}, self._behind.keys()
            self._known.start(behind)
            self._known.learn(one.record for one in behind.values())
            for one in behind.values():
                _note(became, self._settle_row(one.number, one.record))
            self._flush()
            if self._waiting:
                _note(became, self._exchange_values())
        for one in (*self._waiting.values(), *self._behind.values()):
            became[one.number] = self._give_up(one.number, one.record, one.refusal)

    def _record(self, row: Said | Refused) -> Record:
        if isinstance(row, Refused):
            raise row
        return as_record(row, self._known.old(name_in(row)))

    def _settle_row(self, number: int, record: Record) -> dict[int, ImportedRow]:
        """Return the outcome of a row, if it does not have to wait; and of an earlier, waiting row of the same record,
        which is refused, so that it does not replace the later one."""
        became = {}
        for waiting in (self._waiting, self._behind):
            if earlier := waiting.pop(name_of(record), None):
                became[earlier.number] = ImportedRow.refused(earlier.number, earlier.refusal)
        try:
            became[number] = self._import(number, record)
        except Refused as refused:
            if refused.is_for_now:
                raise
            places = self._place_to_wait(refused)
            if places is not None and len(places) < MAX_WAITING:
                places[name_of(record)] = one = WaitingRow(number, record, refused)
                self._wanted |= wanted_names([one])
            else:
                became[number] = self._give_up(number, record, refused)
        return became

    def _give_up(self, number: int, record: Record, refused: Refused) -> ImportedRow:
        """Return the outcome of a row that waits no longer: it is refused, but for an opening balance that was posted
        while its account had the name."""
        lost = record["type"] == OPENING_BALANCE and refused.problems[0].code is Code.NOT_FOUND
        if lost and (posted := find_opening_balance(record, table=self._table)):
            return ImportedRow(number, RowStatus.UNCHANGED, posted.entry.told_id)
        return ImportedRow.refused(number, refused)

    def _place_to_wait(self, refused: Refused) -> dict[RecordName, WaitingRow] | None:
        """Return where a row that was refused may wait for others, if it may."""
        if isinstance(refused, ValueTaken):
            return self._waiting
        may_come = all(problem.code is Code.NOT_FOUND for problem in refused.problems)
        return self._behind if may_come else None

    def _import(self, number: int, record: Record) -> ImportedRow:
        names = self._known.named_in(record) if self._wanted else {}
        if unsettled := self._wanted & names.keys():
            # They lead to others now, and not any more once those who wait have what they want.
            raise Refused(*(not_found(*name, names[name]) for name in sorted(unsettled)))
        self._known.resolve_references(record)
        if record["type"] == OPENING_BALANCE:
            return self._post_opening_balance(number, record)
        old = self._known.old(name_of(record))
        if old == record:
            return ImportedRow(number, RowStatus.UNCHANGED)
        check_sense(record, old, self._known.programme)
        if taken := self._known.taken_values(record):
            raise ValueTaken(taken)
        self._write([record])
        return ImportedRow(number, RowStatus.UPDATED if old else RowStatus.CREATED)

    def _exchange_values(self) -> dict[int, ImportedRow]:
        """Import those that wait whose values are free by now, or get free as others are written with them."""
        self._known.start(self._waiting)
        self._known.learn(one.record for one in self._waiting.values())
        waiting = [
            replace(one, refusal=ValueTaken(self._known.taken_values(one.record))) for one in self._waiting.values()
        ]
        became: dict[int, ImportedRow] = {}
        for group in groups(waiting):
            together = fits(self._known.writes([one.record for one in group]))
            for some in [group] if together else [[one] for one in group]:
                became |= self._write_together(some)
        return became

    def _write_together(self, group: Sequence[WaitingRow]) -> dict[int, ImportedRow]:
        """Return what became of rows whose records get values from nobody but each other; nothing of a single one that
        does not, which goes on waiting."""
        if len(group) == 1 and self._known.taken_values(group[0].record):
            return {}
        statuses = [RowStatus.UPDATED if self._known.old(one.name) else RowStatus.CREATED for one in group]
        self._write([one.record for one in group])
        self._flush()
        for one in group:
            del self._waiting[one.name]
        return {one.number: ImportedRow(one.number, status) for one, status in zip(group, statuses, strict=True)}

    def _write(self, records: Sequence[Record]) -> None:
        """Write records of a type, which may get values from each other, in one transaction."""
        self._publish_what_is_named_by(records)
        writes = self._known.writes(records)
        self._writer.add(records[0]["type"], writes)
        self._known.note(records, writes)

    def _flush(self) -> None:
        if self._writer.flush():
            self._catalogue = None

    @property
    def _is_published(self) -> bool:
        return self._known.programme.is_published and not self._writer.has_programme

    def _publish_what_is_named_by(self, records: Sequence[Record]) -> None:
        """Let what is written of the programme count before the first record that names some of it and counts at
        once, such as an account of a new currency."""
        if self._is_published or records[0]["type"] in PRICED_FROM_MEMORY:
            return
        named = {name for record in records for name in self._known.named_in(record) if name[0] in PROGRAMME_TYPES}
        if named and not self._known.are_published(named):
            self._publish()

    def _publish(self) -> None:
        self._writer.publish()
        self._known.note_publication()
        self._catalogue = None

    def _post_opening_balance(self, number: int, record: Record) -> ImportedRow:
        system_currency = self._known.programme.system_currency
        if system_currency is None:
            raise Refused(Problem(Code.INVALID, "There is no currency with the role SYSTEM yet. Import one first."))
        self._flush()
        # What does not count yet may be of an import that broke off, unless this one, or a chunk before it, wrote it.
        may_be_own = self._writer.has_programme or self._is_chunk
        if not self._is_published and (may_be_own or not self._known.are_published([("currency", system_currency)])):
            self._publish()
        catalogue = self._catalogue = self._catalogue or Catalogue(self._table)

        def post() -> PostedEvent:
            programme = catalogue.programme(self._now)
            return post_opening_balance(record, programme=programme, table=self._table, now=self._now)

        posting = with_newest_programme(catalogue, self._now, post)
        status = RowStatus.UNCHANGED if posting.replayed else RowStatus.CREATED
        return ImportedRow(number, status, posting.event.entry.told_id)
