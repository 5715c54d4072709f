"""Batches of events for one transaction, each priced on the wallet as the previous event leaves it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from msgspec import Struct, field

from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.ledger.rules import require_rules
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.money import ZERO
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account, LifeCycle
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import ledger
from loyalty.store.backoff import Backoff
from loyalty.store.customers import Customer
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import PreparedEvent
from loyalty.store.table import MAX_ITEM_BYTES, MAX_TRANSACTION, MAX_TRANSACTION_BYTES, Table
from loyalty.store.writes import Add

MAX_REVERSIBLE_WRITES = MAX_TRANSACTION - 2
"""Items that an event may take of a transaction, beside the wallet: to take a purchase back takes one more."""

MAX_EVENT_BYTES = MAX_ITEM_BYTES - 40_000
"""Bytes of an event, and of a wallet: what is taken back of a purchase's lines has to fit in later, and the keys of a
dry run."""

MAX_BATCH_BYTES = MAX_TRANSACTION_BYTES - 1_000_000
"""Bytes of the events in one transaction: the wallets, and what else is written with the events, take the rest."""

TOO_MANY_WRITES = "This purchase would use more budgets and give more vouchers than one purchase may."

TOO_LARGE = (
    f"This purchase, with what its offers give for each line, would take more than {MAX_EVENT_BYTES} bytes of storage. "
    "Split it into several purchases with fewer lines."
)

TOO_LARGE_WALLET = (
    "With this, what this account has used of limited offers and promo codes, and keeps of purchases that were taken "
    "back, would take more storage than a wallet may. Post purchases for another account."
)

Used = Mapping[Key, Decimal]
"""The uses by all accounts together, by the key of the counter."""


class EventDraft(Protocol):
    """An event on its way: all that stays the same from one try to the next.

    `named` is how the caller named the account.
    """

    @property
    def named(self) -> Reference: ...

    @property
    def programme(self) -> Programme: ...

    def duplicate_of(self, rival: Event | None) -> Problem:
        """Return what to say where another request has the event's identity; `rival` is its event, where that is
        known."""

    def is_posted_as(self, event: Event) -> bool:
        """Return whether the posted event that has its identity already is what it asks for."""

    def counters(self, account: Account) -> Iterable[Key]:
        """Return the counters that `prepare` has to know."""

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:
        """Return the event, as the next one of the customer's wallet.

        Raises:
            Refused: it cannot be posted.
        """


def existing(customer: Customer | None, named: Reference) -> Customer:
    """Return the customer whom the caller named as `named`.

    Raises:
        Refused: NOT_FOUND.
    """
    if customer is None:
        raise Refused(not_found("Account", named.value, named.pointer))
    return customer


def require_active(account: Account, named: Reference) -> None:
    """Let only active accounts pass.

    Raises:
        Refused: INVALID.
    """
    if account.life_cycle_state is not LifeCycle.ACTIVE:
        raise Refused(Problem(Code.INVALID, f"The account is {account.life_cycle_state}.", named.pointer))


def read_used(table: Table, counters: Iterable[Key]) -> dict[Key, Decimal]:
    """Return what all accounts together have used, for each of `counters`."""
    wanted = list(counters)
    items = table.get_many(wanted, consistent=True) if wanted else {}
    return {key: items[key]["used"] if key in items else ZERO for key in wanted}


class TransactionBatch(Struct):
    """Events that go into one transaction, by their places; and those of their wallets that were refused on the way,
    for good once the others are posted."""

    prepared: dict[int, PreparedEvent] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)
    items: int = 0
    size: int = 0
    """Bytes of the events."""

    def has_room_for(self, items: int, size: int) -> bool:
        """Return whether so many items more, with events of so many bytes, fit into the transaction."""
        return self.items + items <= MAX_TRANSACTION and self.size + size <= MAX_BATCH_BYTES

    def add(self, other: "TransactionBatch") -> None:
        """Take the events of another batch in."""
        self.prepared |= other.prepared
        self.refused |= other.refused
        self.items += other.items
        self.size += other.size

    @property
    def counts(self) -> bool:
        """Whether it adds to counters that all accounts share."""
        return any(isinstance(effect.write, Add) for one in self.prepared.values() for effect in one.effects)

    def post(self, table: Table, backoff: Backoff) -> None:
        """Post the events; raises what `ledger.post` does."""
        ledger.post(table, list(self.prepared.values()), backoff)


def counters_of_all(by_account: Mapping[str, Mapping[int, EventDraft]], customers: Mapping[str, Customer]) -> set[Key]:
    """Return the counters that the drafts of these customers have to know."""
    return {
        key
        for account_id, customer in customers.items()
        for draft in by_account[account_id].values()
        for key in draft.counters(customer.account)
    }


def next_batch(
    drafts: Mapping[int, EventDraft], customer: Customer | None, used: dict[Key, Decimal], taken: set[Key]
) -> TransactionBatch:
    """Return the next events of a wallet, as many as fit into a transaction. Their uses are added to `used`, and the
    keys that nobody else may write at the same time to `taken`. An event that meets busy storage or a fault on our side
    waits until the events before it are settled; then that passes through."""
    batch = TransactionBatch(items=1)
    for place, draft in drafts.items():
        try:
            customer = existing(customer, draft.named)
            one = draft.prepare(customer, used)
            require_rules(customer.wallet, one.event.entry, one.wallet)
            one = one.linked(customer.wallet, draft.programme.table_id)
            writes, own_keys, size = one.writes, one.own_keys, one.size + one.wallet_size
        except Exception as failure:
            if isinstance(failure, Refused) and not failure.is_for_now:
                batch.refused[place] = failure
                continue
            if batch.prepared or batch.refused:
                break
            raise
        if why := _excess(one):
            batch.refused[place] = Refused(Problem(Code.LIMIT_EXCEEDED, why))
            continue
        if not batch.has_room_for(writes, size) or not taken.isdisjoint(own_keys):
            break
        taken |= own_keys
        batch.prepared[place] = one
        batch.items += writes
        batch.size += size
        customer = Customer(customer.account, one.wallet)
        for effect in one.effects:
            if isinstance(effect.write, Add):
                used[effect.write.key] = used.get(effect.write.key, ZERO) + effect.write.amount
    return batch


def _excess(one: PreparedEvent) -> str | None:
    """Return why an event cannot be kept, None where it can."""
    of_type = one.event.entry.type
    if one.writes > MAX_REVERSIBLE_WRITES and not of_type.reverses:
        return TOO_MANY_WRITES
    if one.size > MAX_EVENT_BYTES:
        return TOO_LARGE
    is_purchase = of_type is EventType.PURCHASE
    return TOO_LARGE_WALLET if one.wallet_size > (MAX_EVENT_BYTES if is_purchase else MAX_ITEM_BYTES) else None
