"""Offers that stand in each other's light: an exclusive one that always has another's lines, and one that is there
twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cli.programme.doubts import Doubt
from loyalty import exactjson
from loyalty.domain.period import Period
from loyalty.domain.programme.award_rules import AwardCurrency, Method
from loyalty.domain.programme.directory import Record
from loyalty.domain.programme.limits import Limits
from loyalty.domain.programme.offers import Offer, Stacking
from loyalty.domain.programme.programme import Programme


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
    """Return each offer that never applies because another always has its lines, and each that another is equal to."""
    by_id = {record["id"]: record for record in records if record["type"] == "reward_offer"}
    sides = [Side(offer, by_id[offer.id].get("conditions") or {}) for offer in programme.offers if offer.effective]
    for place, later in enumerate(sides):
        shadow = next((one for one in sides[:place] if _always_has_the_lines_of(one, later, programme)), None)
        if shadow and not later.in_force.is_empty:
            first, last = shadow.offer.id, later.offer.id
            reason = f"{last} never applies: {first} is EXCLUSIVE, comes first and always has its lines."
            hint = f"Make {last} EXCLUSIVE with a higher priority, or {first} COMBINE or apply elsewhere."
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
    """Return whether `first`, which comes first, applies whenever `later` would, and takes all lines that it is
    about."""
    if first.offer.stacking is not Stacking.EXCLUSIVE or not first.offer.scheme.effective:
        return False
    return (
        _always_gives(first, later)
        and first.in_force.common(later.in_force) == later.in_force
        and _stands_above_all(first.offer.scheme.merchants, later, programme)
        and all(
            COVERS[name](first, later, programme) if name in COVERS else False
            for name, setting in first.conditions.items()
            if setting
        )
    )


def _always_gives(first: Side, later: Side) -> bool:
    """Return whether it gives something for whatever is bought; but for what rounds to nothing."""
    rule, limits = first.offer.award, first.offer.limits
    if limits != Limits() or rule.maximum == 0:
        return False
    if rule.currency is AwardCurrency.ALTERNATIVE and later.offer.award.currency is AwardCurrency.SYSTEM:
        return False  # on a day without a rate it gives nothing
    if rule.instant and not later.offer.award.instant:
        return False  # a purchase may switch it off
    return rule.value > 0 and rule.method in (Method.PERCENTAGE, Method.FIXED, Method.PER_UNIT)


def _stands_above_all(wider: frozenset[str], later: Side, programme: Programme) -> bool:
    """Return whether the later offer applies only below `wider`: it is held to its own business units and to its
    scheme's."""
    narrowing = (later.offer.business_units, later.offer.scheme.merchants)
    return any(_stands_above(wider, narrower, programme) for narrower in narrowing)


def _stands_above(wider: frozenset[str], narrower: frozenset[str], programme: Programme) -> bool:
    """Return whether each unit of `narrower` is one of `wider` or below one."""
    return not wider or (
        bool(narrower) and all(not wider.isdisjoint(programme.places[unit].unit_ids) for unit in narrower)
    )


def _business_units(first: Side, later: Side, programme: Programme) -> bool:
    return _stands_above_all(first.offer.business_units, later, programme)


Covers = Callable[[Side, Side, Programme], bool]
"""Whether a condition that the first of two offers has holds wherever those of the later one do."""


def _subset(name: str) -> Covers:
    """Return the later one lists some of what the first one does, and nothing else."""

    def covers(first: Side, later: Side, _: Programme) -> bool:
        narrower = later.conditions.get(name) or ()
        return bool(narrower) and set(narrower) <= set(first.conditions[name])

    return covers


def _minimum(name: str) -> Covers:
    return lambda first, later, _: first.conditions[name] <= (later.conditions.get(name) or 0)


def _same(*names: str) -> Covers:
    return lambda first, later, _: all(first.conditions.get(name) == later.conditions.get(name) for name in names)


def _weekdays(first: Side, later: Side, programme: Programme) -> bool:
    """Return a window over midnight belongs to the day before, so that days compare only within one window."""
    return _subset("weekdays")(first, later, programme) and _WINDOW(first, later, programme)


_WINDOW = _same("time_from", "time_to")

COVERS: Mapping[str, Covers] = {
    "business_units": _business_units,
    "taps": _subset("taps"),
    "products": _subset("products"),
    "product_types": _subset("product_types"),
    "classifications": _subset("classifications"),
    "payment_medium_brands": _subset("payment_medium_brands"),
    "payment_medium_types": _subset("payment_medium_types"),
    "weekdays": _weekdays,
    "time_from": _WINDOW,
    "time_to": _WINDOW,
    "minimum_total_amount": _minimum("minimum_total_amount"),
    "minimum_quantity": _minimum("minimum_quantity"),
    "account_classifications": _subset("account_classifications"),
    "promotion_campaign": _same("promotion_campaign"),
    "first_purchase": _same("first_purchase"),
    "every_nth_purchase": _same("every_nth_purchase"),
}
"""By condition. An offer with one that is missing here is not taken to be always there."""
