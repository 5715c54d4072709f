"""Offers that stand in each other's light: an exclusive one that always has another's lines, and one that is there
twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.programme.doubts import Doubt
from loyalty import exactjson
from loyalty.domain.awards import AwardCurrency, Method
from loyalty.domain.offers import Offer, Stacking
from loyalty.domain.period import Period
from loyalty.domain.programme import Programme

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """One of two offers, with its conditions."""

    offer: Offer
    conditions: Record

    @property
    def in_force(self) -> Period:
        """When it and its scheme are both in force."""
        return self.offer.period.common(self.offer.scheme.period)


def shadows_among(programme: Programme, records: Iterable[Record]) -> Iterator[Doubt]:
    """Each offer that never applies because another always has its lines, and each that another is equal to."""
    by_id = {record["id"]: record for record in records if record["type"] == "reward_offer"}
    sides = [Side(offer, by_id[offer.id].get("conditions") or {}) for offer in programme.offers if offer.effective]
    for place, later in enumerate(sides):
        shadow = next((one for one in sides[:place] if _always_has_the_lines_of(one, later, programme)), None)
        if shadow and not later.in_force.is_empty:
            first, last = shadow.offer.id, later.offer.id
            reason = f"{last} never applies: {first} is EXCLUSIVE, comes first and always has its lines."
            hint = f"Let {last} be EXCLUSIVE of a higher priority, or {first} COMBINE or apply elsewhere."
            yield Doubt(last, "/stacking", reason, hint, first)
    yield from _twins(by_id[side.offer.id] for side in sides)


def _twins(records: Iterable[Record]) -> Iterator[Doubt]:
    """Offers that say the same; exclusive ones have been told of."""
    first: dict[str, str] = {}
    for record in records:
        says = {name: value for name, value in record.items() if name not in ("id", "name", "priority")}
        other = first.setdefault(exactjson.dumps(says), record["id"])
        if other != record["id"] and record["stacking"] == Stacking.COMBINE:
            reason = f"{record['id']} says the same as {other}, so a purchase gets both."
            yield Doubt(record["id"], "", reason, "Leave one of them out, unless it is to count twice.", other)


def _always_has_the_lines_of(first: Side, later: Side, programme: Programme) -> bool:
    """Whether `first`, which comes first, applies whenever `later` would, and takes all lines that it is about."""
    if first.offer.stacking is not Stacking.EXCLUSIVE:
        return False
    return _always_gives(first, later) and all(covers(first, later, programme) for covers in _COVERS)


def _always_gives(first: Side, later: Side) -> bool:
    """Whether it gives something for whatever is bought; but for what rounds to nothing."""
    rule, limits = first.offer.award, first.offer.limits
    if limits.count_per_account or limits.budget is not None or rule.maximum == 0:
        return False
    if rule.currency is AwardCurrency.ALTERNATIVE and later.offer.award.currency is AwardCurrency.SYSTEM:
        return False  # on a day without a rate it gives nothing
    if rule.instant and not later.offer.award.instant:
        return False  # a purchase may switch it off
    return rule.value > 0 and rule.method in (Method.PERCENTAGE, Method.FIXED, Method.PER_UNIT)


def _time(first: Side, later: Side, _: Programme) -> bool:
    return first.in_force.common(later.in_force) == later.in_force


def _place(first: Side, later: Side, programme: Programme) -> bool:
    """Where the later one applies is below its own business units and below its scheme's merchants."""
    below = (later.offer.business_units, later.offer.scheme.merchants)
    return first.offer.scheme.effective and all(
        any(_stands_above(wider, narrower, programme) for narrower in below)
        for wider in (first.offer.business_units, first.offer.scheme.merchants)
    )


def _stands_above(wider: frozenset[str], narrower: frozenset[str], programme: Programme) -> bool:
    """Whether each unit of `narrower` is one of `wider` or below one."""
    return not wider or (
        bool(narrower) and all(not wider.isdisjoint(programme.places[unit].unit_ids) for unit in narrower)
    )


def _lines(first: Side, later: Side, _: Programme) -> bool:
    return _within(later.offer.products, first.offer.products) and _within(
        later.offer.product_types, first.offer.product_types
    )


def _named(first: Side, later: Side, _: Programme) -> bool:
    names = ("taps", "classifications", "payment_medium_brands", "payment_medium_types", "account_classifications")
    return all(_within(later.conditions.get(name) or (), first.conditions.get(name) or ()) for name in names)


def _within(narrower: Iterable[str], wider: Iterable[str]) -> bool:
    """Whether a condition that names `narrower` holds only where one that names `wider` does."""
    return not wider or (bool(narrower) and set(narrower) <= set(wider))


def _hours(first: Side, later: Side, _: Programme) -> bool:
    window = ("time_from", "time_to")
    same_window = all(first.conditions.get(name) == later.conditions.get(name) for name in window)
    if not _within(later.conditions.get("weekdays") or (), first.conditions.get("weekdays") or ()):
        return False
    return same_window or not any(first.conditions.get(name) for name in ("weekdays", *window))


def _minimums(first: Side, later: Side, _: Programme) -> bool:
    names = ("minimum_total_amount", "minimum_quantity")
    return all((first.conditions.get(name) or 0) <= (later.conditions.get(name) or 0) for name in names)


def _same(first: Side, later: Side, _: Programme) -> bool:
    names = ("promotion_campaign", "first_purchase", "every_nth_purchase")
    return all(first.conditions.get(name) in (None, False, later.conditions.get(name)) for name in names)


_COVERS: tuple[Callable[[Side, Side, Programme], bool], ...] = (
    _time,
    _place,
    _lines,
    _named,
    _hours,
    _minimums,
    _same,
)
