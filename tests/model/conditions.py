"""When an offer applies (rewards.md, "When an offer applies"): its verdicts, in the order of the last section."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.model.dates import in_force, local
from tests.model.exact import Json, exact
from tests.model.programme import Programme
from tests.model.purchase import Line, Purchase

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True)
class Occasion:
    """A purchase, and what conditions look at beside it.

    Attributes:
        purchase: The purchase.
        account: The record of its account.
        merchant: The record of the merchant.
        outlet: The record of the outlet, where there is one.
        date: When it was performed, by the clock of the place.
        bought_before: How many purchases of the account stand.
        campaign: The campaign of the promo code that it brings.
    """

    purchase: Purchase
    account: Json
    merchant: Json
    outlet: Json | None
    date: datetime
    bought_before: int
    campaign: str | None

    @property
    def places(self) -> set[str]:
        """The ids of merchant and outlet."""
        return {self.merchant["id"]} | ({self.outlet["id"]} if self.outlet else set())


def occasion(purchase: Purchase, programme: Programme, bought_before: int) -> Occasion:
    """Return a purchase with what its conditions look at."""
    zone = programme.clock(purchase.merchant, purchase.outlet)
    account, merchant = programme.get("account", purchase.account), programme.get("business_unit", purchase.merchant)
    assert account is not None
    assert merchant is not None
    code = programme.get("promo_code", purchase.promo_code)
    return Occasion(
        purchase,
        account,
        merchant,
        programme.get("business_unit", purchase.outlet),
        local(purchase.performed_on, zone),
        bought_before,
        code["promotion_campaign"] if code else None,
    )


def effective(row: Json | None) -> bool:
    """Tell whether a record's state lets it be."""
    return row is not None and row.get("life_cycle_state", "EFFECTIVE") == "EFFECTIVE"


def matching(conditions: Json, lines: list[Line]) -> list[Line]:
    """Return the lines that an offer is about: one line has to match both product conditions."""
    products, types = conditions.get("products"), conditions.get("product_types")
    return [
        line
        for line in lines
        if (not products or line.product in products) and (not types or line.product_type in types)
    ]


def rejection(offer: Json, seen: Occasion, programme: Programme, free: list[Line]) -> str | None:
    """Return what keeps an offer from applying, the first in the docs' order, or None.

    `free` are the lines that no exclusive offer has taken: for all others it is as if those had not been bought.
    """
    return next((verdict for verdict, holds in _verdicts(offer, seen, programme, free) if not holds), None)


def _verdicts(offer: Json, seen: Occasion, programme: Programme, free: list[Line]) -> Iterator[tuple[str, bool]]:
    purchase, conditions = seen.purchase, offer["conditions"]
    moment = purchase.performed_on
    yield "life_cycle_state", effective(offer)
    yield "effective", in_force(offer, moment)
    yield "scheme", _open(programme.get("reward_scheme", offer["scheme"]), seen)
    yield "merchant", effective(seen.merchant) and (seen.outlet is None or effective(seen.outlet))
    yield "disable_instant_spend", not (purchase.no_instant and offer.get("award", {}).get("spend") == "INSTANT")
    whole = matching(conditions, list(purchase.lines))
    yield "stacking", not whole or bool(matching(conditions, free))
    yield from _conditions(conditions, seen, free)


def _open(scheme: Json | None, seen: Occasion) -> bool:
    """A scheme is open if its state and dates are, and it names the merchant or outlet, or nobody."""
    if scheme is None or not effective(scheme) or not in_force(scheme, seen.purchase.performed_on):
        return False
    named = scheme.get("merchants") or []
    return not named or bool(seen.places & set(named))


def _conditions(conditions: Json, seen: Occasion, free: list[Line]) -> Iterator[tuple[str, bool]]:
    purchase = seen.purchase
    one_of: dict[str, set[Any]] = {
        "business_units": seen.places,
        "taps": {purchase.tap},
        "classifications": {purchase.classification},
        "payment_medium_brands": {purchase.brand},
        "payment_medium_types": {purchase.medium},
        "account_classifications": {seen.account.get("classification")},
    }
    for name, values in one_of.items():
        if name in conditions:
            yield name, bool(values & set(conditions[name]))
    lines = matching(conditions, free)
    yield ("products" if "products" in conditions else "product_types"), bool(lines)
    yield from _times(conditions, seen.date)
    if "minimum_total_amount" in conditions:
        yield "minimum_total_amount", purchase.total >= exact(conditions["minimum_total_amount"])
    if "minimum_quantity" in conditions:
        yield "minimum_quantity", sum(line.quantity for line in lines) >= exact(conditions["minimum_quantity"])
    if "promotion_campaign" in conditions:
        yield "promotion_campaign", seen.campaign == conditions["promotion_campaign"]
    if conditions.get("first_purchase"):
        yield "first_purchase", seen.bought_before == 0
    if "every_nth_purchase" in conditions:
        yield "every_nth_purchase", (seen.bought_before + 1) % conditions["every_nth_purchase"] == 0


def _times(conditions: Json, date: datetime) -> Iterator[tuple[str, bool]]:
    """Of two times one may be missing, and stands for midnight; a window over midnight belongs to the day it begins."""
    begins, ends = conditions.get("time_from", "00:00"), conditions.get("time_to", "00:00")
    clock = f"{date:%H:%M}"
    over_midnight = begins > ends and ends != "00:00"
    day = date - timedelta(days=1) if over_midnight and clock < ends else date
    if "weekdays" in conditions:
        yield "weekdays", WEEKDAYS[day.weekday()] in conditions["weekdays"]
    if begins != ends:
        within = (
            (clock >= begins or clock < ends)
            if over_midnight
            else begins <= clock < (ends if ends != "00:00" else "24")
        )
        yield ("time_from" if "time_from" in conditions else "time_to"), within
