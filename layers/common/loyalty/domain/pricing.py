"""Pricing: what a purchase awards and spends, and why. Pure and total: the same input always gives the same plan.

Preview renders the plan, create posts it, the journal stores it; so they cannot disagree. Order: totals, offers,
awards, spends, new balance.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.money import ZERO, rounded, split
from loyalty.domain.programme import Currency, Offer, Programme
from loyalty.domain.purchase import Account, Purchase, RequestedSpend, Totals
from loyalty.domain.wallet import Movement, Wallet


@dataclass(frozen=True, slots=True)
class Amounts:
    """One amount in the three currencies that matter, each converted from the exact amount and rounded once.

    `alternative` is None where the organisation has no alternative currency, or no rate for it on that day.
    """

    system: Decimal
    wallet: Decimal
    alternative: Decimal | None

    def __add__(self, other: "Amounts") -> "Amounts":
        known = self.alternative is not None and other.alternative is not None
        alternative = (self.alternative or ZERO) + (other.alternative or ZERO) if known else None
        return Amounts(self.system + other.system, self.wallet + other.wallet, alternative)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of an award a line brought, system currency. `line` is the line's place in the purchase, from 0."""

    line: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Award:
    """What one offer gives. `base` is what its value was applied to; `shares` sum to the award's system amount."""

    offer_id: str
    offer_name: str
    method: str
    value: Decimal
    base: Decimal
    amounts: Amounts
    shares: tuple[Share, ...]


class SpendMethod(StrEnum):
    """How a spend came about (contract, spend reward transaction)."""

    ON_REQUEST = "SPEND_ON_REQUEST"


@dataclass(frozen=True, slots=True)
class Spend:
    """What is paid from the wallet."""

    method: SpendMethod
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an offer applied, or did not: `failed` names its first condition that does not hold, None if all do."""

    offer_id: str
    failed: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that posting the purchase would do."""

    totals: Totals
    awards: tuple[Award, ...]
    spends: tuple[Spend, ...]
    movement: Movement
    why: tuple[Verdict, ...]


def price(purchase: Purchase, account: Account, wallet: Wallet, programme: Programme) -> Plan:
    """The plan for `purchase` of the customer who owns `wallet`.

    Raises:
        Refused: SPEND_LIMIT or INSUFFICIENT_BALANCE, where the requested spend is not to be had; CURRENCY_MISMATCH,
            where an amount would have to be converted on a day without a rate.
    """
    exchange = _Exchange(programme, account, purchase)
    considered = [_considered(offer, purchase, exchange) for offer in programme.offers]
    awards = tuple(award for _, award in considered if award)
    spends = () if purchase.spend is None else (_requested(purchase.spend, purchase, wallet, exchange, programme),)
    movement = _movement([award.amounts for award in awards], [spend.amounts for spend in spends], exchange.nothing)
    return Plan(purchase.totals, awards, spends, movement, tuple(verdict for verdict, _ in considered))


def _considered(offer: Offer, purchase: Purchase, exchange: "_Exchange") -> tuple[Verdict, Award | None]:
    if not offer.effective.holds(purchase.performed_on):
        return Verdict(offer.id, "effective"), None
    places = [place for place, line in enumerate(purchase.lines) if offer.award.looks_at(line)]
    lines = tuple(purchase.lines[place] for place in places)
    for condition in offer.conditions:
        if not condition.holds(purchase, lines):
            return Verdict(offer.id, condition.name), None
    weights = [offer.award.base_of(line) for line in lines]
    base = sum(weights, ZERO)
    amounts = exchange.amounts(offer.award.unrounded(base))
    shares = zip(places, split(amounts.system, weights, exchange.system.exponent), strict=True)
    return Verdict(offer.id, None), Award(
        offer_id=offer.id,
        offer_name=offer.name,
        method=offer.award.method,
        value=offer.award.value,
        base=base,
        amounts=amounts,
        shares=tuple(Share(place, share) for place, share in shares),
    )


def _requested(
    spend: RequestedSpend, purchase: Purchase, wallet: Wallet, exchange: "_Exchange", programme: Programme
) -> Spend:
    """A requested spend is taken whole or refused, and only from what the wallet held before this purchase."""
    amounts = exchange.asked(spend)
    settings = programme.spend_settings_for(purchase.merchant_id)
    limit = None
    if not settings.allow_spending:
        limit = "Spending is not allowed here."
    elif settings.minimum is not None and amounts.system < settings.minimum:
        limit = f"The smallest spend in one transaction is {settings.minimum}."
    elif settings.maximum is not None and amounts.system > settings.maximum:
        limit = f"The largest spend in one transaction is {settings.maximum}."
    elif amounts.system > purchase.totals.total:
        limit = f"No more can be spent than is left to pay, {purchase.totals.total}."
    if limit:
        raise Refused(Problem(Code.SPEND_LIMIT, limit, spend.pointer))
    if amounts.wallet > wallet.balance:
        description = f"The wallet holds {wallet.balance}; {amounts.wallet} cannot be spent."
        raise Refused(Problem(Code.INSUFFICIENT_BALANCE, description, spend.pointer))
    return Spend(SpendMethod.ON_REQUEST, amounts)


def _movement(awards: list[Amounts], spends: list[Amounts], nothing: Amounts) -> Movement:
    awarded, spent = sum(awards, nothing), sum(spends, nothing)
    return Movement(awarded.wallet, spent.wallet, awarded.alternative, spent.alternative)


class _Exchange:
    """Turns amounts of the system currency into the wallet's and the alternative one, at the day's rates."""

    def __init__(self, programme: Programme, account: Account, purchase: Purchase) -> None:
        self.system = programme.system_currency
        self._programme = programme
        self._wallet = programme.wallet_currency(account)
        self._alternative = programme.alternative_currency
        self._at = purchase.performed_on

    @property
    def nothing(self) -> Amounts:
        return self.amounts(ZERO)

    def amounts(self, exact: Decimal) -> Amounts:
        """An exact amount of the system currency in all currencies."""
        wallet = self._in(self._wallet, exact)
        if wallet is None:
            raise Refused(_no_rate(self._wallet, self._at))
        alternative = self._in(self._alternative, exact) if self._alternative else None
        return Amounts(rounded(exact, self.system.exponent), wallet, alternative)

    def asked(self, spend: RequestedSpend) -> Amounts:
        """The amounts of a requested spend, from whichever one was named."""
        amounts = self.amounts(self._exact(spend))
        if amounts.wallet <= 0 or amounts.system <= 0:
            raise Refused(Problem(Code.INVALID, "The amount is nothing once it is rounded.", spend.pointer))
        return amounts

    def _in(self, currency: Currency, exact: Decimal) -> Decimal | None:
        return self._programme.exchanged(exact, self.system, currency, self._at)

    def _exact(self, spend: RequestedSpend) -> Decimal:
        if spend.amount is not None:
            return spend.amount
        if self._alternative is None or spend.alternative_amount is None:
            raise Refused(Problem(Code.CURRENCY_MISMATCH, "There is no alternative currency here.", spend.pointer))
        rate = self._programme.rate(self._alternative, self._at)
        if rate is None:
            raise Refused(_no_rate(self._alternative, self._at, spend.pointer))
        return spend.alternative_amount / rate


def _no_rate(currency: Currency, at: datetime, pointer: str = "") -> Problem:
    return Problem(Code.CURRENCY_MISMATCH, f"No rate of {currency.code} is in force on {at:%Y-%m-%d}.", pointer)
