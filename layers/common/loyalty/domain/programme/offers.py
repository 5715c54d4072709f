"""Reward offers and the schemes that they belong to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.money import decimal_in
from loyalty.domain.period import Period
from loyalty.domain.programme.award_rules import AwardRule
from loyalty.domain.programme.conditions import Condition, Occasion, compile_conditions
from loyalty.domain.programme.limits import Limits
from loyalty.domain.purchases.purchase import Line

EFFECTIVE = "EFFECTIVE"


class Stacking(StrEnum):
    """Whether the lines of an offer may earn under other offers too."""

    COMBINE = "COMBINE"
    EXCLUSIVE = "EXCLUSIVE"


class Scheme(Struct, frozen=True):
    """A scheme that offers belong to. `merchants` are ids of business units, which include all units below them; an
    empty set means everywhere."""

    id: str
    name: str
    effective: bool
    period: Period
    merchants: frozenset[str]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the scheme of a `reward_scheme` record."""
        return cls(
            id=record["id"],
            name=record["name"],
            effective=record["life_cycle_state"] == EFFECTIVE,
            period=Period.between(record.get("effective_from"), record.get("effective_to")),
            merchants=frozenset(record.get("merchants") or ()),
        )

    def is_open(self, occasion: Occasion) -> bool:
        """Return whether the scheme is in force, and takes part where the purchase was performed."""
        takes_part = not self.merchants or not self.merchants.isdisjoint(occasion.units)
        return self.effective and takes_part and self.period.holds(occasion.purchase.performed_on)


class VoucherType(Struct, frozen=True):
    """A kind of voucher. `value` (system currency) is None where each voucher has a value of its own (VARIABLE)."""

    id: str
    name: str
    value: Decimal | None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the type of a `voucher_type` record."""
        return cls(record["id"], record["name"], decimal_in(record, "value"))


class Offer(Struct, frozen=True):
    """A reward offer: if its conditions hold, it gives its award, or a voucher if it has a voucher type.

    Attributes:
        id: the offer's id.
        name: the offer's name.
        scheme: the scheme that it belongs to.
        effective: whether its state is EFFECTIVE.
        period: when it is in force.
        priority: its rank among exclusive offers, the highest first.
        stacking: whether it combines with other offers.
        business_units: the ids in that condition.
        taps: the ids in that condition.
        products: the ids in that condition, which also choose the lines of the award.
        product_types: the ids in that condition, which also choose the lines of the award.
        campaign_id: the promotion campaign whose code it requires.
        conditions: all conditions that must hold.
        award: how much it gives.
        limits: how often, and how much, it may give at most.
        voucher_type: the type of its vouchers; None if the award goes to the wallet.
    """

    id: str
    name: str
    scheme: Scheme
    effective: bool
    period: Period
    priority: int
    stacking: Stacking
    business_units: frozenset[str]
    taps: frozenset[str]
    products: frozenset[str]
    product_types: frozenset[str]
    campaign_id: str | None
    conditions: tuple[Condition, ...]
    award: AwardRule
    limits: Limits
    voucher_type: VoucherType | None

    @classmethod
    def of(
        cls, record: Mapping[str, Any], schemes: Mapping[str, Scheme], voucher_types: Mapping[str, VoucherType]
    ) -> Self:
        """Return the offer of a `reward_offer` record."""
        conditions = record.get("conditions") or {}
        voucher_type = voucher_types[record["voucher_type"]] if "voucher_type" in record else None
        value = voucher_type.value if voucher_type else None
        return cls(
            id=record["id"],
            name=record["name"],
            scheme=schemes[record["scheme"]],
            effective=record["life_cycle_state"] == EFFECTIVE,
            period=Period.between(record.get("effective_from"), record.get("effective_to")),
            priority=record["priority"],
            stacking=Stacking(record["stacking"]),
            business_units=frozenset(conditions.get("business_units") or ()),
            taps=frozenset(conditions.get("taps") or ()),
            products=frozenset(conditions.get("products") or ()),
            product_types=frozenset(conditions.get("product_types") or ()),
            campaign_id=conditions.get("promotion_campaign") or None,
            conditions=compile_conditions(conditions),
            award=AwardRule.of(record["award"]) if value is None else AwardRule.fixed(value),
            limits=Limits.of(record.get("limits") or {}),
            voucher_type=voucher_type,
        )

    @property
    def turn(self) -> tuple[bool, int, str]:
        """The sort key of offers: exclusive ones first, then by priority, the highest first, then by id."""
        return (self.stacking is not Stacking.EXCLUSIVE, -self.priority, self.id)

    def is_about(self, line: Line) -> bool:
        """Return whether `line` matches the product conditions; every line does where there are none."""
        if line.product is None:
            return not self.products and not self.product_types
        return (not self.products or line.product.id in self.products) and (
            not self.product_types or line.product.product_type_id in self.product_types
        )

    def failed_condition(self, occasion: Occasion, lines: Sequence[Line]) -> str | None:
        """Return the first condition that does not hold for `lines`, None where all do."""
        for condition in self.conditions:
            if not condition.holds(occasion, lines):
                return condition.name
        return None

    def closed_by(self, occasion: Occasion) -> str | None:
        """Return what keeps the offer from applying to any purchase on such an occasion, None where nothing does."""
        if not self.effective:
            return "life_cycle_state"
        if not self.period.holds(occasion.purchase.performed_on):
            return "effective"
        if not self.scheme.is_open(occasion):
            return "scheme"
        if not occasion.effective:
            return "merchant"
        if self.award.instant and occasion.purchase.disable_instant_spend:
            return "disable_instant_spend"
        return None
