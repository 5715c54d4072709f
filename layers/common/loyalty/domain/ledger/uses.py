"""How often, and for how much, an account has used what is limited per account: offers and promo codes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct, field

from loyalty.domain.ledger.windows import lies_in, same_period
from loyalty.domain.money import ZERO

MAX_WINDOWS = 4
"""Windows of one period that are remembered of each subject, the latest ones."""

UNRECORDED = ""
"""The currency of amounts that an earlier version kept without one: they count in any currency."""


class Use(Struct, frozen=True, array_like=True):
    """How much of a limit an event used for its account, or gave back if it is below zero.

    Attributes:
        subject: an offer's id, or `PromoCode.subject`.
        window: the day, week, month or year that it counts in, or all time (`loyalty.domain.ledger.windows`).
        count: how often.
        amount: for how much, in `currency`.
        currency: the id of the award's own currency; UNRECORDED if there is no amount.
        per_account: how often the subject could be used in the window by the limit of that time; None for no limit.
        per_account_amount: the same for the sum of amounts.
    """

    subject: str
    window: str
    count: int
    amount: Decimal = ZERO
    currency: str = UNRECORDED
    per_account: int | None = None
    per_account_amount: Decimal | None = None


class WindowUse(Struct, frozen=True):
    """How often something was used, and for how much by currency."""

    count: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)

    def plus(self, count: int, amounts: Mapping[str, Decimal]) -> "WindowUse":
        """Return the sum, without currencies that come to nothing."""
        sums = {name: self.amount(name) + amounts.get(name, ZERO) for name in self.amounts.keys() | amounts.keys()}
        return WindowUse(self.count + count, {name: sums[name] for name in sorted(sums) if sums[name]})

    def amount(self, currency: str) -> Decimal:
        """Return the amount that was kept in `currency`."""
        return self.amounts.get(currency, ZERO)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is left of it."""
        return self.count <= 0 and not any(amount > 0 for amount in self.amounts.values())


class UseHistory(Struct, frozen=True):
    """The uses of one subject, by window. The latest windows of each period are remembered. `forgotten` has, for each
    period, the latest window that is not: it and all before it count as used up, whatever is given back."""

    windows: Mapping[str, WindowUse] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()

    def has_forgotten(self, window: str) -> bool:
        """Tell whether nothing is known any more of the uses in a window."""
        return any(same_period(window, latest) and window <= latest for latest in self.forgotten)

    def plus(self, use: Use) -> "UseHistory":
        """Return this history and one more use; one in a window that is forgotten changes nothing."""
        if self.has_forgotten(use.window):
            return self
        used = self.windows.get(use.window, WindowUse()).plus(use.count, {use.currency: use.amount})
        windows = {**self.windows, use.window: used}
        if used.is_nothing:
            del windows[use.window]
        kept = sorted(window for window in windows if same_period(window, use.window))
        if len(kept) <= MAX_WINDOWS:
            return UseHistory(windows, self.forgotten)
        del windows[kept[0]]
        other_periods = {latest for latest in self.forgotten if not same_period(latest, use.window)}
        return UseHistory(windows, frozenset({*other_periods, kept[0]}))


class Uses(Struct, frozen=True):
    """The uses of an account, by subject."""

    by_subject: Mapping[str, UseHistory] = field(default_factory=dict)

    def within(self, subject: str, window: str) -> WindowUse | None:
        """Return the uses of a subject in a window; None if that is forgotten.

        What was counted in shorter windows that lie within this one is part of it, so a limit of one a day that becomes
        one a month does not start again.
        """
        history = self.by_subject.get(subject)
        if history is None:
            return WindowUse()
        if history.has_forgotten(window):
            return None
        found = WindowUse()
        for name, used in history.windows.items():
            if lies_in(name, window):
                found = found.plus(used.count, used.amounts)
        return found

    def plus(self, uses: Iterable[Use]) -> "Uses":
        """Return these uses and more of them."""
        changed = dict(self.by_subject)
        for use in uses:
            changed[use.subject] = changed.get(use.subject, UseHistory()).plus(use)
        return Uses({subject: history for subject, history in changed.items() if history != UseHistory()})
