"""Proving the ledger: every wallet against its journal, every event against its id, its account and its document, what
all accounts have used against the events that used it."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from loyalty.domain.proofs.audit import Deviation
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.table import WholeTable
from loyalty.usecases.proofs.audit import Audit
from loyalty.usecases.proofs.sharded_proof import Progress, SortedItems, Verification, first_hash, prove, row_of
from loyalty.usecases.proofs.verify_counterparts import Counterparts
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_programme import ProgrammeItems
from loyalty.usecases.proofs.verify_references import References, recounted
from loyalty.usecases.proofs.workspace import Tell, Work, Workspace

SETTLING_SECONDS = 2.0
"""How long a posting that was under way while the table was read may take to be seen everywhere."""


def verify_journal(
    table: WholeTable,
    workspace: Workspace = Workspace(),  # noqa: B008 - it cannot be changed
    *,
    progress: Progress = lambda *_: None,
    settle: Callable[[float], None] = time.sleep,
) -> Verification:
    """Read the whole table and check that every posting did exactly what it should.

    Postings may go on meanwhile: what does not add up is read once more before it is reported. The table is read by one
    process, whatever the workspace has; what is read is proven by all of them.
    """
    return prove(_LiveTable(table, settle), workspace, progress)


class _LiveTable:
    """A table to which others may post."""

    def __init__(self, table: WholeTable, settle: Callable[[float], None]) -> None:
        self._table = table
        self._settle = settle
        self._has_settled = False
        self._reference_numbers: set[Key] = set()

    def works(self, items: SortedItems, processes: int) -> list[Work]:
        return [partial(self._sort, items, processes)]

    def _sort(self, items: SortedItems, writer: int, tell: Tell) -> int | None:
        since = None
        for item in self._table.scan():
            items.sort(item, row_of(item), writer)
            since = first_hash(since, item)
            tell(1)
        items.flush(writer)
        return since

    def of_accounts(self, audit: Audit, items: Iterator[Item]) -> Iterator[Deviation]:  # noqa: ARG002 - a source's
        self._let_settle()
        return audit.accounts_at_odds(self._table, self._settle)

    def of_names(self, counterparts: Counterparts, references: References) -> Iterator[Deviation]:
        self._let_settle()
        self._reference_numbers |= references.suspects
        return counterparts.deviations(self._table)

    def of_all(self, counters: Counters, numbers: LargestNumbers, programme: ProgrammeItems) -> Iterator[Deviation]:
        if counters.suspects:
            self._let_settle()
        yield from recounted(self._table, self._reference_numbers)
        yield from counters.deviations(self._table)
        yield from numbers.deviations(self._table)
        yield from programme.deviations(self._table)

    def _let_settle(self) -> None:
        if not self._has_settled:
            self._settle(SETTLING_SECONDS)
        self._has_settled = True
