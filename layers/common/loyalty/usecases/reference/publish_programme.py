"""Publishing the programme: what imports have written of it counts all at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.programme.directory import FORMER_NAME, HANDOVER, Record
from loyalty.domain.records.said import Said
from loyalty.store.programme_snapshot import (
    ProgrammeSnapshot,
    ProgrammeVersion,
    change,
    publication,
    read_records,
    read_snapshot,
)
from loyalty.store.reference import PROGRAMME_TYPES, lost_now
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import MAX_TRANSACTION, Table
from loyalty.store.writes import Put

MAX_READINGS = 5
"""How often the programme is read, as others write it meanwhile."""

Row = TypeVar("Row", bound=Said | Refused)


class SeenTypes:
    """The types of the records that an import has read."""

    def __init__(self) -> None:
        self._types: set[str | None] = set()

    def note(self, row: Row) -> Row:
        """Return a row, after noting its type."""
        if isinstance(row, Said):
            self._types.add(row.kind)
        return row

    @property
    def are_of_programme(self) -> bool:
        """Whether there were records of the programme: it is to be published even if they say what is there, as an
        earlier import may have broken off before it did that."""
        return not PROGRAMME_TYPES.isdisjoint(self._types)


def publish_programme(table: Table, now: datetime) -> None:
    """Let all records of the programme count that are written, unless they do already.

    Raises:
        Refused: RETRY_LATER, if the table is busy, or others write the programme all the time. What was written stays,
            and counts once it is published.
    """
    for _ in range(MAX_READINGS):
        version, records = read_records(table)
        if lost := _lost_long_ago(table, version, records, now):
            table.transact([*lost[: MAX_TRANSACTION - 1], change(of_programme=True)])
            continue
        snapshot = ProgrammeSnapshot.of(records)
        if version.is_published and version.snapshot == snapshot.id and read_snapshot(table, version):
            return
        for put in snapshot.puts:
            table.put(put)
        try:
            table.transact(publication(version, snapshot))
        except ConditionFailed:
            continue
        return
    description = "Another import is writing the programme. Import the file again once it is done."
    raise Refused(Problem(Code.RETRY_LATER, description))


def _lost_long_ago(table: Table, version: ProgrammeVersion, records: Iterable[Record], now: datetime) -> list[Put]:
    """Return the writes that let names be lost now that were lost long before that counts, as by an import that broke
    off: they are contested from when containers may learn of it."""
    since = (now - HANDOVER / 2).timestamp()
    lost = [one for one in records if one["type"] == FORMER_NAME and one.get("lost_on", 0) < since]
    published = read_snapshot(table, version) if lost and not version.is_published else None
    if published is None:
        return []
    told = {(one["id"], one["value"], one.get("lost_on")) for one in published.of_type(FORMER_NAME)}
    untold = (one for one in lost if (one["id"], one["value"], one.get("lost_on")) not in told)
    return [Put(*lost_now(one, now)) for one in untold]
