"""How often, and how much, an offer may give: per account and period, and to all accounts together."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.ledger.uses import UNRECORDED, Use, WindowUse
from loyalty.domain.ledger.windows import LimitPeriod, window_of
from loyalty.domain.money import ZERO, decimal_in
from loyalty.domain.programme.conditions import Occasion


class Limits(Struct, frozen=True):
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
        """Return the limits in an offer's `limits`."""
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
        """Return the window of the period that a moment lies in, by the clock of the place."""
        return window_of(self.period, local.date())

    def reached(self, offer_id: str, occasion: Occasion, currency: str) -> str | None:
        """Return the limit that leaves nothing to give, None where each leaves something. `currency` is the id of the
        award's currency."""
        used = self._used(offer_id, occasion)
        if used is None:  # the wallet has forgotten the window, so it counts as used up
            return "per_account" if self.per_account is not None else "per_account_amount"
        if self.per_account is not None and used.count >= self.per_account:
            return "per_account"
        if self.per_account_amount is not None and _counted_amount(used, currency) >= self.per_account_amount:
            return "per_account_amount"
        if self.budget is not None and occasion.given.get(offer_id, 0) >= self.budget:
            return "budget"
        return None

    def left(self, offer_id: str, occasion: Occasion, currency: str) -> Decimal | None:
        """Return the most that an award may be, None where nothing limits it."""
        left = []
        if self.per_account_amount is not None and (used := self._used(offer_id, occasion)):
            left.append(self.per_account_amount - _counted_amount(used, currency))
        if self.budget is not None:
            left.append(self.budget - occasion.given.get(offer_id, 0))
        return min(left, default=None)

    def use(self, offer_id: str, occasion: Occasion, amount: Decimal, currency: str) -> Use | None:
        """Return what an award uses of the limits per account, None if there are none."""
        if not self.count_per_account:
            return None
        window = self.window(occasion.local)
        return Use(offer_id, window, 1, amount, currency, self.per_account, self.per_account_amount)

    def _used(self, offer_id: str, occasion: Occasion) -> WindowUse | None:
        if not self.count_per_account:
            return WindowUse()
        return occasion.wallet.uses.within(offer_id, self.window(occasion.local))


def _counted_amount(used: WindowUse, currency: str) -> Decimal:
    """Return the amounts that count against a limit in `currency`; amounts in another one do not."""
    return sum((used.amount(name) for name in {currency, UNRECORDED}), ZERO)
