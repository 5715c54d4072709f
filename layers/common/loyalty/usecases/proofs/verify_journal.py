"""Proving the ledger: every wallet against its journal, every event against its id, its account and its document, what
all accounts have used against the events that used it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.identity import Origin, derived_id, parted_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.period import months_after
from loyalty.domain.proofs.audit import Deviation, deviations
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import Event, event_of, is_event, is_pointer, wallet_of
from loyalty.store.table import Table, WholeTable
from loyalty.usecases.proofs.verify_counters import Counters
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.proofs.verify_untold import Untold

SETTLING_SECONDS = 2.0
"""How long a posting that was under way while the table was read may take to be seen everywhere."""

MAX_READINGS = 5
"""How often a wallet is read again that keeps moving while it is read."""


@dataclass(slots=True)
class Verification:
    """How much was read, what does not hold, and what may hold, but rests on what an older version did not record."""

    events: int = 0
    wallets: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    unrecorded: list[Deviation] = field(default_factory=list)


def verify_journal(
    table: WholeTable, *, seen: Callable[[int], None] = lambda _: None, settle: Callable[[float], None] = time.sleep
) -> Verification:
    """Read the whole table and check that every posting did exactly what it should. `seen` receives progress, in items.

    Postings may go on meanwhile: what does not add up is read once more before it is reported. Holds the journal in
    memory.
    """
    audit = _Audit()
    for count, item in enumerate(table.scan(), start=1):
        audit.take(item)
        seen(count)
    suspects = [wallet.account_id for wallet in audit.wallets() if any(deviations(wallet, audit.entries_of(wallet)))]
    if suspects or audit.without_account or audit.unpaired or audit.reversals.suspects or audit.counters.suspects:
        settle(SETTLING_SECONDS)
    found = [
        *(deviation for account_id in suspects for deviation in _again(table, account_id)),
        *_without_account(table, audit.without_account),
        *_unpaired(table, audit.unpaired),
        *audit.reversals.deviations(table),
        *audit.counters.deviations(table),
        *audit.events_at_odds,
    ]
    return Verification(audit.events, len(audit.wallet_items), *audit.untold.told_apart(found))


def _without_account(table: Table, account_ids: Iterable[str]) -> Iterator[Deviation]:
    for account_id in sorted(account_ids):
        if table.get(keys.account(account_id), consistent=True) is None:
            yield Deviation(account_id, None, "every wallet has an account", "no account")


def _unpaired(table: Table, pairs: Iterable[tuple[str, str]]) -> Iterator[Deviation]:
    for pointer, event_id in sorted(pairs):
        event, item = ledger.read_event(table, event_id), table.get(keys.event(pointer), consistent=True)
        if event is None or event.pointer != pointer or item is None or item.get("event_id") != event_id:
            yield Deviation(None, event_id, "a given id and its reference number refer to each other", pointer)


def _again(table: WholeTable, account_id: str) -> list[Deviation]:
    """Deviations of one wallet, from a reading during which it stood still."""
    for _ in range(MAX_READINGS):
        wallet = _wallet(table, account_id)
        event_ids = [entry.event_id for entry in ledger.read_whole_journal(table, account_id)]
        found = list(deviations(wallet, [_counted(event) for event in ledger.read_events(table, event_ids).values()]))
        if _wallet(table, account_id) == wallet:
            break
    return found


def _counted(event: Event) -> JournalEntry:
    """Return its entry, whose movement tells what it counts for as a purchase, of limits, and of what is waived."""
    movement = event.entry.movement
    match event.document:
        case PurchaseDocument() as purchase:
            movement = replace(movement, purchases=1, uses=purchase.uses)
        case ReversalDocument() as back:
            movement = replace(
                movement,
                purchases=-int(back.completes or False),
                uses=back.uses,
                waived=back.outstanding,
                forgiven=back.forgiven,
            )
    return replace(event.entry, movement=movement)


def _wallet(table: Table, account_id: str) -> Wallet:
    return wallet_of(account_id, table.get(keys.wallet(account_id), consistent=True))


class _Audit:
    """The state of a scan so far."""

    def __init__(self) -> None:
        self.events = 0
        self.entries: dict[str, list[JournalEntry]] = defaultdict(list)
        self.wallet_items: dict[str, Item] = {}
        self.events_at_odds: list[Deviation] = []
        self.reversals = Reversals()
        self.counters = Counters()
        self.untold = Untold()
        self._accounts: set[str] = set()
        self._pointers: dict[str, str] = {}
        self._given: dict[str, str] = {}

    def take(self, item: Item) -> None:
        """Sort an item in."""
        if is_event(item):
            self._event(event_of(item))
        elif is_pointer(item):
            self._pointers[keys.event_id(key_of(item))] = item["event_id"]
        elif item["sk"] == "VOUCHER":
            self.reversals.take_voucher(item)
        elif item["sk"] == "USED":
            self.counters.take_counter(item)
        elif item["sk"] == "WALLET":
            self.wallet_items[keys.account_id(item["pk"])] = item
        elif item["sk"] == "ACCOUNT":
            self._accounts.add(keys.account_id(item["pk"]))

    def wallets(self) -> list[Wallet]:
        """Return every wallet that exists, or should because there are events of it."""
        accounts = self.wallet_items.keys() | self.entries.keys()
        return [wallet_of(account_id, self.wallet_items.get(account_id)) for account_id in sorted(accounts)]

    def entries_of(self, wallet: Wallet) -> list[JournalEntry]:
        """Return the wallet's journal as far as it was seen."""
        return self.entries.get(wallet.account_id, [])

    @property
    def without_account(self) -> set[str]:
        """Accounts of wallets and events that were not seen themselves."""
        return (self.wallet_items.keys() | self.entries.keys()) - self._accounts

    @property
    def unpaired(self) -> set[tuple[str, str]]:
        """Reference numbers and given ids of which only one leads to the other."""
        return set(self._pointers.items() ^ self._given.items())

    def _event(self, event: Event) -> None:
        self.events += 1
        self.entries[event.entry.account_id].append(_counted(event))
        self.reversals.take(event)
        self.counters.take(event)
        self.untold.take(event)
        if event.pointer:
            self._given[event.pointer] = event.entry.event_id
        for rule, found in _at_odds(event):
            self.events_at_odds.append(Deviation(event.entry.account_id, event.entry.event_id, rule, found))


def _at_odds(event: Event) -> Iterator[tuple[str, str]]:
    """Rules that an event breaks by itself."""
    entry = event.entry
    given = event.origin is Origin.GIVEN and event.pointer
    if _derived(event) != (event.pointer if given else entry.event_id):
        yield "the id is derived from what identifies the event", f"{event.origin} gives {_derived(event)}"
    told, of_merchant = parted_id(entry.event_id)
    if of_merchant and (event.origin is not Origin.GIVEN or of_merchant != entry.merchant_id):
        yield "a given id is stored under the event's merchant", f"{told} of {of_merchant}"
    if entry.type is EventType.EXPIRY and not _is_due(entry):
        yield (
            "an expiry takes out what has expired, and no more",
            f"{dict(entry.movement.lots)} on {entry.posted_on:%Y-%m}",
        )
    if entry.type is not EventType.PURCHASE:
        return
    purchase, movement = event.purchase, entry.movement
    for name, parts, recorded in (
        ("awards", purchase.awards, movement.awarded),
        ("spends", purchase.spends, movement.spent),
    ):
        total = sum((part.amounts.wallet for part in parts), ZERO)
        if total != recorded:
            yield f"the {name} of an event sum to what its wallet got or gave", f"{total}, journal {recorded}"


def _is_due(entry: JournalEntry) -> bool:
    lots = entry.movement.lots
    return entry.movement.amount == sum(lots.values(), ZERO) < 0 and max(lots) < months_after(entry.posted_on, 0)


def _derived(event: Event) -> str:
    """Return the id that an event should have or, where its id was given, its reference number's pointer."""
    entry = event.entry
    parts: Mapping[Origin, Callable[[], tuple[str, ...]]] = {
        Origin.GIVEN: lambda: (entry.merchant_id or "", entry.reference_number or ""),
        Origin.REFERENCE: lambda: (entry.merchant_id or "", entry.reference_number or ""),
        Origin.EXTERNAL: lambda: event.purchase.identity,
        Origin.KEY: lambda: event.purchase.identity,
        Origin.ROW: lambda: event.purchase.identity,
        Origin.CONTENT: lambda: event.purchase.identity,
        Origin.NUMBER: lambda: (event.purchase.number,),
        Origin.OPENING_BALANCE: lambda: (entry.reference_number or "",),
        Origin.CANCELLATION: lambda: (event.reversal.reverses,),
        Origin.RETURN: lambda: (event.reversal.reverses, entry.reference_number or ""),
        Origin.EXPIRY: lambda: (entry.account_id, str(entry.sequence)),
    }
    origin = Origin.REFERENCE if event.origin is Origin.GIVEN else event.origin
    return derived_id(origin, *parts[event.origin]())
