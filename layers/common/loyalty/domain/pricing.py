"""Pricing: what a purchase awards and spends, and why. Pure and total: the same input always gives the same plan.

Preview renders the plan, create posts it, the journal stores it; so they cannot disagree. Order: totals, offers, caps,
awards, instant spends, requested spend or else automatic spend, new balance.

Offers combine: each gives its award on its own lines. An EXCLUSIVE offer has its lines to itself: exclusive offers take
their turn first, the highest priority first (of equals the lower id), and the lines of one that applies are out of
reach of all others, as if they had not been bought; other lines earn as always. Priority decides between exclusive
offers only. An offer that does not apply, or whose award comes to nothing, takes no lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from loyalty.domain.awards import AwardCurrency, Method
from loyalty.domain.conditions import Occasion
from loyalty.domain.exchange import Amounts, Exchange
from loyalty.domain.money import ZERO, split
from loyalty.domain.offers import Offer, Stacking
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Account, Purchase, Totals
from loyalty.domain.spend_settings import SpendSettings
from loyalty.domain.spends import Payment, Spend, SpendMethod
from loyalty.domain.wallet import Movement, Wallet


class Share(NamedTuple):
    """How much of an award a line brought, system currency. `line` is the line's place in the purchase, from 0."""

    line: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Award:
    """What one offer gives. `base` is what its value was applied to: an amount of the system currency, for PER_UNIT a
    number of pieces. `value` is in `currency`; `instant` awards are to be spent at once. `shares` sum to the award's
    system amount."""

    offer_id: str
    offer_name: str
    scheme_name: str
    method: Method
    value: Decimal
    currency: AwardCurrency
    instant: bool
    base: Decimal
    amounts: Amounts
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an offer applied, or did not: `failed` is None if it did, else the first of these that kept it from applying.

    life_cycle_state, effective (its dates), scheme, merchant (not effective), disable_instant_spend; stacking (an
    exclusive offer has its lines); a condition, by its name; rate (its currency has none); award (it comes to nothing).
    """

    offer_id: str
    failed: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that posting the purchase would do.

    `settings` are the limits that hold for each spend, `available` what could still be requested (system currency, 0
    where nothing could). `why` has a verdict on each offer that was looked at; `explain` has one on every offer.
    """

    totals: Totals
    awards: tuple[Award, ...]
    spends: tuple[Spend, ...]
    movement: Movement
    settings: SpendSettings
    available: Decimal
    why: tuple[Verdict, ...]

    @property
    def awarded(self) -> Decimal:
        """All awards, system currency."""
        return sum((award.amounts.system for award in self.awards), ZERO)

    @property
    def alternative_awarded(self) -> Decimal | None:
        """All awards, alternative currency; None where none of them was given in it (contract, preview)."""
        if all(award.currency is AwardCurrency.SYSTEM for award in self.awards):
            return None
        return sum((award.amounts.alternative or ZERO for award in self.awards), ZERO)

    def spent(self, method: SpendMethod) -> Decimal:
        """What is spent by one method, system currency."""
        return sum((spend.amounts.system for spend in self.spends if spend.method is method), ZERO)


def price(purchase: Purchase, account: Account, wallet: Wallet, programme: Programme) -> Plan:
    """The plan for `purchase` of the customer who owns `wallet`.

    Raises:
        Refused: SPEND_LIMIT or INSUFFICIENT_BALANCE, where the requested spend is not to be had; INVALID, where it is
            nothing once it is rounded; CURRENCY_MISMATCH, where an amount would have to be converted on a day without a
            rate.
    """
    occasion = programme.occasion(purchase, account)
    exchange = Exchange(programme, account, purchase.performed_on)
    considered = list(_considered(programme.offer_index.possible(occasion), occasion, exchange))
    awards = tuple(award for _, award in considered if award)

    settings = programme.spend_settings_for(purchase)
    payment = Payment(occasion, settings, exchange, left=purchase.totals.total, balance=wallet.balance)
    instant = sum((award.amounts for award in awards if award.instant), exchange.nothing)
    spends = tuple(payment.spends(instant))

    awarded = sum((award.amounts for award in awards), exchange.nothing)
    spent = sum((spend.amounts for spend in spends), exchange.nothing)
    return Plan(
        totals=purchase.totals,
        awards=awards,
        spends=spends,
        movement=Movement(awarded.wallet, spent.wallet, awarded.alternative, spent.alternative),
        settings=settings,
        available=payment.after(spends).available,
        why=tuple(verdict for verdict, _ in considered),
    )


def explain(purchase: Purchase, account: Account, programme: Programme) -> tuple[Verdict, ...]:
    """The verdict on every offer of the programme, also on those that `price` need not look at.

    Raises:
        Refused: CURRENCY_MISMATCH, where there is no rate of the wallet's currency on the day.
    """
    occasion = programme.occasion(purchase, account)
    exchange = Exchange(programme, account, purchase.performed_on)
    return tuple(verdict for verdict, _ in _considered(programme.offers, occasion, exchange))


def _considered(
    offers: Iterable[Offer], occasion: Occasion, exchange: Exchange
) -> Iterator[tuple[Verdict, Award | None]]:
    """The outcome of each offer; `offers` are in their turn."""
    free = list(range(len(occasion.purchase.lines)))
    for offer in offers:
        verdict, award = _outcome(offer, occasion, exchange, free)
        if award and offer.stacking is Stacking.EXCLUSIVE:
            taken = {share.line for share in award.shares}
            free = [place for place in free if place not in taken]
        yield verdict, award


def _outcome(offer: Offer, occasion: Occasion, exchange: Exchange, free: Sequence[int]) -> tuple[Verdict, Award | None]:
    if closed_by := offer.closed_by(occasion):
        return Verdict(offer.id, closed_by), None
    lines = occasion.purchase.lines
    places = [place for place in free if offer.is_about(lines[place])]
    if not places and any(offer.is_about(line) for line in lines):
        return Verdict(offer.id, "stacking"), None
    if failed := offer.failed_condition(occasion, [lines[place] for place in places]):
        return Verdict(offer.id, failed), None
    rate = exchange.rate(offer.award.currency)
    if rate is None:
        return Verdict(offer.id, "rate"), None
    award = _award(offer, occasion.purchase, exchange, rate, places)
    return Verdict(offer.id, None if award else "award"), award


def _award(offer: Offer, purchase: Purchase, exchange: Exchange, rate: Decimal, places: Sequence[int]) -> Award | None:
    """What `offer` gives for the lines at `places`, None where that is nothing in every currency."""
    rule = offer.award
    weights = [rule.base_of(purchase.lines[place]) for place in places]
    base = sum(weights, ZERO)
    amounts = exchange.amounts(rule.exact(base, rate), rule.currency, rule.rounding, rule.maximum)
    if not (amounts.system or amounts.wallet or amounts.alternative):
        return None
    shares = zip(places, split(amounts.system, weights, exchange.exponent), strict=True)
    return Award(
        offer_id=offer.id,
        offer_name=offer.name,
        scheme_name=offer.scheme.name,
        method=rule.method,
        value=rule.value_at(base),
        currency=rule.currency,
        instant=rule.instant,
        base=base,
        amounts=amounts,
        shares=tuple(Share(place, amount) for place, amount in shares),
    )
