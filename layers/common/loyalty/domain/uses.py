"""How often, and for how much, an account has used what is limited per account: offers and promo codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from loyalty.domain.money import ZERO

MAX_WINDOWS = 4
"""Windows remembered of each subject, the latest ones; an earlier one counts as used up, lest a limit be broken."""


@dataclass(frozen=True, slots=True)
class Use:
    """What was used of a subject (an offer's id, or `PromoCode.subject`) within a window, such as a day; `amount` in
    the offer's own currency. Below zero where it is given back."""

    subject: str
    window: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Uses:
    """What an account has used: by subject, by window, how often and for how much."""

    by_subject: Mapping[str, Mapping[str, tuple[int, Decimal]]] = field(default_factory=dict)

    def within(self, subject: str, window: str) -> tuple[int, Decimal] | None:
        """How often and for how much a subject was used in a window; None where that is forgotten by now."""
        windows = self.by_subject.get(subject, {})
        if window in windows:
            return windows[window]
        return None if len(windows) >= MAX_WINDOWS and window < min(windows) else (0, ZERO)

    def plus(self, uses: Iterable[Use]) -> "Uses":
        """These and `uses`, without what has come to nothing."""
        changed = {subject: dict(windows) for subject, windows in self.by_subject.items()}
        for use in uses:
            before = self.within(use.subject, use.window)
            if before is None:
                continue
            windows = changed.setdefault(use.subject, {})
            windows[use.window] = (before[0] + use.count, before[1] + use.amount)
            if windows[use.window] <= (0, ZERO):
                del windows[use.window]
            while len(windows) > MAX_WINDOWS:
                del windows[min(windows)]
        return Uses({subject: windows for subject, windows in changed.items() if windows})
