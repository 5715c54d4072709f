"""How a purchase is priced (rewards.md, "Order"): totals, offers in their turn, spends, the plan."""

from dataclasses import dataclass
from fractions import Fraction

from tests.model.awards import Award, award
from tests.model.conditions import matching, occasion, rejection
from tests.model.exact import NOTHING, Json, is_kept
from tests.model.limits import Limits
from tests.model.money import ALTERNATIVE, WALLET, Rates, rates
from tests.model.programme import Programme
from tests.model.purchase import LIMIT, Purchase, Refused
from tests.model.spends import INSTANTLY, Spend, Terms, automatic, available, instant, requested


@dataclass(frozen=True)
class Plan:
    """What posting a purchase would do.

    Attributes:
        purchase: What is priced.
        rates: The rates on its day.
        awards: What offers give, vouchers among them.
        spends: What the wallet pays.
        why: By offer, what kept it from applying; None where it applies.
        limits: By offer that gave something, its limits as they were before.
        terms: The limits of one spend.
        available: What could still be requested, in the system currency.
    """

    purchase: Purchase
    rates: Rates
    awards: list[Award]
    spends: list[Spend]
    why: dict[str, str | None]
    limits: dict[str, Limits]
    terms: Terms
    available: Fraction

    def awarded(self, currency: str) -> Fraction:
        """Return what the wallet gets, in one currency: vouchers are beside it."""
        return sum((one.amounts[currency] for one in self.awards if not one.is_voucher), NOTHING)

    def spent(self, currency: str) -> Fraction:
        """Return what the wallet pays, in one currency."""
        return sum((one.amounts[currency] for one in self.spends), NOTHING)


def price(
    purchase: Purchase, programme: Programme, balance: Fraction, bought_before: int, limits: dict[str, Limits]
) -> Plan:
    """Return the plan of a purchase: what it gives and takes, or the refusal that its spend meets."""
    account = programme.get("account", purchase.account)
    assert account is not None
    of_day = rates(programme, account, purchase.performed_on)
    awards, why = _awards(purchase, programme, bought_before, limits, of_day)
    terms = Terms.of(programme.spend_settings(purchase.merchant, purchase.outlet))
    held = max(NOTHING, balance)
    at_once = instant(purchase, awards, terms, of_day)
    to_pay = purchase.total - (at_once.amounts["SYSTEM"] if at_once else 0)
    by_hand = requested(purchase, terms, of_day, to_pay, held)
    if purchase.spend is None:
        by_hand = automatic(purchase, account, terms, of_day, to_pay, held)
    spends = [one for one in (at_once, by_hand) if one]
    drawn = sum((one.amounts[WALLET] for one in spends if one.method != INSTANTLY), NOTHING)
    left = to_pay - (by_hand.amounts["SYSTEM"] if by_hand else 0)
    still = available(terms, of_day, left, held - drawn)
    plan = Plan(purchase, of_day, awards, spends, why, limits, terms, still)
    _require_room(plan, balance)
    return plan


def _require_room(plan: Plan, balance: Fraction) -> None:
    """Refuse what a table would not keep: the sums of awards and of spends, and the balance after them."""
    kinds = [WALLET, *([ALTERNATIVE] if ALTERNATIVE in plan.rates.rate else [])]
    amounts = [amount for kind in kinds for amount in (plan.awarded(kind), plan.spent(kind))]
    after = balance + plan.awarded(WALLET) - plan.spent(WALLET)
    if not all(map(is_kept, (*amounts, after))):
        raise Refused(("", LIMIT))


def _awards(
    purchase: Purchase, programme: Programme, bought_before: int, limits: dict[str, Limits], of_day: Rates
) -> tuple[list[Award], dict[str, str | None]]:
    """Let each offer have its turn (rewards.md, "Several offers").

    Exclusive offers have the first choice, the highest priority first, of equals the lower id; the lines of one that
    applies are as if they had not been bought for all others.
    """
    seen = occasion(purchase, programme, bought_before)
    offers = sorted(programme.of("reward_offer"), key=_turn)
    free, awards, why = list(purchase.lines), [], {}
    for offer in offers:
        verdict = rejection(offer, seen, programme, free)
        given = verdict or award(offer, purchase, free, programme, of_day, limits[offer["id"]])
        why[offer["id"]] = given if isinstance(given, str) else None
        if isinstance(given, Award):
            awards.append(given)
            if _is_exclusive(offer):
                taken = matching(offer["conditions"], free)
                free = [line for line in free if not any(line is one for one in taken)]
    return awards, why


def _is_exclusive(offer: Json) -> bool:
    return bool(offer.get("stacking") == "EXCLUSIVE")


def _turn(offer: Json) -> tuple[bool, int, str]:
    return not _is_exclusive(offer), -offer.get("priority", 0), offer["id"]
