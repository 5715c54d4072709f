"""Publishing the programme: what imports have written of it counts all at once."""

from typing import TypeVar

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.records.said import Said
from loyalty.store.programme_snapshot import ProgrammeSnapshot, publication, read_records, read_snapshot
from loyalty.store.reference import PROGRAMME_TYPES
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table

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


def publish_programme(table: Table) -> None:
    """Let all records of the programme count that are written, unless they do already.

    Raises:
        Refused: RETRY_LATER, if the table is busy, or others write the programme all the time. What was written stays,
            and counts once it is published.
    """
    for _ in range(MAX_READINGS):
        version, records = read_records(table)
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
