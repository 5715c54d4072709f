"""What is kept of a purchase that was posted, and what became of it since."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.awards import Award
from tests.model.exact import NOTHING, rounded
from tests.model.limits import Use
from tests.model.money import ALTERNATIVE, SYSTEM, WALLET
from tests.model.pricing import Plan
from tests.model.purchase import Purchase
from tests.model.spends import INSTANTLY
from tests.model.wallet import Lots

Returned = list[Fraction]
"""How much of each line came back, by its place."""


@dataclass
class Posted:
    """A purchase of the journal.

    Attributes:
        number: Its number in the history.
        plan: What it did.
        posted_on: When it was posted.
        balance: The wallet's balance after it.
        version: Its number in the wallet's journal.
        drawn: Which lots its spend came from, without the instant one.
        at_once: Which lots its instant spend came from: those of the awards that it spent.
        paid_off: What of a debt of the wallet it paid off.
        uses: What it used of its account's limits, by offer.
        budgets: What it drew on budgets, by offer.
        counts_code: Whether it counts, still, as a use of its promo code by all accounts together.
        returned: How much of each line came back.
        is_cancelled: Whether it was cancelled.
        waived: What the customer keeps of its awards that were taken back.
        kept: The same, by the place of the award in the plan.
        awarded_back: What was taken back, wallet's currency.
        spent_back: What was given back.
        settled: What of that settled what had been waived of other purchases.
        points_back: What was taken back, in the alternative currency.
    """

    number: int
    plan: Plan
    posted_on: int
    balance: Fraction = NOTHING
    version: int = 0
    drawn: Lots = field(default_factory=dict)
    at_once: Lots = field(default_factory=dict)
    paid_off: Fraction = NOTHING
    uses: dict[str, Use] = field(default_factory=dict)
    budgets: dict[str, Fraction] = field(default_factory=dict)
    counts_code: bool = False
    returned: Returned = field(default_factory=list)
    is_cancelled: bool = False
    waived: Fraction = NOTHING
    kept: dict[int, Fraction] = field(default_factory=dict)
    awarded_back: Fraction = NOTHING
    spent_back: Fraction = NOTHING
    settled: Fraction = NOTHING
    points_back: Fraction = NOTHING

    @property
    def purchase(self) -> Purchase:
        """The purchase itself."""
        return self.plan.purchase

    @property
    def stands(self) -> bool:
        """Whether it counts as one of the account's purchases: not once it was cancelled or returned whole."""
        lines = self.purchase.lines
        return not self.is_cancelled and any(
            back < line.quantity for back, line in zip(self.returned, lines, strict=True)
        )

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left, nor of its awards with the customer."""
        return not self.stands and not self.waived


def whole(purchase: Purchase) -> Returned:
    """Return all of a purchase."""
    return [line.quantity for line in purchase.lines]


def part_of_award(posted: Posted, award: Award, returned: Returned) -> Fraction:
    """Return which part of an award has to be undone once so much came back (rewards.md, "A return undoes ...").

    Of a line's share, a piece is its part of the quantity, exactly. Shares are those in the system currency.
    """
    lines = posted.purchase.lines
    by_line = award.line_shares(posted.plan.rates.decimals[SYSTEM])
    back = sum((share * returned[at] / lines[at].quantity for at, share in by_line.items()), NOTHING)
    return back / sum(by_line.values(), NOTHING)


def award_back(posted: Posted, award: Award, returned: Returned, currency: str = WALLET) -> Fraction:
    """Return what has to be undone of an award once so much came back, in one currency: rounded once."""
    part = part_of_award(posted, award, returned)
    return rounded(award.amounts[currency] * part, posted.plan.rates.decimals[currency])


def all_came_back(posted: Posted, award: Award, returned: Returned) -> bool:
    """Tell whether all that an award was given for came back."""
    return all(returned[at] == posted.purchase.lines[at].quantity for at in award.lines)


def spend_back(posted: Posted, method: str, returned: Returned, currency: str = WALLET) -> Fraction:
    """Return what has to be given back of a spend, in one currency: rounded once.

    A spend is shared over all lines in proportion to their totals, exactly; an instant one as the awards that it spent.
    """
    spend = next((one for one in posted.plan.spends if one.method == method), None)
    if spend is None or currency not in spend.amounts:
        return NOTHING
    if method == INSTANTLY and currency == WALLET:
        return sum(instant_back(posted, returned).values(), NOTHING)
    if method == INSTANTLY:
        at_once = [one for one in posted.plan.awards if one.is_instant]
        back = sum((award_back(posted, one, returned, currency) for one in at_once), NOTHING)
        whole_of_it = sum((one.amounts[currency] for one in at_once), NOTHING)
        part = back / whole_of_it if whole_of_it else NOTHING
    else:
        lines = posted.purchase.lines
        parts = [line.total * back / line.quantity for line, back in zip(lines, returned, strict=True)]
        part = sum(parts, NOTHING) / posted.purchase.total
    return rounded(spend.amounts[currency] * part, posted.plan.rates.decimals[currency])


def instant_back(posted: Posted, returned: Returned) -> Lots:
    """Return what has to be given back of an instant spend, by lot: the part of its awards there that has come back."""
    result: Lots = {}
    for lot, spent in posted.at_once.items():
        awards = [one for one in posted.plan.awards if one.is_instant and one.lot == lot]
        back = sum((award_back(posted, one, returned) for one in awards), NOTHING)
        awarded = sum((one.amounts[WALLET] for one in awards), NOTHING)
        result[lot] = rounded(spent * back / awarded, posted.plan.rates.decimals[WALLET])
    return result


def due(posted: Posted, returned: Returned, currency: str = WALLET) -> Fraction:
    """Return what has to be undone of all awards once so much came back."""
    awards = (award_back(posted, one, returned, currency) for one in posted.plan.awards if not one.is_voucher)
    return sum(awards, NOTHING)


def points_taken(posted: Posted) -> Fraction:
    """Return what was taken back in the alternative currency: of what was due, the part that the wallet gave; nothing
    of what was told in none."""
    if ALTERNATIVE not in posted.plan.rates.rate:
        return NOTHING
    returned = whole(posted.purchase) if posted.is_cancelled else posted.returned
    of_wallet, of_points = due(posted, returned), due(posted, returned, ALTERNATIVE)
    if not of_wallet:
        return of_points
    return rounded(of_points * posted.awarded_back / of_wallet, posted.plan.rates.decimals[ALTERNATIVE])
