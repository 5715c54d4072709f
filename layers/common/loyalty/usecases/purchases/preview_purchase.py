"""Previewing a purchase: the plan that posting it would carry out now. Nothing is written."""

from datetime import datetime
from decimal import Decimal
from functools import partial

from msgspec import Struct

from loyalty.domain.access.partner import Partner
from loyalty.domain.pricing.plan import Plan, Verdict
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.store.customers import Customer, read_customer
from loyalty.usecases.access.customer_tokens import ShownTokens
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.transaction_batch import existing, read_used, require_active
from loyalty.usecases.newest_programme import require_known, with_newest_programme
from loyalty.usecases.purchases.resolution import Resolution, look_up
from loyalty.usecases.purchases.shared_limits import counters_of, explain_offers, price_with_counters


class Preview(Struct, frozen=True):
    """The plan of a purchase, and its customer at this moment; the balance in the alternative currency, if there is
    one; and, if requested, why each offer of the programme applies or does not."""

    plan: Plan
    customer: Customer
    alternative_balance: Decimal | None
    why: tuple[Verdict, ...]


def preview_purchase(
    engine: Engine, request: PurchaseRequest, partner: Partner, *, now: datetime, explained: bool = False
) -> Preview:
    """Return the plan for `request`: 2 round trips, nothing written.

    Raises:
        Refused: whatever posting it would be refused for, but for its identity and its size.
    """
    preview = partial(_preview, engine, request, partner, now, explained)
    return with_newest_programme(engine.catalogue, now, preview)


def _preview(engine: Engine, request: PurchaseRequest, partner: Partner, now: datetime, explained: bool) -> Preview:
    audience = engine.catalogue.audience(partner, now)
    programme, resolution = audience.programme, Resolution(request, audience)
    items = look_up(engine, [resolution], partner, now=now)
    resolved = resolution.resolve(engine, items, ShownTokens(partner.id, engine.table, now))
    customer = existing(read_customer(engine.table, resolved.account_id), request.customer)
    require_active(customer.account, request.customer)
    require_known(resolved.purchase, customer.account, programme, audience.directory)
    used = read_used(engine.table, counters_of(resolved.purchase, customer.account, programme))
    plan = price_with_counters(resolved.purchase, customer, programme, used)
    customer.wallet.moved(plan.movement)  # or refused, as it would be
    return Preview(
        plan=plan,
        customer=customer,
        alternative_balance=programme.alternative_of(customer.wallet.balance, customer.account, now),
        why=explain_offers(resolved.purchase, customer, programme, used) if explained else (),
    )
