"""Proving the ledger: every wallet against its journal, every event against its id, its account and its document, what
all accounts have used against the events that used it."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import is_event, is_pointer
from loyalty.store.table import Table, WholeTable
from loyalty.usecases.proofs.event_rules import broken_rules
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.proofs.verify_untold import Untold
from loyalty.usecases.proofs.verify_wallets import Wallets, readable

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
    """Read the whole table and check that every posting did exactly what it should. `seen` hears of progress, in items.

    Postings may go on meanwhile: what does not add up is read once more before it is reported. Holds the journal in
    memory.
    """
    audit = _Audit()
    for count, item in enumerate(table.scan(), start=1):
        audit.take(item)
        seen(count)
    suspects = audit.wallets.suspects(audit.table_id)
    if (
        suspects
        or audit.wallets.without_account
        or audit.unpaired
        or audit.reversals.suspects
        or audit.counters.suspects
    ):
        settle(SETTLING_SECONDS)
    found = [
        *audit.wallets.deviations(table, suspects, audit.table_id),
        *_unpaired(table, audit.unpaired),
        *audit.reversals.deviations(table),
        *audit.counters.deviations(table),
        *audit.events_at_odds,
    ]
    return Verification(audit.events, audit.wallets.count, audit.wallets.erased, *audit.untold.told_apart(found))


def _unpaired(table: Table, pairs: Iterable[tuple[str, str]]) -> Iterator[Deviation]:
    for pointer, event_id in sorted(pairs):
        event, item = ledger.read_event(table, event_id), table.get(keys.event(pointer), consistent=True)
        if event is None or event.pointer != pointer or item is None or item.get("event_id") != event_id:
            yield Deviation(None, event_id, "a given id and its reference number lead to each other", pointer)


class _Audit:
    """What a scan has shown so far."""

    def __init__(self) -> None:
        self.events = 0
        self.table_id: str | None = None
        self.events_at_odds: list[Deviation] = []
        self.wallets = Wallets()
        self.reversals = Reversals()
        self.counters = Counters()
        self.untold = Untold()
        self._pointers: dict[str, str] = {}
        self._given: dict[str, str] = {}

    def take(self, item: Item) -> None:
        """Sort an item in."""
        if is_event(item):
            self._event(item)
        elif is_pointer(item):
            self._pointers[keys.event_id(key_of(item))] = item["event_id"]
        elif item["sk"] == "VOUCHER":
            self.reversals.take_voucher(item)
        elif item["sk"] == "USED":
            self.counters.take_counter(item)
        elif item["sk"] == "WALLET":
            self.wallets.take_wallet(item)
        elif item["sk"] == "ACCOUNT":
            self.wallets.take_account(item)
        elif key_of(item) == keys.TABLE:
            self.table_id = item["target"]

    @property
    def unpaired(self) -> set[tuple[str, str]]:
        """Reference numbers and given ids of which only one leads to the other."""
        return set(self._pointers.items() ^ self._given.items())

    def _event(self, item: Item) -> None:
        self.events += 1
        seen = readable(item)
        if seen is None:
            account_id, event_id = str(item.get("account_id")), keys.event_id(key_of(item))
            self.events_at_odds.append(Deviation(account_id, event_id, READABLE, "its item or its document is damaged"))
            return
        self.wallets.take(seen)
        event = seen.event
        self.reversals.take(event)
        self.counters.take(event)
        self.untold.take(event)
        if event.pointer:
            self._given[event.pointer] = event.entry.event_id
        for rule, found in broken_rules(event):
            self.events_at_odds.append(Deviation(event.entry.account_id, event.entry.event_id, rule, found))


READABLE = "every event can be read"
