"""What is allowed in a programme and yet can hardly be meant: offers that can never apply, or never give anything.

Nothing is said of an offer that is NOT_EFFECTIVE: whoever switched it off means that it does not apply.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from loyalty.domain.awards import AwardCurrency
from loyalty.domain.conditions import Condition, Occasion, compiled
from loyalty.domain.offers import EFFECTIVE, Offer
from loyalty.domain.period import Period
from loyalty.domain.programme import BusinessUnit, Programme
from loyalty.domain.purchase import Account, LifeCycle, Purchase
from loyalty.domain.wallet import Wallet

Record = Mapping[str, Any]


class Doubt(NamedTuple):
    """What is strange about an offer: where in its record (a JSON pointer), why, and what to do about it; and the other
    offer that makes it so, if one does."""

    offer_id: str
    field: str
    reason: str
    hint: str
    other_id: str | None = None


class Suspicion(NamedTuple):
    """A doubt before it is said whose it is."""

    field: str
    reason: str
    hint: str


@dataclass(frozen=True)
class Case:
    """An offer, its record, and what it stands among: the programme, and records by type and id."""

    offer: Offer
    record: Record
    programme: Programme
    records: Mapping[tuple[str, str], Record]
    now: datetime

    @property
    def conditions(self) -> Record:
        """The offer's conditions, as they are set."""
        found: Record = self.record.get("conditions") or {}
        return found

    @cached_property
    def in_force(self) -> Period:
        """When the offer and its scheme are both in force."""
        return self.offer.period.common(self.offer.scheme.period)

    @cached_property
    def units(self) -> list[BusinessUnit]:
        """The business units at which the offer can apply."""
        return _at(self.offer.scheme.merchants, _at(self.offer.business_units, open_units(self.programme), self), self)


def doubts_about(
    offers: Iterable[Offer], programme: Programme, records: Iterable[Record], now: datetime
) -> list[Doubt]:
    """What keeps each of `offers` from ever applying, or from giving anything.

    `records` are those of the programme, and the products that conditions name, as they were imported.
    """
    known = {(record["type"], record["id"]): record for record in records}
    cases = [Case(offer, known["reward_offer", offer.id], programme, known, now) for offer in offers if offer.effective]
    return [Doubt(case.offer.id, *found) for case in cases for rule in _RULES for found in rule(case)]


def open_units(programme: Programme) -> list[BusinessUnit]:
    """The business units that are effective, as is all above them."""
    return [
        unit
        for unit in programme.business_units.values()
        if all(above.effective for above in programme.lineage(unit.id))
    ]


def _at(wanted: frozenset[str], units: Iterable[BusinessUnit], case: Case) -> list[BusinessUnit]:
    """Those of `units` that are one of `wanted`, or below one; all of them where nothing is wanted."""
    return [
        unit for unit in units if not wanted or any(above.id in wanted for above in case.programme.lineage(unit.id))
    ]


def _dates(case: Case) -> Iterator[Suspicion]:
    offer, scheme = case.offer, case.offer.scheme
    if offer.period.is_empty:
        yield Suspicion("/effective_to", "The offer ends before it begins.", "Let effective_to be later.")
    elif scheme.period.is_empty:
        yield Suspicion("/scheme", f"Its scheme {scheme.id} ends before it begins.", "Mend the scheme's dates.")
    elif not scheme.effective:
        yield Suspicion("/scheme", f"Its scheme {scheme.id} is NOT_EFFECTIVE.", "Make the scheme EFFECTIVE.")
    elif case.in_force.is_empty:
        reason = f"It is in force only when its scheme {scheme.id} is not."
        yield Suspicion("/effective_from", reason, f"The scheme is in force {told(scheme.period)}: let them overlap.")
    elif case.in_force.end and case.in_force.end <= case.now:
        reason = f"It ended on {case.in_force.end:%Y-%m-%d}; later purchases get nothing."
        yield Suspicion("/effective_to", reason, "Give it (and its scheme) a later effective_to, or leave it out.")


def _places(case: Case) -> Iterator[Suspicion]:
    if not case.programme.business_units:
        return
    open_ones = open_units(case.programme)
    if not open_ones or not _at(case.offer.business_units, open_ones, case):
        reason = "None of the business units where it applies is EFFECTIVE."
        yield Suspicion("/conditions/business_units", reason, "Make one EFFECTIVE, or name another one.")
    elif not _at(case.offer.scheme.merchants, open_ones, case):
        reason = f"None of the merchants of its scheme {case.offer.scheme.id} is EFFECTIVE."
        yield Suspicion("/scheme", reason, "Make one EFFECTIVE, or let another one take part.")
    elif not case.units:
        reason = f"None of its business units takes part in its scheme {case.offer.scheme.id}."
        yield Suspicion("/conditions/business_units", reason, "Add them to the scheme's merchants, or name others.")
    elif taps := case.conditions.get("taps"):
        homes = frozenset(case.records["tap", tap]["business_unit"] for tap in taps)
        if not _at(homes, case.units, case):
            reason = "None of its taps is where the offer applies."
            yield Suspicion("/conditions/taps", reason, "Name taps of its business units.")


def _products(case: Case) -> Iterator[Suspicion]:
    products, kinds = case.offer.products, case.offer.product_types
    if products and kinds:
        types = {case.records["product", product].get("product_type") for product in products}
        if types.isdisjoint(kinds):
            reason = "None of its products is of one of its product_types, and a line has to match both."
            yield Suspicion("/conditions/product_types", reason, "Leave one of the two out, or name others.")


def _history(case: Case) -> Iterator[Suspicion]:
    if case.conditions.get("first_purchase") and case.conditions.get("every_nth_purchase"):
        reason = "An account's first purchase is never its n-th."
        yield Suspicion("/conditions/every_nth_purchase", reason, "Leave one of the two out, or make it two offers.")


def _campaign(case: Case) -> Iterator[Suspicion]:
    campaign = case.records.get(("promotion_campaign", str(case.conditions.get("promotion_campaign"))))
    if campaign is None:
        return
    at, period = (
        "/conditions/promotion_campaign",
        Period.between(campaign.get("effective_from"), campaign.get("effective_to")),
    )
    if campaign["life_cycle_state"] != EFFECTIVE:
        yield Suspicion(at, f"The campaign {campaign['id']} is NOT_EFFECTIVE.", "Make the campaign EFFECTIVE.")
    elif not case.in_force.is_empty and case.in_force.common(period).is_empty:
        reason = f"It is in force only when the campaign {campaign['id']} is not."
        yield Suspicion(at, reason, f"The campaign is in force {told(period)}: let them overlap.")


def _classifications(case: Case) -> Iterator[Suspicion]:
    for name, kind in (("classifications", "CUSTOMER_EVENT"), ("account_classifications", "ACCOUNT")):
        named = [case.records["classification", wanted] for wanted in case.conditions.get(name) or ()]
        if named and all(classification["applies_to"] != kind for classification in named):
            other = "account_classifications" if kind == "CUSTOMER_EVENT" else "classifications"
            reason = f"What is named here does not apply to {kind}."
            yield Suspicion(f"/conditions/{name}", reason, f"Should it be {other}? Or mend the record's applies_to.")


def _worth(case: Case) -> Iterator[Suspicion]:
    rule = case.offer.award
    if not any(tier.value for tier in rule.tiers) and not rule.value:
        yield Suspicion("/award", "It gives nothing: its value is 0.", "Give it a value above 0.")
    elif rule.maximum == 0:
        yield Suspicion("/award/maximum_per_event", "It gives nothing: it is capped at 0.", "Raise or drop the cap.")


def _rate(case: Case) -> Iterator[Suspicion]:
    if case.offer.award.currency is AwardCurrency.SYSTEM or case.in_force.is_empty:
        return
    currency = case.programme.alternative_currency
    if currency is None:
        reason = "No currency has the role ALTERNATIVE."
        yield Suspicion(
            "/award/currency", reason, "Import one with a rate, or let the award be in the SYSTEM currency."
        )
    elif all(case.in_force.common(rate.period).is_empty for rate in case.programme.rates.get(currency.id, ())):
        reason = f"{currency.code} has no rate while it is in force."
        yield Suspicion("/award/currency", reason, "Import a currency_rate for that time.")


LONGEST_SAMPLED = timedelta(days=8)
"""Within a longer time every hour of every day of the week comes by."""


def _hours(case: Case) -> Iterator[Suspicion]:
    """Whether its days and hours come by at all while it is in force, by any clock that it may go by."""
    names = [name for name in ("weekdays", "time_from", "time_to") if case.conditions.get(name)]
    start, end = case.in_force.start, case.in_force.end
    if not names or not start or not end or not timedelta() < end - start <= LONGEST_SAMPLED:
        return
    conditions = compiled({name: case.conditions[name] for name in names})
    clocks = {zone for unit in case.units if (zone := _clock(unit, case.programme))} or {UTC}
    if not any(_holds_sometime(conditions, start, end, clock) for clock in clocks):
        reason = "Its days and hours do not come by while it is in force."
        yield Suspicion(f"/conditions/{names[0]}", reason, f"It is in force {told(case.in_force)}, UTC.")


def _clock(unit: BusinessUnit, programme: Programme) -> tzinfo:
    return next((above.time_zone for above in programme.lineage(unit.id) if above.time_zone), UTC)


def _holds_sometime(conditions: Iterable[Condition], start: datetime, end: datetime, clock: tzinfo) -> bool:
    """Conditions change on whole minutes only, so those and the very start tell all."""
    first = start.replace(second=0) + timedelta(minutes=1)
    minutes = (first + timedelta(minutes=number) for number in range((end - start) // timedelta(minutes=1) + 1))
    moments = [start, *(moment for moment in minutes if moment < end)]
    return any(
        all(condition.holds(occasion, ()) for condition in conditions)
        for occasion in (_occasion(moment, clock) for moment in moments)
    )


def _occasion(moment: datetime, clock: tzinfo) -> Occasion:
    """Nothing but a time."""
    nobody = Account("", "", None, None, LifeCycle.ACTIVE, None, None)
    return Occasion(Purchase("", None, None, moment, (), None), nobody, Wallet(""), frozenset(), True, clock, {})


def told(period: Period) -> str:
    """A period in words."""
    words = [
        f"{word} {moment:%Y-%m-%dT%H:%M:%S}" for word, moment in (("from", period.start), ("to", period.end)) if moment
    ]
    return " ".join(words) or "always"


_RULES: tuple[Callable[[Case], Iterator[Suspicion]], ...] = (
    _dates,
    _places,
    _products,
    _hours,
    _history,
    _campaign,
    _classifications,
    _worth,
    _rate,
)
