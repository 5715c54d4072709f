"""How much an offer gives: one entry per award method. Exact here; rounded once, by `exchange`."""

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.money import ZERO, decimal_in
from loyalty.domain.period import Span
from loyalty.domain.purchases.purchase import Line


class Method(StrEnum):
    """How a value becomes an award."""

    PERCENTAGE = "PERCENTAGE"
    FIXED = "FIXED"
    PER_UNIT = "PER_UNIT"
    PER_STEP = "PER_STEP"
    TIERED = "TIERED"


class Base(StrEnum):
    """Which amount of the matching lines an award is based on."""

    NET = "NET"
    TOTAL = "TOTAL"


class AwardCurrency(StrEnum):
    """The currency that an award's values and its maximum are in."""

    SYSTEM = "SYSTEM"
    ALTERNATIVE = "ALTERNATIVE"


class Rounding(StrEnum):
    """How to round the part of an award that is smaller than a currency's last decimal."""

    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    DOWN = "DOWN"
    UP = "UP"

    @property
    def mode(self) -> str:
        """The name that `decimal` has for it."""
        return _MODES[self]


_MODES: Mapping[Rounding, str] = {
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.UP: decimal.ROUND_UP,
}


class Tier(Struct, frozen=True):
    """From this base on (system currency), this award."""

    start: Decimal
    value: Decimal


class AwardRule(Struct, frozen=True):
    """How much an offer gives.

    Attributes:
        method: how the award is calculated.
        value: the rate or the amount; amounts are in `currency`.
        measure: return what a line adds to the base: pieces if each piece is rewarded, otherwise one of its amounts.
        currency: the currency of `value`, of the tiers' values and of `maximum`.
        rounding: the rounding mode, by its name in `decimal`.
        step: the size of a step, in the system currency; only for its method.
        tiers: the tiers, the highest first; they start at amounts in the system currency.
        maximum: the most that one award may be; None without such a maximum.
        ceiling: return what a line adds to the most that the offer may give, in the system currency; None without such
            a maximum.
        instant: whether the award is spent at once.
        expires_after: the award expires at the end of the month in which this time ends; None for never.
        formula: the calculation of `method`.
    """

    method: Method
    value: Decimal
    measure: Callable[[Line], Decimal]
    currency: AwardCurrency
    rounding: str
    step: Decimal
    tiers: tuple[Tier, ...]
    maximum: Decimal | None
    ceiling: Callable[[Line], Decimal] | None
    instant: bool
    expires_after: Span | None
    formula: "Formula"

    @classmethod
    def of(cls, award: Mapping[str, Any]) -> Self:
        """Return the rule in an offer's `award`."""
        tiers = [Tier(Decimal(tier["from"]), Decimal(tier["value"])) for tier in award.get("tiers") or ()]
        method, amount = Method(award["method"]), _AMOUNTS[Base(award["base"])]
        return cls(
            method=method,
            value=decimal_in(award, "value") or ZERO,
            measure=_PIECES if method is Method.PER_UNIT else amount,
            currency=AwardCurrency(award["currency"]),
            rounding=Rounding(award["rounding"]).mode,
            step=decimal_in(award, "step") or ZERO,
            tiers=tuple(sorted(tiers, key=lambda tier: -tier.start)),
            maximum=decimal_in(award, "maximum_per_event"),
            ceiling=amount if award.get("maximum") == "BASE" else None,
            instant=award["spend"] == "INSTANT",
            expires_after=Span.of(award["expires_after"]) if "expires_after" in award else None,
            formula=_FORMULAS[method],
        )

    @classmethod
    def fixed(cls, value: Decimal) -> Self:
        """Return the rule that gives `value` (system currency) for every purchase."""
        return cls.of({"method": "FIXED", "value": value, **_USUAL})

    def value_at(self, base: Decimal) -> Decimal:
        """Return the value that counts at a base: that of the highest tier that it reaches, nothing below the
        lowest."""
        if self.method is not Method.TIERED:
            return self.value
        return next((tier.value for tier in self.tiers if base >= tier.start), ZERO)

    def exact(self, base: Decimal, rate: Decimal) -> Decimal:
        """Return the award for a base, in `currency`: neither capped nor rounded. `rate` is the units of `currency` for
        one of the system currency."""
        return self.formula(self, base, rate)


Formula = Callable[[AwardRule, Decimal, Decimal], Decimal]
"""The award for a base at a rate, by a rule."""

_PIECES: Callable[[Line], Decimal] = attrgetter("quantity")
_AMOUNTS: Mapping[Base, Callable[[Line], Decimal]] = {Base.NET: attrgetter("net"), Base.TOTAL: attrgetter("total")}

_USUAL = {"base": "NET", "currency": "SYSTEM", "rounding": "HALF_UP", "spend": "NONE"}

_HUNDREDTH = Decimal("0.01")
"""A product of decimals is quicker than a quotient, which is worked out to the last digit."""

_FORMULAS: Mapping[Method, Formula] = {
    # A percentage of the base is in the currency of the base; every other value is in the award's currency already.
    Method.PERCENTAGE: lambda rule, base, rate: base * rule.value * rate * _HUNDREDTH,
    Method.FIXED: lambda rule, _base, _rate: rule.value,
    Method.PER_UNIT: lambda rule, pieces, _rate: rule.value * pieces,
    Method.PER_STEP: lambda rule, base, _rate: rule.value * (base // rule.step),
    Method.TIERED: lambda rule, base, _rate: rule.value_at(base),
}
