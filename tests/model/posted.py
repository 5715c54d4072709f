"""What is kept of a purchase that was posted, and what became of it since."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.awards import Award
from tests.model.exact import NOTHING, rounded, shares
from tests.model.limits import Use
from tests.model.money import WALLET
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
        paid_off: What of a debt of the wallet it paid off.
        uses: What it used of its account's limits, by offer.
        budgets: What it drew on budgets, by offer.
        counts_code: Whether it counts as a use of its promo code by all accounts together.
        returned: How much of each line came back.
        is_cancelled: Whether it was cancelled.
        waived: What the customer keeps of its awards that were taken back.
        kept: The same, by the place of the award in the plan.
        awarded_back: What was taken back, wallet's currency.
        spent_back: What was given back.
        settled: What of that settled what had been waived of other purchases.
    """

    number: int
    plan: Plan
    posted_on: int
    balance: Fraction = NOTHING
    version: int = 0
    drawn: Lots = field(default_factory=dict)
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

    @property
    def purchase(self) -> Purchase:
        """What was bought."""
        return self.plan.purchase

    @property
    def stands(self) -> bool:
        """Whether it counts as one of the account's purchases: not once it was cancelled or returned whole."""
        return not self.is_cancelled and self.returned != whole(self.purchase)


def whole(purchase: Purchase) -> Returned:
    """Return all of a purchase."""
    return [line.quantity for line in purchase.lines]


def award_back(posted: Posted, award: Award, returned: Returned, currency: str = WALLET) -> Fraction:
    """Return what has to be undone of an award once so much came back (rewards.md, "A return undoes the share ...").

    Of a line's share, a piece is its part of the quantity, exactly; the total is rounded once.
    """
    if currency not in award.amounts:
        return NOTHING
    decimals = posted.plan.rates.decimals[currency]
    lines = posted.purchase.lines
    parts = [share * returned[at] / lines[at].quantity for at, share in award.line_shares(currency, decimals).items()]
    return rounded(sum(parts, NOTHING), decimals)


def all_came_back(posted: Posted, award: Award, returned: Returned) -> bool:
    """Tell whether all that an award was given for came back."""
    return all(returned[at] == posted.purchase.lines[at].quantity for at in award.lines)


def spend_back(posted: Posted, method: str, returned: Returned, currency: str = WALLET) -> Fraction:
    """Return what has to be given back of a spend: shared over all lines in proportion to their totals.

    An instant spend is shared as the awards that it spent.
    """
    spend = next((one for one in posted.plan.spends if one.method == method), None)
    if spend is None or currency not in spend.amounts:
        return NOTHING
    decimals = posted.plan.rates.decimals[currency]
    amount, lines = spend.amounts[currency], posted.purchase.lines
    if method == INSTANTLY:
        at_once = [one for one in posted.plan.awards if one.is_instant]
        weights = [NOTHING] * len(lines)
        for one in at_once:
            for at, share in one.line_shares(currency, decimals).items():
                weights[at] += share
    else:
        weights = [line.total for line in lines]
    by_line = shares(amount, weights, decimals)
    parts = [share * back / line.quantity for share, back, line in zip(by_line, returned, lines, strict=True)]
    return rounded(sum(parts, NOTHING), decimals)


def amounts_back(posted: Posted, returned: Returned, currency: str) -> tuple[Fraction, Fraction]:
    """Return what has to be undone of all awards and all spends once so much came back."""
    awards = (award_back(posted, one, returned, currency) for one in posted.plan.awards if not one.is_voucher)
    spends = (spend_back(posted, one.method, returned, currency) for one in posted.plan.spends)
    return sum(awards, NOTHING), sum(spends, NOTHING)
