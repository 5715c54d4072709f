"""Pricing: what a purchase awards and spends, and why. Pure and total: the same input always gives the same plan.

Preview renders the plan, create posts it, the journal stores it; so they cannot disagree. Order: totals, offers, caps
and limits, awards, instant spends, requested spend or else automatic spend, new balance.

Offers combine: each gives its award on its own lines. An EXCLUSIVE offer has its lines to itself: exclusive offers take
their turn first, the highest priority first (of equals the lower id), and the lines of one that applies are out of
reach of all others, as if they had not been bought; other lines earn as always. Priority decides between exclusive
offers only. An offer that does not apply, or whose award comes to nothing, takes no lines.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.uses import UNRECORDED, Use
from loyalty.domain.ledger.wallet import Lots, Movement, Wallet, add_lots, negate
from loyalty.domain.ledger.windows import FOR_EVER
from loyalty.domain.pricing.basket import Basket
from loyalty.domain.pricing.exchange import Exchange, Quote
from loyalty.domain.pricing.plan import Award, Plan, Verdict
from loyalty.domain.pricing.spends import Payment, Spend
from loyalty.domain.programme.conditions import Occasion
from loyalty.domain.programme.offers import Offer, Stacking
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Purchase

NOTHING_GIVEN: Mapping[str, Decimal] = {}
"""The amounts given, if there are no offers with a budget."""


def price(
    purchase: Purchase,
    account: Account,
    wallet: Wallet,
    programme: Programme,
    given: Mapping[str, Decimal] = NOTHING_GIVEN,
) -> Plan:
    """Return the plan for `purchase` of the customer who owns `wallet`.

    `given` is what each offer that has a budget has given so far, in its award's currency; an offer that is not named
    has given nothing.

    Raises:
        Refused: SPEND_LIMIT or INSUFFICIENT_BALANCE, if the requested spend is not possible; INVALID, if it is zero
            after rounding, or if the account has used up the promo code;
            CURRENCY_MISMATCH, if an amount would have to be converted on a day without a rate.
    """
    occasion = programme.occasion(purchase, account, wallet, given)
    exchange = Exchange(programme, account, purchase.performed_on)
    promo_use = _promo_use(occasion)
    considered = list(_consider_offers(programme.offer_index.possible(occasion), occasion, exchange))
    given_now = [award for _, award in considered if award]
    awards = tuple(award for award in given_now if award.voucher_type is None)

    settings = programme.place_of(purchase).spend_settings
    payment = Payment(occasion, settings, exchange, left=purchase.totals.total, balance=wallet.balance)
    instant = [award for award in awards if award.instant]
    spends = tuple(payment.spends(exchange.sum([award.amounts for award in instant]), _lots_of(instant)))

    awarded = exchange.sum([award.amounts for award in awards])
    spent = exchange.sum([spend.amounts for spend in spends])
    return Plan(
        totals=purchase.totals,
        awards=awards,
        vouchers=tuple(award for award in given_now if award.voucher_type),
        spends=spends,
        movement=Movement(
            awarded=awarded.wallet,
            spent=spent.wallet,
            alternative_awarded=awarded.alternative,
            alternative_spent=spent.alternative,
            lots=_lots_moved(awards, spends),
            purchases=1,
            uses=tuple(use for use in (promo_use, *(award.use for award in given_now)) if use),
        ),
        settings=settings,
        available=payment.after(spends).available,
        why=tuple(verdict for verdict, _ in considered),
    )


def explain(
    purchase: Purchase,
    account: Account,
    wallet: Wallet,
    programme: Programme,
    given: Mapping[str, Decimal] = NOTHING_GIVEN,
) -> tuple[Verdict, ...]:
    """Return the verdict on every offer of the programme, also on those that `price` need not look at.

    Raises:
        Refused: CURRENCY_MISMATCH, if there is no rate of the wallet's currency on the day.
    """
    occasion = programme.occasion(purchase, account, wallet, given)
    exchange = Exchange(programme, account, purchase.performed_on)
    return tuple(verdict for verdict, _ in _consider_offers(programme.offers, occasion, exchange))


def _consider_offers(
    offers: Iterable[Offer], occasion: Occasion, exchange: Exchange
) -> Iterator[tuple[Verdict, Award | None]]:
    """Return the outcome of each offer; `offers` are in their turn."""
    basket = Basket(occasion.purchase.lines)
    for offer in offers:
        verdict, award = _outcome(offer, occasion, exchange, basket)
        if award and offer.stacking is Stacking.EXCLUSIVE:
            basket.take(award.portion.places)
        yield verdict, award


def _outcome(offer: Offer, occasion: Occasion, exchange: Exchange, basket: Basket) -> tuple[Verdict, Award | None]:
    if closed_by := offer.closed_by(occasion):
        return Verdict(offer.id, closed_by), None
    places, lines = basket.about(offer)
    if not places and basket.has_lines_for(offer):
        return Verdict(offer.id, "stacking"), None
    if failed := offer.failed_condition(occasion, lines):
        return Verdict(offer.id, failed), None
    quote = exchange.quote(offer.award.currency)
    if reached := offer.limits.reached(offer.id, occasion, quote.currency.id if quote else UNRECORDED):
        return Verdict(offer.id, reached), None
    if quote is None:
        return Verdict(offer.id, "rate"), None
    award = _award(offer, occasion, exchange, _Grounds(basket, places, quote))
    return Verdict(offer.id, None if award else "award"), award


class _Grounds(Struct, frozen=True):
    """The base of an award: lines of the basket, by their places; and the award's currency."""

    basket: Basket
    places: tuple[int, ...]
    quote: Quote


def _award(offer: Offer, occasion: Occasion, exchange: Exchange, grounds: _Grounds) -> Award | None:
    """Return what `offer` gives, None if that is nothing in every currency."""
    rule, portion = offer.award, grounds.basket.portion(grounds.places, offer.award.measure)
    maxima = [rule.maximum, offer.limits.left(offer.id, occasion, grounds.quote.currency.id), _ceiling(offer, grounds)]
    maximum = min((maximum for maximum in maxima if maximum is not None), default=None)
    amounts = exchange.amounts(rule.exact(portion.base, grounds.quote.rate), rule.currency, rule.rounding, maximum)
    if not (amounts.system or amounts.wallet or amounts.alternative):
        return None
    span = rule.expires_after
    return Award(
        offer=offer,
        portion=portion,
        amounts=amounts,
        expires=span.last_month(occasion.purchase.performed_on) if span else None,
        use=offer.limits.use(offer.id, occasion, amounts.of(rule.currency), grounds.quote.currency.id),
    )


def _ceiling(offer: Offer, grounds: _Grounds) -> Decimal | None:
    """Return the base of the offer's lines in the award's currency, where it may not give more than that."""
    measure = offer.award.ceiling
    return grounds.basket.portion(grounds.places, measure).base * grounds.quote.rate if measure else None


def _promo_use(occasion: Occasion) -> Use | None:
    """Return the use of the purchase's promo code, where uses are limited per account.

    Raises:
        Refused: INVALID, if the account has used it as often as it may.
    """
    code = occasion.purchase.promo_code
    if code is None or code.maximum_uses_per_account is None:
        return None
    used = occasion.wallet.uses.within(code.subject, FOR_EVER)
    if used is None or used.count >= code.maximum_uses_per_account:
        raise Refused(code.used_up)
    return Use(code.subject, FOR_EVER, 1, per_account=code.maximum_uses_per_account)


def _lots_of(awards: Iterable[Award]) -> Lots:
    """Return what awards bring to each lot."""
    lots: dict[str, Decimal] = defaultdict(Decimal)
    for award in awards:
        if award.expires:
            lots[award.expires] += award.amounts.wallet
    return lots


def _lots_moved(awards: Iterable[Award], spends: Iterable[Spend]) -> Lots:
    """Return the changes of the wallet's lots."""
    lots = _lots_of(awards)
    for spend in spends:
        lots = add_lots(lots, negate(spend.lots))
    return lots
