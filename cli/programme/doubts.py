"""Warnings about what is allowed in a programme but hardly intended: offers that can never apply, or never give
anything.

An offer that is NOT_EFFECTIVE gets no warning: it was switched off on purpose.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from cli.programme.hours import HOURS, come_by
from loyalty.domain.money import ZERO
from loyalty.domain.period import Period
from loyalty.domain.programme.award_rules import AwardCurrency, Method, Tier
from loyalty.domain.programme.directory import Record
from loyalty.domain.programme.offers import EFFECTIVE, Offer
from loyalty.domain.programme.programme import Place, Programme


class Doubt(NamedTuple):
    """A suspicion about an offer: where in its record (a JSON pointer), why, and what to do about it; and the other
    offer that causes it, if any."""

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

    @property
    def everywhere(self) -> list[Place]:
        """The places that are effective."""
        return [place for place in self.programme.places.values() if place.effective]

    @cached_property
    def places(self) -> list[Place]:
        """The places at which the offer can apply."""
        return at(self.offer.scheme.merchants, at(self.offer.business_units, self.everywhere))


def at(wanted: frozenset[str], places: Iterable[Place]) -> list[Place]:
    """Return those of `places` that are, or are below, one of the `wanted` business units; all where none is wanted."""
    return [place for place in places if not wanted or not wanted.isdisjoint(place.unit_ids)]


def doubts_about(
    offers: Iterable[Offer], programme: Programme, records: Iterable[Record], now: datetime
) -> list[Doubt]:
    """Return what keeps each of `offers` from ever applying, or from giving anything.

    `records` are those of the programme, and the products that conditions name, as they were imported.
    """
    known = {(record["type"], record["id"]): record for record in records}
    cases = [Case(offer, known["reward_offer", offer.id], programme, known, now) for offer in offers if offer.effective]
    return [Doubt(case.offer.id, *found) for case in cases for rule in _RULES for found in rule(case)]


def _dates(case: Case) -> Iterator[Suspicion]:
    offer, scheme = case.offer, case.offer.scheme
    if offer.period.is_empty:
        yield Suspicion("/effective_to", "The offer ends before it begins.", "Set a later effective_to.")
    elif scheme.period.is_empty:
        yield Suspicion("/scheme", f"Its scheme {scheme.id} ends before it begins.", "Correct the scheme's dates.")
    elif not scheme.effective:
        yield Suspicion("/scheme", f"Its scheme {scheme.id} is NOT_EFFECTIVE.", "Make the scheme EFFECTIVE.")
    elif case.in_force.is_empty:
        reason = f"It is in force only when its scheme {scheme.id} is not."
        yield Suspicion(
            "/effective_from", reason, f"The scheme is in force {describe_period(scheme.period)}. Make them overlap."
        )
    elif case.in_force.end and case.in_force.end <= case.now:
        reason = f"It ended on {case.in_force.end:%Y-%m-%d}; later purchases get nothing."
        yield Suspicion("/effective_to", reason, "Give it (and its scheme) a later effective_to, or leave it out.")


def _places(case: Case) -> Iterator[Suspicion]:
    if not case.programme.places:
        return
    if not at(case.offer.business_units, case.everywhere):
        reason = "None of the business units where it applies is EFFECTIVE."
        yield Suspicion("/conditions/business_units", reason, "Make one EFFECTIVE, or name another one.")
    elif not at(case.offer.scheme.merchants, case.everywhere):
        reason = f"None of the merchants of its scheme {case.offer.scheme.id} is EFFECTIVE."
        yield Suspicion("/scheme", reason, "Make one EFFECTIVE, or add another one to the scheme.")
    elif not case.places:
        reason = f"None of its business units takes part in its scheme {case.offer.scheme.id}."
        yield Suspicion("/conditions/business_units", reason, "Add them to the scheme's merchants, or name others.")
    taps = case.conditions.get("taps") or ()
    homes = frozenset(case.records["tap", tap]["business_unit"] for tap in taps)
    if case.places and not at(homes, case.places):
        reason = "None of its taps is where the offer applies."
        yield Suspicion("/conditions/taps", reason, "Name taps of its business units.")


def _products(case: Case) -> Iterator[Suspicion]:
    products, kinds = case.offer.products, case.offer.product_types
    if products and kinds:
        types = {case.records["product", product].get("product_type") for product in products}
        if types.isdisjoint(kinds):
            reason = "None of its products is of one of its product_types, and a line must match both."
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
        yield Suspicion(at, reason, f"The campaign is in force {describe_period(period)}. Make them overlap.")


def _classifications(case: Case) -> Iterator[Suspicion]:
    for name, kind in (("classifications", "CUSTOMER_EVENT"), ("account_classifications", "ACCOUNT")):
        named = [case.records["classification", wanted] for wanted in case.conditions.get(name) or ()]
        if named and all(classification["applies_to"] != kind for classification in named):
            other = "account_classifications" if kind == "CUSTOMER_EVENT" else "classifications"
            reason = f"What is named here does not apply to {kind}."
            yield Suspicion(f"/conditions/{name}", reason, f"Did you mean {other}? Or correct the record's applies_to.")


def _worth(case: Case) -> Iterator[Suspicion]:
    rule = case.offer.award
    if not any(tier.value for tier in rule.tiers) and not rule.value:
        yield Suspicion("/award", "It gives nothing: its value is 0.", "Give it a value above 0.")
    elif rule.maximum == 0:
        yield Suspicion("/award/maximum_per_event", "It gives nothing: its cap is 0.", "Raise or remove the cap.")


def _instant(case: Case) -> Iterator[Suspicion]:
    """Return an award that is spent at once, and can be more than there is to pay."""
    rule = case.offer.award
    if not rule.instant or rule.ceiling or rule.method is Method.PERCENTAGE:
        return
    least = Decimal(case.conditions.get("minimum_total_amount") or 0)
    tiers = rule.tiers or (Tier(ZERO, rule.value),)
    at_risk = max(min(tier.value, rule.maximum or tier.value) - max(tier.start, least) for tier in tiers)
    known = rule.method in (Method.FIXED, Method.TIERED) and rule.currency is AwardCurrency.SYSTEM
    if known and at_risk <= 0:
        return
    amount = f"up to {at_risk} of it stay" if known else "the rest stays"
    reason = f"It is spent at once, and may be more than the purchase: then {amount} in the wallet."
    yield Suspicion("/award/maximum", reason, 'Write "maximum": "BASE", so that it is never more than its lines.')


def _rate(case: Case) -> Iterator[Suspicion]:
    if case.offer.award.currency is AwardCurrency.SYSTEM or case.in_force.is_empty:
        return
    currency = case.programme.alternative_currency
    if currency is None:
        reason = "No currency has the role ALTERNATIVE."
        yield Suspicion("/award/currency", reason, "Import one with a rate, or give the award in the SYSTEM currency.")
    elif all(case.in_force.common(rate.period).is_empty for rate in case.programme.rates.get(currency.id, ())):
        reason = f"{currency.code} has no rate while it is in force."
        yield Suspicion("/award/currency", reason, "Import a currency_rate for that time.")


def _hours(case: Case) -> Iterator[Suspicion]:
    clocks = {place.zone for place in case.places} or {UTC}
    if not come_by(case.conditions, case.in_force, clocks):
        field = next(name for name in HOURS if case.conditions.get(name))
        reason = "None of its days and hours fall into the time when it is in force."
        yield Suspicion(f"/conditions/{field}", reason, f"It is in force {describe_period(case.in_force)}, UTC.")


def describe_period(period: Period) -> str:
    """Return a period in words."""
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
    _instant,
    _rate,
)
