"""How often, and how much, an offer may give (rewards.md, "Limits")."""

from dataclasses import dataclass, field
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


@dataclass
class Memory:
    """What a wallet remembers of the uses of its account (rewards.md, "What is forgotten stays forgotten").

    Attributes:
        uses: Every use, in the order of the postings, with what was given back since.
        windows: By subject and kind of period, the windows that are remembered, the earliest first.
        forgotten: Likewise, the latest one that has been forgotten: it and all before it count as used up.
    """

    uses: list[Use] = field(default_factory=list)
    windows: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    forgotten: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, use: Use) -> None:
        """Take a use down; a fifth window drives out the earliest of the five."""
        self.uses.append(use)
        of = (use.subject, use.period)
        windows = sorted({*self.windows.get(of, []), use.window})
        if len(windows) > REMEMBERED:
            self.forgotten[of] = max(self.forgotten.get(of, ""), windows.pop(0))
        self.windows[of] = windows

    def drop_emptied(self) -> None:
        """Drop the windows of which everything was given back: they are none that an offer was used in."""
        for of, windows in self.windows.items():
            self.windows[of] = [window for window in windows if any(one.times for one in self.of(*of, window))]

    def of(self, subject: str, period: str, window: str) -> list[Use]:
        """Return the uses of one window."""
        return [one for one in self.uses if (one.subject, one.period, one.window) == (subject, period, window)]

    def used(self, subject: str, period: str, window: str) -> tuple[int, Fraction, bool]:
        """Return how often and how much was used in a window, as far as remembered, and whether that is forgotten."""
        times, amount = 0, NOTHING
        for (of, kind), windows in self.windows.items():
            for inner in windows if of == subject else []:
                if holds(window, period, inner, kind):
                    times += sum(one.times for one in self.of(subject, kind, inner))
                    amount += sum((one.amount for one in self.of(subject, kind, inner)), NOTHING)
        forgotten = self.forgotten.get((subject, period))
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
