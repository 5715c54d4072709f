"""Reward offers and the schemes that they belong to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Self, TypeVar

from msgspec import Struct

from loyalty.domain.money import decimal_in
from loyalty.domain.period import Period
from loyalty.domain.programme.award_rules import AwardRule
from loyalty.domain.programme.compact_records import RecordsOfType
from loyalty.domain.programme.conditions import Condition, Occasion, compile_conditions
from loyalty.domain.programme.limits import Limits
from loyalty.domain.purchases.purchase import Line

Value = TypeVar("Value")

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


class Restrictions(Struct, frozen=True, gc=False):
    """The conditions that offers are found by; none is as good as an empty one."""

    business_units: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    product_types: tuple[str, ...] | None = None
    promotion_campaign: str | None = None


class _Budget(Struct, frozen=True, gc=False):
    budget: Decimal | None = None


class Offers(Iterable[Offer]):
    """All offers: exclusive ones first, then by priority, the highest first, then by id. Each is made when it is first
    looked at.

    Attributes:
        ids: their ids, in their order.
        states: their states, in their order.
        restrictions: the conditions that they are found by, in their order.
    """

    def __init__(self, records: RecordsOfType, make: Callable[[Mapping[str, Any]], Offer]) -> None:
        self._records = records
        self._make = make
        self._made: dict[int, Offer] = {}
        others = [stacking != Stacking.EXCLUSIVE for stacking in records.column("stacking", str)]
        ranks = [-(priority or 0) for priority in records.column("priority", int)]
        turns = sorted(zip(others, ranks, records.column("id", str), range(len(records)), strict=True))
        self._places = [place for *_, place in turns]
        self.ids = [offer_id for _, _, offer_id, _ in turns]
        self.states = self._in_order("life_cycle_state", str)
        none = Restrictions()
        self.restrictions = [found or none for found in self._in_order("conditions", Restrictions)]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Offer]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, turn: int) -> Offer:
        if turn not in self._made:
            self._made[turn] = self._make(self._records[self._places[turn]])
        return self._made[turn]

    def find(self, offer_id: str) -> Offer | None:
        """Return the offer with an id."""
        turn = self._turns.get(offer_id)
        return None if turn is None else self[turn]

    def of_campaign(self, campaign_id: str) -> list[Offer]:
        """Return the offers that require a code of a campaign."""
        return [self[turn] for turn in self._of_campaigns.get(campaign_id, ())]

    @property
    def with_budget(self) -> frozenset[str]:
        """The ids of offers with a budget."""
        limits = self._in_order("limits", _Budget)
        return frozenset(str(offer_id) for offer_id, one in zip(self.ids, limits, strict=True) if one and one.budget)

    def _in_order(self, name: str, kind: type[Value]) -> list[Value | None]:
        column = self._records.column(name, kind)
        return [column[place] for place in self._places]

    @cached_property
    def _turns(self) -> Mapping[str | None, int]:
        return {offer_id: turn for turn, offer_id in enumerate(self.ids)}

    @cached_property
    def _of_campaigns(self) -> Mapping[str, Sequence[int]]:
        found = defaultdict[str, list[int]](list)
        for turn, conditions in enumerate(self.restrictions):
            if conditions.promotion_campaign:
                found[conditions.promotion_campaign].append(turn)
        return found
