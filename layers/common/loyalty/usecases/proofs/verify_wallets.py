"""Proving wallets: each against its journal, its chain and its place in the expiry index."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from typing import Self

from msgspec import Struct, field
from msgspec.structs import replace

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.wallet import JournalEntry, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.proofs.audit import Deviation, deviations
from loyalty.domain.proofs.chain_audit import ChainEvidence, TableChains, chain_findings
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item, key_of
from loyalty.store.event_documents import document_text
from loyalty.store.events import Event, event_of, stored_content, wallet_item, wallet_of
from loyalty.store.keys import Key
from loyalty.store.table import JournalTable, Table
from loyalty.usecases.proofs.legible import guarded, legible

MAX_READINGS = 5
"""How often a wallet is read again that keeps moving while it is read."""

INDEX_WAITS = (0.05, 0.1, 0.2)
"""Seconds before each further look into the index for events that it lacks: as a rule it is late by less."""

POSTED_TO = "a wallet is there once something is posted to it"
IN_EXPIRY_INDEX = "the expiry index has a wallet under the next month that takes a part"


class SeenEvent(Struct, frozen=True):
    """An event, and what it is in its wallet's chain."""

    event: Event
    chain: ChainEvidence

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the event in its item. Whatever is wrong with that may be raised."""
        event = event_of(item)
        document_text(event.document)  # raises if an amount is no number
        content = stored_content(item)  # raises if a number is one that no table keeps
        has_traces = not _ONLY_BESIDE_A_HASH.isdisjoint(item)
        return cls(event, ChainEvidence.of(event.entry, event.link, content, has_traces=has_traces))


_ONLY_BESIDE_A_HASH = frozenset({"hash_form", "personal", "salt", "filed", "partner_unit"})


class SeenJournal(Struct):
    """What was seen of a wallet's events: their entries, and their places in the chain."""

    entries: list[JournalEntry] = field(default_factory=list)
    chain: list[ChainEvidence] = field(default_factory=list)

    def take(self, seen: SeenEvent) -> None:
        """Take in an event."""
        self.entries.append(_counted_entry(seen.event))
        self.chain.append(seen.chain)


class Wallets:
    """What a scan has shown of wallets, their events and their accounts."""

    def __init__(self) -> None:
        self.journals: dict[str, SeenJournal] = defaultdict(SeenJournal)
        self._items: dict[str, Item] = {}
        self._accounts: set[str] = set()

    def take(self, seen: SeenEvent) -> None:
        """Sort an event in."""
        self.journals[seen.event.entry.account_id].take(seen)

    def take_wallet(self, item: Item) -> None:
        """Sort a wallet in."""
        account_id = keys.account_id(item["pk"])
        self._items[account_id] = item

    def take_account(self, item: Item) -> None:
        """Sort an account in."""
        self._accounts.add(keys.account_id(item["pk"]))

    @property
    def count(self) -> int:
        """The number of wallets."""
        return len(self._items)

    @property
    def erased(self) -> int:
        """Events of which what named a person was erased."""
        return sum(event.is_erased for journal in self.journals.values() for event in journal.chain)

    @property
    def without_account(self) -> set[str]:
        """Accounts of wallets and events that were not seen themselves."""
        return (self._items.keys() | self.journals.keys()) - self._accounts

    def suspects(self, chains: TableChains) -> list[str]:
        """Return the accounts whose wallet does not agree with what was seen of its journal."""
        accounts = sorted(self._items.keys() | self.journals.keys())
        return [
            account_id
            for account_id in accounts
            if any(_deviations(account_id, self._items.get(account_id), self.journals[account_id], chains))
        ]

    def deviations(
        self, table: JournalTable, suspects: Iterable[str], chains: TableChains, settle: Callable[[float], None]
    ) -> Iterator[Deviation]:
        """Return what does not hold of the suspects, from a closer look at each."""
        for account_id in suspects:
            seen = [keys.event(event.event_id) for event in self.journals[account_id].chain]
            yield from _again(table, account_id, seen, chains, settle)
        for account_id in sorted(self.without_account):
            if table.get(keys.account(account_id), consistent=True) is None:
                yield Deviation(account_id, None, "every wallet has an account", "no account")


def _deviations(account_id: str, item: Item | None, journal: SeenJournal, chains: TableChains) -> Iterator[Deviation]:
    told = item or {}
    wallet = wallet_of(account_id, {**_NOTHING_TOLD, **told})
    if item and not journal.entries:
        yield Deviation(account_id, None, POSTED_TO, "nothing was posted to it")
    chain = (Deviation(account_id, *finding) for finding in chain_findings(wallet, journal.chain, chains))
    for findings in (deviations(wallet, journal.entries), chain, _expiry_findings(wallet, told)):
        yield from guarded(account_id, None, findings)


_NOTHING_TOLD: Item = {"version": ZERO, "balance": ZERO, "purchases": ZERO}


def _expiry_findings(wallet: Wallet, told: Item) -> Iterator[Deviation]:
    due = wallet_item(wallet)
    for name in ("expires", "expiry_shard"):
        if due[name] != told.get(name):
            found = f"{name}: {told.get(name) or 'none'}, its lots make {due[name] or 'none'}"
            yield Deviation(wallet.account_id, None, IN_EXPIRY_INDEX, found)


def _again(
    table: JournalTable, account_id: str, seen: Collection[Key], chains: TableChains, settle: Callable[[float], None]
) -> list[Deviation]:
    """Deviations of one wallet, from a reading during which it stood still. Its events are those that the scan has
    `seen`, and those that the index has, which may be late with the latest: so it is asked again for them."""
    waits = list(INDEX_WAITS)
    for _ in range(MAX_READINGS):
        item, journal = _wallet(table, account_id), SeenJournal()
        events = {*seen, *(key_of(entry) for entry in ledger.journal_items(table, account_id))}
        for found in table.get_many(events, consistent=True).values():
            if one := readable(found):
                journal.take(one)
        listed = list(_deviations(account_id, item and legible(item)[0], journal, chains))
        is_late = len(journal.entries) < _version_in(item)
        if _wallet(table, account_id) == item and not (is_late and waits):
            break
        if waits:
            settle(waits.pop(0))
    return listed


def _version_in(item: Item | None) -> Decimal:
    version: Decimal = legible(item)[0].get("version", ZERO) if item else ZERO
    return version


def _wallet(table: Table, account_id: str) -> Item | None:
    return table.get(keys.wallet(account_id), consistent=True)


def readable(item: Item) -> SeenEvent | None:
    """Return the event in an item; None where it is damaged so far that it cannot be read."""
    try:
        return SeenEvent.of(legible(item)[0])
    except Exception:  # noqa: BLE001 - whatever it is, it is a deviation
        return None


def _counted_entry(event: Event) -> JournalEntry:
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
