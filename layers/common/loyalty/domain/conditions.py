"""When an offer applies: one entry per condition of the offer language, each a predicate made from its setting.

A condition that is empty or missing holds. All of an offer's conditions must hold. A new one is one entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty.domain.money import ZERO
from loyalty.domain.purchase import Line, Purchase

Predicate = Callable[[Purchase, tuple[Line, ...]], bool]
"""Looks at a purchase and at those of its lines that match the offer's product conditions."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate under the name that the offer language gives it."""

    name: str
    holds: Predicate


def compiled(settings: Mapping[str, Any]) -> tuple[Condition, ...]:
    """The conditions that an offer's `conditions` set, in the order of the offer language."""
    return tuple(Condition(name, make(settings[name])) for name, make in CONDITIONS.items() if settings.get(name))


def _business_units(ids: list[str]) -> Predicate:
    allowed = frozenset(ids)
    return lambda purchase, _: purchase.merchant_id in allowed or purchase.outlet_id in allowed


def _classifications(ids: list[str]) -> Predicate:
    allowed = frozenset(ids)
    return lambda purchase, _: purchase.classification_id in allowed


def _some_line_matches(_: list[str]) -> Predicate:
    return lambda _, lines: bool(lines)


def _minimum_total_amount(minimum: Decimal | int) -> Predicate:
    return lambda purchase, _: purchase.totals.total >= minimum


def _minimum_quantity(minimum: Decimal | int) -> Predicate:
    return lambda _, lines: sum((line.quantity for line in lines), ZERO) >= minimum


CONDITIONS: Mapping[str, Callable[[Any], Predicate]] = {
    "business_units": _business_units,
    "classifications": _classifications,
    "products": _some_line_matches,
    "product_types": _some_line_matches,
    "minimum_total_amount": _minimum_total_amount,
    "minimum_quantity": _minimum_quantity,
}
