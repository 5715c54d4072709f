"""Promo codes that purchases bring: whether the partner may know of them, and whether they are in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.period import Period
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.programme.offers import EFFECTIVE
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.attributes import Item


def promo_code_in(item: Item | None, named: Reference, audience: Audience, performed_on: datetime) -> PromoCode:
    """Return the code that a purchase names; `item` is what was found under its name.

    Raises:
        NotInProgramme: its campaign is newer than the programme.
        Refused: NOT_FOUND, if there is none, or none that opens an offer at a merchant of the partner's; INVALID, if it
            or its campaign is not effective, or the purchase was performed outside the dates of either.
    """
    record = exactjson.loads(item["promo_code"]) if item else None
    if record is None or not audience.knows_campaign(record["promotion_campaign"]):
        raise Refused(not_found("Promo Code", named.value, named.pointer))
    campaign = audience.directory.named_record("promotion_campaign", record["promotion_campaign"])
    reason = _reason("The promo code", record, performed_on) or _reason("Its campaign", campaign, performed_on)
    if reason:
        raise Refused(Problem(Code.INVALID, reason, named.pointer))
    return PromoCode.of(record, named.pointer)


def _reason(subject: str, record: Mapping[str, Any], performed_on: datetime) -> str | None:
    """Return what keeps a code or a campaign from being in force then."""
    if record["life_cycle_state"] != EFFECTIVE:
        return f"{subject} is not effective."
    if not Period.between(record.get("effective_from"), record.get("effective_to")).holds(performed_on):
        return f"{subject} is not in force on that date."
    return None
