"""Proving the ledger: every wallet against its journal, every event against its id, its account and its document, what
all accounts have used against the events that used it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loyalty.domain.proofs.audit import Deviation
from loyalty.store.table import WholeTable
from loyalty.usecases.proofs.audit import Audit
from loyalty.usecases.proofs.verify_counterparts import Counterparts
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from loyalty.usecases.proofs.verify_references import References
from loyalty.usecases.proofs.verify_untold import separate_unrecorded

SETTLING_SECONDS = 2.0
"""How long a posting that was under way while the table was read may take to be seen everywhere."""


@dataclass(slots=True)
class Verification:
    """How much was read, what does not hold, and what may hold, but rests on what an older version did not record.
    `erased` are events of which what named a person is not there any more."""

    events: int = 0
    wallets: int = 0
    erased: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    unrecorded: list[Deviation] = field(default_factory=list)


def verify_journal(
    table: WholeTable, *, seen: Callable[[int], None] = lambda _: None, settle: Callable[[float], None] = time.sleep
) -> Verification:
    """Read the whole table and check that every posting did exactly what it should. `seen` receives progress, in items.

    Postings may go on meanwhile: what does not add up is read once more before it is reported. Holds the journal in
    memory.
    """
    counterparts, references, counters, numbers = Counterparts(), References(), Counters(), LargestNumbers()
    audit = Audit(counterparts, references, counters, numbers)
    for count, item in enumerate(table.scan(), start=1):
        audit.take(item)
        seen(count)
    if audit.has_accounts_at_odds or counterparts.suspects or references.suspects or counters.suspects:
        settle(SETTLING_SECONDS)
    found = [
        *audit.accounts_at_odds(table, settle),
        *counterparts.deviations(table),
        *references.deviations(table),
        *counters.deviations(table),
        *numbers.deviations(table),
        *audit.programme.deviations(table),
        *audit.items_at_odds,
    ]
    wrong, unrecorded = separate_unrecorded(found, audit.untold.accounts, audit.untold.counters)
    unrecorded += counters.beyond()
    return Verification(audit.events, audit.wallets.count, audit.wallets.erased, wrong, unrecorded)
