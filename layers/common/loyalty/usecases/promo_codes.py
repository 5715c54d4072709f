"""Promo codes that purchases bring: whether they are in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty import exactjson
from loyalty.domain.directory import Directory
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.offers import EFFECTIVE
from loyalty.domain.period import Period
from loyalty.domain.promotions import PromoCode
from loyalty.domain.purchase import Reference
from loyalty.store.attributes import Item


def promo_code_in(item: Item | None, named: Reference, directory: Directory, performed_on: datetime) -> PromoCode:
    """The code that a purchase names; `item` is what was found under its name.

    Raises:
        NotInProgramme: its campaign is newer than the directory.
        Refused: NOT_FOUND, where there is none; INVALID, where it or its campaign is not effective, or the purchase was
            performed outside the dates of either.
    """
    if item is None:
        raise Refused(not_found("Promo Code", named.value, named.pointer))
    record = exactjson.loads(item["promo_code"])
    campaign = directory.named("promotion_campaign", record["promotion_campaign"])
    reason = _reason("The promo code", record, performed_on) or _reason("Its campaign", campaign, performed_on)
    if reason:
        raise Refused(Problem(Code.INVALID, reason, named.pointer))
    return PromoCode.of(record, named.pointer)


def _reason(subject: str, record: Mapping[str, Any], performed_on: datetime) -> str | None:
    """What keeps a code or a campaign from being in force then."""
    if record["life_cycle_state"] != EFFECTIVE:
        return f"{subject} is not effective."
    if not Period.between(record.get("effective_from"), record.get("effective_to")).holds(performed_on):
        return f"{subject} is not in force on that date."
    return None
