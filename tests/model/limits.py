"""How often, and how much, an offer may give (rewards.md, "Limits")."""

from dataclasses import dataclass
from fractions import Fraction

from tests.model.dates import EVER, holds
from tests.model.exact import NOTHING, Json, exact

REMEMBERED = 4
"""How many periods of an offer a wallet remembers."""


@dataclass
class Use:
    """What one purchase used, for its account, of an offer's limits or of a promo code.

    Attributes:
        subject: The offer's id, or the promo code's.
        period: The kind of period that was counted in.
        window: The period that the purchase fell into.
        amount: What was given, in the currency of the award.
        times: 1, and 0 once it was given back.
    """

    subject: str
    period: str
    window: str
    amount: Fraction
    times: int = 1


def remembered(uses: list[Use], subject: str, period: str) -> tuple[list[str], str | None]:
    """Return the windows that a wallet remembers of a subject, and the latest one that it has forgotten.

    Goes through the uses in the order of their postings: a fifth window drives out the earliest of the five.
    """
    windows: list[str] = []
    forgotten: str | None = None
    for use in uses:
        if (use.subject, use.period) == (subject, period) and use.window not in windows:
            windows = sorted([*windows, use.window])
            if len(windows) > REMEMBERED:
                forgotten = max(forgotten or "", windows.pop(0))
    return windows, forgotten


def used(uses: list[Use], subject: str, period: str, window: str) -> tuple[int, Fraction, bool]:
    """Return how often and how much was used in a window, as far as the wallet knows, and whether it has forgotten it.

    The latest window that it has forgotten, and all before it, count as used up, whatever is given back later.
    """
    times, amount = 0, NOTHING
    for kind in sorted({use.period for use in uses if use.subject == subject}):
        windows, _ = remembered(uses, subject, kind)
        counted = [use for use in uses if (use.subject, use.period) == (subject, kind) and use.window in windows]
        for use in counted:
            if holds(window, period, use.window, kind):
                times, amount = times + use.times, amount + use.amount
    _, forgotten = remembered(uses, subject, period)
    return times, amount, forgotten is not None and window <= forgotten


@dataclass(frozen=True)
class Limits:
    """The limits of one offer, and what was used of them before a purchase.

    Attributes:
        terms: The offer's `limits`.
        times: How often the account had an award in this period.
        amount: How much it had, in the currency of the award.
        is_forgotten: Whether the wallet has forgotten this period.
        given: What all accounts together had of the budget.
    """

    terms: Json
    times: int
    amount: Fraction
    is_forgotten: bool
    given: Fraction

    def reached(self) -> str | None:
        """Return the limit that lets nothing more through, or None."""
        per_account, per_amount = self.terms.get("per_account"), self.terms.get("per_account_amount")
        if per_account is not None and (self.times >= per_account or self.is_forgotten):
            return "per_account"
        if per_amount is not None and (self.amount >= exact(per_amount) or self.is_forgotten):
            return "per_account_amount"
        if "budget" in self.terms and self.given >= exact(self.terms["budget"]):
            return "budget"
        return None

    def left(self) -> list[Fraction]:
        """Return what each limit leaves, in the currency of the award: what is over is cut off."""
        left = []
        if "per_account_amount" in self.terms:
            left.append(exact(self.terms["per_account_amount"]) - self.amount)
        if "budget" in self.terms:
            left.append(exact(self.terms["budget"]) - self.given)
        return left

    @property
    def is_counted(self) -> bool:
        """Whether the account's uses are counted: where there is no limit per account, they are not."""
        return "per_account" in self.terms or "per_account_amount" in self.terms

    @property
    def period(self) -> str:
        """The period of the limits per account."""
        return str(self.terms.get("period", EVER))
