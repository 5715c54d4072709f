"""A ledger of one wallet in memory, for tests of what is posted where it does not matter how that is found and sent."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.access.partner import Partner
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Identity, Origin
from loyalty.domain.ledger.wallet import JournalEntry, Wallet
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase, PurchaseRequest, Reference
from loyalty.domain.reversals.returns import ReturnedProduct
from loyalty.store import keys, ledger
from loyalty.store.customers import Customer
from loyalty.store.events import Event, wallet_item, wallet_of
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.numbers import Numbers
from loyalty.store.writes import Put, Update, Write
from loyalty.usecases.ledger.expire_lots import ExpiryDraft
from loyalty.usecases.ledger.transaction_batch import EventDraft, next_batch, read_used
from loyalty.usecases.proofs.verify_reversals import Reversals
from loyalty.usecases.purchases.purchase_draft import PurchaseDraft
from loyalty.usecases.purchases.resolution import Resolved
from loyalty.usecases.reversals.reversal_draft import ReversalDraft, ReversalRequest

PARTNER = Partner("P", frozenset(), frozenset("*"))
SAME = Fingerprint.of_fields({})


class SaidId(Identity, frozen=True):
    """The identity of an event that is to have just the id that a test says."""

    def event_id(self, merchant_id: str, reference_number: str | None, number: str) -> str:  # noqa: ARG002 - as of identities
        """Return the event's id."""
        return self.parts[0]


class Book:
    """A wallet and its journal; `entries` are those that were posted here."""

    def __init__(self, programme: Programme, account: Account, wallet: Wallet) -> None:
        self.programme = programme
        self.account = account
        self.table = MemoryTable()
        self.entries: list[JournalEntry] = []
        self._beside: set[Key] = set()
        if wallet.version:
            self.table.put(Put(keys.wallet(account.id), wallet_item(wallet)))

    @property
    def wallet(self) -> Wallet:
        """The wallet as it stands."""
        return wallet_of(self.account.id, self.table.get(keys.wallet(self.account.id)))

    def event(self, event_id: str = "E") -> Event:
        """Return an event as it stands."""
        event = ledger.read_event(self.table, event_id)
        assert event
        return event

    @property
    def reversals_at_odds(self) -> list[str]:
        """Purchases that do not agree with what took them back."""
        seen = Reversals()
        for entry in self.entries:
            seen.take(self.event(entry.event_id))
        return seen.suspects

    def attributes(self, sk: str, name: str) -> list[Any]:
        """Return an attribute of all items of a kind that were written beside events."""
        items = self.table.get_many(sorted(key for key in self._beside if key.sk == sk))
        return [item[name] for item in items.values()]

    def forget(self, event_id: str, attribute: str) -> None:
        """Leave an attribute of an event out, as an earlier version did not write it."""
        self.table.transact([Update(keys.event(event_id), {attribute: None}, f"attribute_exists({attribute})")])

    def writes_beside(self, draft: EventDraft) -> list[Write]:
        """Return what is to be written beside an event."""
        return [
            effect.write for effect in draft.prepare(Customer(self.account, self.wallet), self._used(draft)).effects
        ]

    def buy(self, purchase: Purchase, event_id: str = "E") -> Event:
        """Post a purchase."""
        return self.post(self.purchase_draft(purchase, event_id))

    def cancel(self, now: datetime, event_id: str = "E") -> Event:
        """Cancel a purchase."""
        return self.post(self.cancellation_draft(now, event_id))

    def give_back(self, quantities: Mapping[int, Decimal], now: datetime, event_id: str = "E") -> Event:
        """Return goods, by line."""
        goods = tuple(ReturnedProduct(line, None, quantity, "") for line, quantity in quantities.items())
        return self.post(
            self._reversal_draft(ReversalRequest(f"R-{self.wallet.version}", "R", now, SAME, goods), now, event_id)
        )

    def expire(self, now: datetime) -> Event:
        """Take out what is over."""
        return self.post(ExpiryDraft(self.account.id, self.programme, now))

    def purchase_draft(self, purchase: Purchase, event_id: str = "E") -> PurchaseDraft:
        """Return a purchase on its way."""
        request = PurchaseRequest(
            identity=SaidId(Origin.GIVEN, (event_id,)),
            reference_number=event_id,
            customer=Reference("contact_id", "C", "/contact_id"),
            performed_by={},
            references={},
            details={},
            performed_on=purchase.performed_on,
            lines=(),
            spend=purchase.spend,
            fingerprint=SAME,
        )
        resolved, numbers = Resolved(purchase, self.account.id, {}, None, {}, None), Numbers(self.table)
        return PurchaseDraft(request, PARTNER, self.programme, resolved, numbers, purchase.performed_on)

    def cancellation_draft(self, now: datetime, event_id: str = "E") -> ReversalDraft:
        """Return a cancellation on its way."""
        return self._reversal_draft(ReversalRequest(f"C-{event_id}", event_id, now, SAME), now, event_id)

    def fits(self, draft: EventDraft) -> bool:
        """Return whether an event fits into a transaction."""
        return bool(next_batch({0: draft}, Customer(self.account, self.wallet), self._used(draft), set()).prepared)

    def _reversal_draft(self, asked: ReversalRequest, now: datetime, event_id: str) -> ReversalDraft:
        return ReversalDraft(asked, self.account.id, event_id, self.event, PARTNER, self.programme, now)

    def _used(self, draft: EventDraft) -> dict[Key, Decimal]:
        return read_used(self.table, draft.counters(self.account))

    def post(self, draft: EventDraft) -> Event:
        """Post an event."""
        prepared = draft.prepare(Customer(self.account, self.wallet), self._used(draft))
        ledger.post(self.table, [prepared])
        self.entries.append(prepared.event.entry)
        self._beside |= {effect.write.key for effect in prepared.effects}
        return self.event(prepared.event.entry.event_id)
