"""What the wallet pays (rewards.md, "Spends"): instantly, as requested, or automatically."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from tests.model.awards import Award
from tests.model.exact import DOWN, NOTHING, Json, exact, rounded
from tests.model.money import ALTERNATIVE, SYSTEM, WALLET, Rates
from tests.model.purchase import CURRENCY, INSUFFICIENT, INVALID, SPEND_LIMIT, Purchase, Refused

INSTANTLY, ON_REQUEST, AUTOMATICALLY = "SPEND_INSTANTLY", "SPEND_ON_REQUEST", "SPEND_AUTOMATICALLY"


@dataclass(frozen=True)
class Spend:
    """What the wallet pays in one way, by currency."""

    method: str
    amounts: dict[str, Fraction]


@dataclass(frozen=True)
class Terms:
    """Limits of each spend by itself, in the system currency (reference-data.md, "spend_settings")."""

    allowed: bool
    least: Fraction
    most: Fraction | None

    @classmethod
    def of(cls, settings: Json) -> "Terms":
        """Return the limits that settings tell."""
        most = settings.get("maximum_spend_amount_per_transaction")
        return cls(
            settings.get("allow_spending", True),
            exact(settings.get("minimum_spend_amount_per_transaction", 0)),
            None if most is None else exact(most),
        )

    def cut(self, amount: Fraction) -> Fraction:
        """Return as much of an amount as one spend may be; nothing below the minimum."""
        most = amount if self.most is None else min(amount, self.most)
        return most if self.allowed and most >= self.least else NOTHING


def instant(purchase: Purchase, awards: list[Award], terms: Terms, rates: Rates) -> Spend | None:
    """Return the one spend of all awards that are to be spent at once.

    What is more than the total or the maximum stays in the wallet, and all of it where that leaves less than the
    minimum. It draws on these awards alone, so a wallet that owes gives it as well.
    """
    at_once = [award for award in awards if award.is_instant]
    whole = sum((award.amounts[SYSTEM] for award in at_once), NOTHING)
    amount = largest(min(whole, purchase.total), terms, rates, whole * rates.rate[WALLET])
    if not amount:
        return None
    if amount == whole:
        return Spend(INSTANTLY, {name: sum((one.amounts[name] for one in at_once), NOTHING) for name in rates.rate})
    return Spend(INSTANTLY, rates.amounts(amount))


def largest(amount: Fraction, terms: Terms, rates: Rates, held: Fraction) -> Fraction:
    """Return the largest spend that fits an amount, the limits, and what the wallet holds: rounded down."""
    fitting = min(amount, held / rates.rate[WALLET])
    capped = fitting if terms.most is None else min(fitting, terms.most)
    return terms.cut(max(NOTHING, rounded(max(NOTHING, capped), rates.decimals[SYSTEM], DOWN)))


def requested(purchase: Purchase, terms: Terms, rates: Rates, to_pay: Fraction, held: Fraction) -> Spend | None:
    """Return the requested spend: taken whole, or the purchase is refused; checked in the order of the docs' table."""
    if purchase.spend is None:
        return None
    if purchase.in_points and ALTERNATIVE not in rates.rate:
        raise Refused(("/spend_request/alternative_amount", CURRENCY))
    amounts = rates.amounts(purchase.spend / (rates.rate[ALTERNATIVE] if purchase.in_points else 1))
    amount = amounts[SYSTEM]
    if not amount:
        raise Refused(("/spend_request", INVALID))
    above = terms.most is not None and amount > terms.most
    if not terms.allowed or amount < terms.least or above or amount > to_pay:
        raise Refused(("/spend_request", SPEND_LIMIT))
    if amounts[WALLET] > held:
        raise Refused(("/spend_request", INSUFFICIENT))
    return Spend(ON_REQUEST, amounts)


def automatic(
    purchase: Purchase, account: Json, terms: Terms, rates: Rates, to_pay: Fraction, held: Fraction
) -> Spend | None:
    """Return what the wallet pays by itself: as much as possible, where nothing is requested."""
    wishes = account.get("automatic_spend") or {}
    merchants = wishes.get("merchants") or []
    if not wishes.get("enabled", False) or (merchants and not {purchase.merchant, purchase.outlet} & set(merchants)):
        return None
    if held < exact(wishes.get("minimum_wallet_balance", 0)) * rates.rate[WALLET]:
        return None
    wished = min(to_pay, exact(wishes["maximum_amount"])) if "maximum_amount" in wishes else to_pay
    amount = largest(wished, terms, rates, held)
    if not amount or amount < exact(wishes.get("minimum_amount", 0)):
        return None
    return Spend(AUTOMATICALLY, rates.amounts(amount))


def available(terms: Terms, rates: Rates, to_pay: Fraction, held: Fraction) -> Fraction:
    """Return the largest amount that could still be requested: its rounding to the wallet's currency is held, and not
    nothing."""
    units = 10 ** rates.decimals[SYSTEM]
    most = to_pay if terms.most is None else min(to_pay, terms.most)
    amounts = range(int(most * units) + 1)
    fitting = bisect_right(amounts, held, key=lambda amount: rates.amount(Fraction(amount, units), WALLET)) - 1
    amount = Fraction(max(0, fitting), units)
    return terms.cut(amount) if rates.amount(amount, WALLET) else NOTHING
