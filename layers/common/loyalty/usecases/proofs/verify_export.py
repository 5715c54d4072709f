"""Proving an export of the table: the same proof as of the table itself, without touching it. An export is of one
moment, so nothing is read again from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from loyalty.domain.proofs.audit import Deviation
from loyalty.store.attributes import Item, key_of
from loyalty.store.export import DataFile, TableExport, items_in
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Put
from loyalty.usecases.proofs.audit import Audit
from loyalty.usecases.proofs.sharded_proof import Progress, SortedItems, Verification, first_hash, prove
from loyalty.usecases.proofs.verify_counterparts import Counterparts
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_programme import ProgrammeItems
from loyalty.usecases.proofs.verify_references import References
from loyalty.usecases.proofs.workspace import Tell, Work, Workspace

ITEMS_OF_A_SHARD = 20_000
"""Items that are in memory at a time, but for those of one account, which stay together: some 100 MB."""


def shards_for(items: int) -> int:
    """Return how many shards so many items are proven in."""
    return items // ITEMS_OF_A_SHARD + 1


def verify_export(
    export: TableExport,
    workspace: Workspace = Workspace(),  # noqa: B008 - it cannot be changed
    *,
    progress: Progress = lambda *_: None,
) -> Verification:
    """Check that every posting did exactly what it should, as `verify_journal` does.

    Raises:
        NotAnExport: it is not whole.
    """
    return prove(_Moment(export), workspace, progress, export.count)


class _Moment:
    """A table as it was at one moment."""

    def __init__(self, export: TableExport) -> None:
        self._export = export

    def works(self, items: SortedItems, processes: int) -> list[Work]:
        files = self._export.files
        return [partial(_sort, items, files[one::processes], one) for one in range(processes)]

    def of_accounts(self, audit: Audit, items: Iterator[Item]) -> Iterator[Deviation]:
        return audit.accounts_at_odds(_Snapshot(items), settle=lambda _: None)

    def of_names(self, counterparts: Counterparts, references: References) -> Iterator[Deviation]:
        yield from counterparts.listed()
        yield from references.listed()

    def of_all(self, counters: Counters, numbers: LargestNumbers, programme: ProgrammeItems) -> Iterator[Deviation]:
        yield from counters.listed()
        yield from numbers.listed()
        yield from programme.listed()


def _sort(items: SortedItems, files: Sequence[DataFile], writer: int, tell: Tell) -> int | None:
    since = None
    for file in files:
        for line, item in items_in(file):
            items.sort(item, line if line.endswith(b"\n") else line + b"\n", writer)
            since = first_hash(since, item)
            tell(1)
    items.flush(writer)
    return since


class _Snapshot(MemoryTable):
    """A shard's items, as a table that stands still."""

    def __init__(self, items: Iterable[Item]) -> None:
        super().__init__()
        for item in items:
            self.put(Put(key_of(item), item))

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:  # noqa: ARG002 - a table's
        """Return nothing: all events of an account were seen."""
        return []
