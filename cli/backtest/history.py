"""Past purchases, as every source of them hands them over."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from loyalty import exactjson
from loyalty.domain.ledger.wallet import Movement
from loyalty.domain.purchases.purchase import Product, Purchase
from loyalty.store import keys
from loyalty.store.customers import Customer
from loyalty.store.table import Table


class CustomerShare(NamedTuple):
    """A part of all customers: one of `of` that are about as large. The only one of 1 is all of them."""

    number: int = 0
    of: int = 1

    def holds(self, account_id: str) -> bool:
        """Return whether a customer belongs to it."""
        return self.of == 1 or zlib.crc32(account_id.encode()) % self.of == self.number


EVERYBODY = CustomerShare()


class Visit(NamedTuple):
    """A purchase that was made, and by whom; with the wallet as it was before the first purchase of all."""

    customer: Customer
    purchase: Purchase


class Deposit(NamedTuple):
    """A balance that was brought into a wallet by something else than a purchase, and when."""

    customer: Customer
    movement: Movement
    at: datetime


class Elsewhere(NamedTuple):
    """A purchase (`is_visit`) or a deposit of a customer of another share, and when: months end for all at once."""

    at: datetime
    is_visit: bool


PastEvent = Visit | Deposit | Elsewhere


def of_share(share: CustomerShare, event: Visit | Deposit) -> PastEvent:
    """Return an event as a share sees it."""
    if share.holds(event.customer.account.id):
        return event
    match event:
        case Visit(_, purchase):
            return Elsewhere(purchase.performed_on, is_visit=True)
        case Deposit(_, _, at):
            return Elsewhere(at, is_visit=False)


@dataclass(frozen=True, slots=True)
class LeftOutPurchases:
    """Purchases that cannot be priced: how many, by reason; and of those of a file, the first row of each reason."""

    counts: Counter[str] = field(default_factory=Counter)
    first_rows: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str, row: int) -> None:
        """Count one more."""
        self.counts[reason] += 1
        self.first_rows[reason] = min(row, self.first_rows.get(reason, row))


@dataclass(frozen=True)
class PastPurchases:
    """The purchases of the past, in the order of time.

    Attributes:
        source: where they come from, for the report.
        events: return visits and deposits, in order, as a share of the customers sees them. It may be asked in several
            processes at a time. Reading them raises `OutOfOrder` if they are not in order.
        total: the number of purchases among the events.
        customers: customers who hold something at the start, and may have no events.
        left_out: purchases that cannot be priced; filled while `events` are read.
        in_order: return the same history sorted, which takes longer; None if it is always in order.
    """

    source: str
    events: Callable[[CustomerShare], Iterable[PastEvent]]
    total: int
    customers: Sequence[Customer] = ()
    left_out: LeftOutPurchases = field(default_factory=LeftOutPurchases)
    in_order: "Callable[[], PastPurchases] | None" = None


class Source(Protocol):
    """Where past purchases come from."""

    def base(self, now: datetime) -> Table | None:
        """Return what draft programmes are laid on top of: what the purchases refer to, and the current programme."""

    def history(self, table: Table, now: datetime) -> PastPurchases:
        """Return the purchases; what they name is looked up in `table`, which has the draft on top of the base."""


def read_products(ids: Iterable[str], table: Table) -> dict[str, Product]:
    """Return the products of these ids, as pricing needs them, as many as exist."""
    items = table.get_many([keys.record("product", product_id) for product_id in ids])
    records = [exactjson.loads(item["product"]) for item in items.values()]
    return {record["id"]: Product(record["id"], record["code"], record.get("product_type")) for record in records}
