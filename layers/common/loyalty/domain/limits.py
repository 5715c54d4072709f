"""How often, and how much, an offer may give: per account and period, and to all accounts together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from loyalty.domain.conditions import Occasion
from loyalty.domain.spend_settings import decimal_in

FOR_EVER = ""
"""The one window of what has no period."""


class LimitPeriod(StrEnum):
    """A calendar day, week (from Monday), month or year, where the purchase was performed."""

    DAY = "P1D"
    WEEK = "P1W"
    MONTH = "P1M"
    YEAR = "P1Y"


_WINDOWS: Mapping[LimitPeriod | None, Callable[[date], str]] = {
    None: lambda _: FOR_EVER,
    LimitPeriod.DAY: lambda day: day.isoformat(),
    LimitPeriod.WEEK: lambda day: "{}-W{:02}".format(*day.isocalendar()),
    LimitPeriod.MONTH: lambda day: day.isoformat()[:7],
    LimitPeriod.YEAR: lambda day: day.isoformat()[:4],
}


@dataclass(frozen=True, slots=True)
class Limits:
    """An offer's limits; amounts are in its award's own currency, None means no limit.

    `per_account` is a number of awards, `per_account_amount` their sum, each within a `period` (None: for ever);
    `budget` is the sum that all accounts together may get, ever.
    """

    per_account: int | None = None
    per_account_amount: Decimal | None = None
    period: LimitPeriod | None = None
    budget: Decimal | None = None

    @classmethod
    def of(cls, limits: Mapping[str, Any]) -> Self:
        """The limits in an offer's `limits`."""
        return cls(
            per_account=limits.get("per_account"),
            per_account_amount=decimal_in(limits, "per_account_amount"),
            period=LimitPeriod(limits["period"]) if "period" in limits else None,
            budget=decimal_in(limits, "budget"),
        )

    @property
    def count_per_account(self) -> bool:
        """Whether what an account gets has to be remembered."""
        return self.per_account is not None or self.per_account_amount is not None

    def window(self, local: datetime) -> str:
        """The window of the period that a moment lies in; windows sort by time."""
        return _WINDOWS[self.period](local.date())

    def reached(self, offer_id: str, occasion: Occasion) -> str | None:
        """The limit that leaves nothing to give, None where each leaves something."""
        used = occasion.wallet.uses.within(offer_id, self.window(occasion.local)) if self.count_per_account else (0, 0)
        if used is None or (self.per_account is not None and used[0] >= self.per_account):
            return "per_account"
        if self.per_account_amount is not None and used[1] >= self.per_account_amount:
            return "per_account_amount"
        if self.budget is not None and occasion.given.get(offer_id, 0) >= self.budget:
            return "budget"
        return None

    def left(self, offer_id: str, occasion: Occasion, maximum: Decimal | None) -> Decimal | None:
        """The most that an award may still be, `maximum` being that of one event; None where nothing limits it."""
        if self.per_account_amount is None and self.budget is None:
            return maximum
        left = [] if maximum is None else [maximum]
        if self.per_account_amount is not None:
            used = occasion.wallet.uses.within(offer_id, self.window(occasion.local))
            left.append(self.per_account_amount - (used[1] if used else 0))
        if self.budget is not None:
            left.append(self.budget - occasion.given.get(offer_id, 0))
        return min(left)
