"""Proving the ledger: every wallet against its journal, every event against its id, its account and its document, what
all accounts have used against the events that used it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.records import RECORD_TYPES
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import is_event, is_pointer
from loyalty.store.table import WholeTable
from loyalty.usecases.proofs.event_rules import broken_rules
from loyalty.usecases.proofs.verify_counterparts import Counterparts, claims_of_event, claims_of_record
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_references import References, filed_under
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.proofs.verify_untold import Untold
from loyalty.usecases.proofs.verify_wallets import SeenEvent, Wallets

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
    if suspects or audit.has_suspects:
        settle(SETTLING_SECONDS)
    found = [
        *audit.wallets.deviations(table, suspects, audit.table_id),
        *audit.counterparts.deviations(table),
        *audit.references.deviations(table),
        *audit.reversals.deviations(table),
        *audit.counters.deviations(table),
        *audit.items_at_odds,
    ]
    wrong, unrecorded = audit.untold.told_apart(found)
    unrecorded += audit.counters.beyond()
    return Verification(audit.events, audit.wallets.count, audit.wallets.erased, wrong, unrecorded)


class _Audit:
    """What a scan has shown so far."""

    def __init__(self) -> None:
        self.events = 0
        self.table_id: str | None = None
        self.items_at_odds: list[Deviation] = []
        self.wallets = Wallets()
        self.counterparts = Counterparts()
        self.references = References()
        self.reversals = Reversals()
        self.counters = Counters()
        self.untold = Untold()

    @property
    def has_suspects(self) -> bool:
        """Whether anything beside the wallets does not add up."""
        return bool(
            self.wallets.without_account
            or self.counterparts.suspects
            or self.references.suspects
            or self.reversals.suspects
            or self.counters.suspects
        )

    def take(self, item: Item) -> None:
        """Sort an item in; one that is damaged so far that it cannot be, is a deviation."""
        try:
            self._sort(item)
        except Exception as damage:  # noqa: BLE001 - whatever it is
            key = key_of(item)
            event_id = keys.event_id(key) if keys.is_event(key) else None
            account_id = str(item["account_id"]) if "account_id" in item else None
            found = f"{key.pk} / {key.sk}: {type(damage).__name__}"
            self.items_at_odds.append(Deviation(account_id, event_id, READABLE, found))

    def _sort(self, item: Item) -> None:
        if is_event(item):
            self.events += 1
            self._event(SeenEvent.of(item))
        elif is_pointer(item) or item["sk"] in ("VOUCHER", "ALIAS", "TOKEN"):
            self.counterparts.take(item)
        elif item["sk"] == "REFERENCE":
            self.references.take(item)
        elif item["sk"] == "USED":
            self.counters.take_counter(item)
        elif item["sk"] == "WALLET":
            self.wallets.take_wallet(item)
        elif key_of(item) == keys.TABLE:
            self.table_id = item["target"]
        elif "record" in item:
            self._record(item)

    def _record(self, item: Item) -> None:
        if item["sk"] == "ACCOUNT":
            self.wallets.take_account(item)
        record = exactjson.loads(item["record"])
        self.counters.take_limit(record)
        if record["type"] in RECORD_TYPES:
            self.counterparts.claim(claims_of_record(item))

    def _event(self, seen: SeenEvent) -> None:
        event = seen.event
        broken = list(broken_rules(event))
        self.wallets.take(seen)
        self.counterparts.claim(claims_of_event(event))
        if filed := filed_under(event):
            self.references.file(filed[0], event.entry.event_id, certain=filed[1])
        self.reversals.take(event)
        self.counters.take(event)
        self.untold.take(event)
        for rule, found in broken:
            self.items_at_odds.append(Deviation(event.entry.account_id, event.entry.event_id, rule, found))


READABLE = "every item can be read"
