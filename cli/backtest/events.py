"""The purchases of a stack's table as past ones: what its events say was bought, whatever it earned then.

Cancelled purchases are left out; returned lines count as bought. Wallets begin as the journal had left them before the
first day. The journal is held in memory.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from cli.backtest.history import (
    CustomerShare,
    Deposit,
    LeftOutPurchases,
    PastEvent,
    PastPurchases,
    Visit,
    of_share,
    read_products,
)
from cli.console import waiting
from cli.options import Days
from loyalty import exactjson
from loyalty.domain.events.documents import PostedLine
from loyalty.domain.ledger.wallet import EventType, Movement, Wallet
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, Product, Purchase, RequestedSpend
from loyalty.store import keys, ledger
from loyalty.store.customers import Customer, read_customers
from loyalty.store.events import Event, EventState
from loyalty.store.table import Table, WholeTable


@dataclass(frozen=True)
class PostedPurchases:
    """The purchases that were posted to a stack and performed on these days."""

    stack: WholeTable
    days: Days

    def base(self, now: datetime) -> Table:  # noqa: ARG002 - a source's
        """Return the stack itself."""
        return self.stack

    def history(self, table: Table, now: datetime) -> PastPurchases:  # noqa: ARG002 - a source's
        """Return the purchases in the order in which they were performed."""
        with waiting("Reading the table"):
            posted = sorted(
                ledger.scan_events(self.stack), key=lambda event: (event.entry.performed_on, event.entry.sequence)
            )
        start = self.days.start
        before = [event for event in posted if start and event.entry.performed_on.date() < start]
        customers = _customers(before, {event.entry.account_id for event in posted}, table)
        chosen = [event for event in posted if self.days.holds(event.entry.performed_on)]
        chosen = [event for event in chosen if event.entry.account_id in customers]
        total = sum(1 for event in chosen if _stands(event))
        left_out = LeftOutPurchases(
            Counter({"cancelled": sum(1 for event in chosen if event.state is EventState.CANCELLED)})
        )
        bought = [event for event in chosen if _stands(event)]
        lines = (line for event in bought for line in event.purchase_document.lines)
        products = read_products({line.product_id for line in lines if line.product_id}, table)
        codes = _promo_codes(bought, table)

        def events(share: CustomerShare) -> Iterator[PastEvent]:
            for event in chosen:
                if past := _past(event, customers[event.entry.account_id], products, codes):
                    yield of_share(share, past)

        return PastPurchases("the journal", events, total, list(customers.values()), left_out)


def _stands(event: Event) -> bool:
    """Return whether it is a purchase that was not cancelled."""
    return event.entry.type is EventType.PURCHASE and event.state is EventState.POSTED


def _customers(before: Iterable[Event], account_ids: set[str], table: Table) -> dict[str, Customer]:
    """Return the customers as events left them."""
    wallets = {account_id: Wallet(account_id) for account_id in account_ids}
    for event in before:
        account_id = event.entry.account_id
        wallets[account_id] = wallets[account_id].moved(_movement(event), overdrawn=True)
    found = read_customers(table, account_ids)
    return {account_id: Customer(found[account_id].account, wallets[account_id]) for account_id in found}


def _movement(event: Event) -> Movement:
    """Return what an event did to its wallet, with what it counts for if it still stands."""
    counts = _stands(event)
    return replace(event.entry.movement, purchases=int(counts), uses=event.purchase_document.uses if counts else ())


def _past(
    event: Event, customer: Customer, products: Mapping[str, Product], codes: Mapping[str, PromoCode]
) -> Visit | Deposit | None:
    """Return what an event is of the past; None if it has no part in it."""
    if event.entry.type is EventType.ADJUSTMENT:
        return Deposit(customer, event.entry.movement, event.entry.performed_on)
    return Visit(customer, _purchase(event, products, codes)) if _stands(event) else None


def _promo_codes(events: Iterable[Event], table: Table) -> dict[str, PromoCode]:
    """Return the promo codes that purchases brought, by id."""
    named = {event.purchase_document.ids.get("promo_code") for event in events} - {None}
    items = table.get_many([keys.record("promo_code", str(code)) for code in named])
    records = [exactjson.loads(item["promo_code"]) for item in items.values()]
    return {record["id"]: PromoCode.of(record) for record in records}


def _product(line: PostedLine, products: Mapping[str, Product]) -> Product | None:
    if line.product_id is None:
        return None
    return products.get(line.product_id) or Product(line.product_id, line.product_code or "", None)


def _purchase(event: Event, products: Mapping[str, Product], codes: Mapping[str, PromoCode]) -> Purchase:
    """Return the purchase that an event is of."""
    document, ids = event.purchase_document, event.purchase_document.ids
    asked = document.requested
    return Purchase(
        merchant_id=str(event.entry.merchant_id),
        outlet_id=document.outlet_id,
        classification_id=ids.get("classification"),
        performed_on=event.entry.performed_on,
        lines=tuple(
            Line(
                _product(line, products),
                line.quantity,
                line.net,
                line.tax,
                line.total,
            )
            for line in document.lines
        ),
        spend=RequestedSpend(asked.amount, asked.alternative_amount, "/spend_request") if asked else None,
        tap_id=document.tap_id,
        payment_medium_brand_id=ids.get("payment_medium_brand"),
        payment_medium_type_id=ids.get("payment_medium_type"),
        disable_instant_spend=bool(document.details.get("disable_instant_spend")),
        promo_code=codes.get(ids.get("promo_code", "")),
    )
