"""Pricing with what all accounts share: budgets of offers, and uses of promo codes."""

from collections.abc import Iterator
from decimal import Decimal

from loyalty.domain.errors import Refused
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.plan import Plan, Verdict
from loyalty.domain.pricing.pricing import explain, price
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase
from loyalty.store import keys
from loyalty.store.customers import Customer
from loyalty.store.keys import Key
from loyalty.usecases.ledger.transaction_batch import Used


def counters_of(purchase: Purchase, account: Account, programme: Programme) -> Iterator[Key]:
    """Return the counters that pricing a purchase has to know: of budgets that it could draw on, and of its promo
    code."""
    for offer_id in programme.budgeted_offers(purchase, account):
        yield budget_key(offer_id)
    if purchase.promo_code and purchase.promo_code.maximum_uses:
        yield promo_code_key(purchase.promo_code.id)


def price_with_counters(purchase: Purchase, customer: Customer, programme: Programme, used: Used) -> Plan:
    """Return the plan for a purchase, given what all accounts together have used.

    Raises:
        Refused: whatever `price` refuses; INVALID, if the promo code was used as often as it may be.
    """
    code = purchase.promo_code
    if code and code.maximum_uses and used[promo_code_key(code.id)] >= code.maximum_uses:
        raise Refused(code.used_up)
    return price(purchase, customer.account, customer.wallet, programme, _budget_uses(programme, used))


def explain_offers(purchase: Purchase, customer: Customer, programme: Programme, used: Used) -> tuple[Verdict, ...]:
    """Return the verdict on every offer of the programme, given what all accounts together have used."""
    return explain(purchase, customer.account, customer.wallet, programme, _budget_uses(programme, used))


def _budget_uses(programme: Programme, used: Used) -> dict[str, Decimal]:
    return {offer_id: used.get(budget_key(offer_id), ZERO) for offer_id in programme.with_budget}


def budget_key(offer_id: str) -> Key:
    """Return where what an offer has given is counted."""
    return keys.counter("reward_offer", offer_id)


def promo_code_key(code_id: str) -> Key:
    """Return where uses of a promo code are counted."""
    return keys.counter("promo_code", code_id)
