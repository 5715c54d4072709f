"""What an offer gives: the lines that it looks at, its base amount, and one entry per award method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from loyalty.domain.purchase import Line


class Base(StrEnum):
    """Which amount of the matching lines an award is reckoned on."""

    NET = "NET"
    TOTAL = "TOTAL"


@dataclass(frozen=True, slots=True)
class AwardRule:
    """How much an offer gives, in the system currency and before rounding."""

    method: str
    value: Decimal
    base: Base
    products: frozenset[str]
    product_types: frozenset[str]

    @classmethod
    def of(cls, award: Mapping[str, Any], conditions: Mapping[str, Any]) -> Self:
        """The rule in an offer's `award`; its product conditions choose the lines that it looks at."""
        return cls(
            method=award["method"],
            value=Decimal(award["value"]),
            base=Base(award["base"]),
            products=frozenset(conditions.get("products") or ()),
            product_types=frozenset(conditions.get("product_types") or ()),
        )

    def looks_at(self, line: Line) -> bool:
        """Whether `line` matches the product conditions; every line does where there are none."""
        return (not self.products or line.product.id in self.products) and (
            not self.product_types or line.product.product_type_id in self.product_types
        )

    def base_of(self, line: Line) -> Decimal:
        """The part of the base amount that `line` brings."""
        return line.net if self.base is Base.NET else line.total

    def unrounded(self, base: Decimal) -> Decimal:
        """The award for a base amount."""
        return METHODS[self.method](self.value, base)


METHODS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "PERCENTAGE": lambda value, base: base * value / 100,
    "FIXED": lambda value, base: value,  # noqa: ARG005 - every method is handed the base
}
