"""The offers that a partner may see: those that are live and could apply at the merchants of its key."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from loyalty.domain.access.partner import EVERY_MERCHANT, Partner
from loyalty.domain.period import Period
from loyalty.domain.pricing.plan import Verdict
from loyalty.domain.programme.conditions import CONDITIONS
from loyalty.domain.programme.directory import Directory
from loyalty.domain.programme.offers import EFFECTIVE, Offer
from loyalty.domain.programme.programme import Place, Programme


class Audience(Struct, frozen=True):
    """A partner, and the programme that it is told of; `directory` has the records that offers name."""

    partner: Partner
    programme: Programme
    directory: Directory

    def filter_verdicts(self, verdicts: Iterable[Verdict], now: datetime) -> tuple[Verdict, ...]:
        """Return those of `verdicts` that are about what applied, or about an offer that the partner may know of."""
        find = self.programme.offers.find
        return tuple(one for one in verdicts if one.failed is None or self._may_know_of(find(one.offer_id), now))

    def knows_campaign(self, campaign_id: str) -> bool:
        """Return whether a campaign's promo codes exist for the partner: unless all its offers are bound to others'
        merchants. One without offers is bound to nobody."""
        offers = self.programme.offers.of_campaign(campaign_id)
        return not offers or any(map(self.is_open_to, offers))

    def is_open_to(self, offer: Offer) -> bool:
        """Return whether an offer could ever apply at a merchant of the partner's, going by the places that it is bound
        to."""
        bounds = list(self._bounds(offer))
        if not bounds or self.partner.covers([EVERY_MERCHANT]):
            return True
        # The lowest of the units that are named is a place that all bounds meet at, if there is one.
        places = (self.programme.places.get(unit_id) for bound in bounds for unit_id in bound)
        return any(self._is_ours(place) and _meet_at(place, bounds) for place in places if place)

    def _may_know_of(self, offer: Offer | None, now: datetime) -> bool:
        return offer is not None and self.is_open_to(offer) and self._is_live(offer, now)

    def _bounds(self, offer: Offer) -> Iterator[frozenset[str]]:
        """Return the business units that the offer is bound to, once for each thing that binds it."""
        if offer.business_units:
            yield offer.business_units
        if offer.scheme.merchants:
            yield offer.scheme.merchants
        if offer.taps:
            taps = (self.directory.record("tap", tap_id) for tap_id in offer.taps)
            yield frozenset(tap["business_unit"] for tap in taps if tap)

    def _is_ours(self, place: Place) -> bool:
        return self.partner.sees(place.lineage[0].merchant_id)

    def _is_live(self, offer: Offer, now: datetime) -> bool:
        """Return whether the offer is no draft: it is switched on and has begun, and so have its scheme and its
        campaign; and all its conditions are known here."""
        switched_on, in_force = [offer.effective, offer.scheme.effective], offer.period.common(offer.scheme.period)
        if campaign := self.directory.record("promotion_campaign", offer.campaign_id):
            switched_on.append(campaign["life_cycle_state"] == EFFECTIVE)
            in_force = in_force.common(Period.between(campaign.get("effective_from"), campaign.get("effective_to")))
        is_understood = all(condition.name in CONDITIONS for condition in offer.conditions)
        return all(switched_on) and is_understood and in_force.has_begun(now) and not in_force.is_empty


def _meet_at(place: Place, bounds: Iterable[frozenset[str]]) -> bool:
    return not any(place.unit_ids.isdisjoint(bound) for bound in bounds)
