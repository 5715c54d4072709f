"""When an offer applies: one entry per condition of the offer language, each a predicate made from its setting.

A condition that is empty or missing holds; one that is set and not known here never does. All of an offer's conditions
must hold. tests/unit/test_offer_language.py asks for each wherever a new one has to be known.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from msgspec import Struct

from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.period import DailyWindow
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Line, Purchase


class Weekday(StrEnum):
    """A day of the week; they stand in the order in which dates count them."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


Settings = Mapping[str, Any]


class Occasion(Struct, frozen=True, dict=True):
    """Everything that conditions and limits depend on: what was bought, by whom, and where.

    Attributes:
        purchase: the purchase.
        account: the account.
        wallet: its wallet, before the purchase.
        units: the ids of the business unit that performed the purchase and of all above it, so that a condition that
            names a merchant holds at its outlets.
        effective: whether all of `units` are effective.
        zone: the time zone of their clock.
        given: what each offer with a budget has given so far, to all accounts, in its own currency.
    """

    purchase: Purchase
    account: Account
    wallet: Wallet
    units: frozenset[str]
    effective: bool
    zone: tzinfo
    given: Mapping[str, Decimal]

    @cached_property
    def local(self) -> datetime:
        """When it was, by the clock on the wall."""
        return self.purchase.performed_on.astimezone(self.zone)


Predicate = Callable[[Occasion, Sequence[Line]], bool]
"""Looks at an occasion and at those lines of the purchase that the offer is about."""


class Condition(Struct, frozen=True, eq=False):
    """A predicate under the name that the offer language gives it, made from a setting. Equal settings of one name
    are equal conditions."""

    name: str
    setting: Any
    holds: Predicate

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and (self.name, self.setting) == (other.name, other.setting)

    def __hash__(self) -> int:
        return hash(self.name)


def compile_conditions(settings: Settings) -> tuple[Condition, ...]:
    """Return the conditions that an offer's `conditions` set, in the order of the offer language.

    One that is not known, as a newer release may have stored it, keeps its offer from applying.
    """
    names = [*CONDITIONS, *(name for name in settings if name not in CONDITIONS)]
    return tuple(
        Condition(name, settings[name], CONDITIONS.get(name, _unknown)(settings))
        for name in names
        if settings.get(name)
    )


def _unknown(_: Settings) -> Predicate:
    return lambda _, __: False


def _one_of(name: str, value: Callable[[Occasion], str | None]) -> Callable[[Settings], Predicate]:
    def made(settings: Settings) -> Predicate:
        allowed = frozenset(settings[name])
        return lambda occasion, _: value(occasion) in allowed

    return made


def _business_units(settings: Settings) -> Predicate:
    allowed = frozenset(settings["business_units"])
    return lambda occasion, _: not allowed.isdisjoint(occasion.units)


def _some_line_matches(_: Settings) -> Predicate:
    return lambda _, lines: bool(lines)


def _weekdays(settings: Settings) -> Predicate:
    allowed = frozenset(settings["weekdays"])
    window, weekdays = _window_of(settings), tuple(Weekday)
    return lambda occasion, _: weekdays[window.day_of(occasion.local).weekday()] in allowed


def _window(settings: Settings) -> Predicate:
    window = _window_of(settings)
    return lambda occasion, _: window.holds(occasion.local)


def _window_of(settings: Settings) -> DailyWindow:
    return DailyWindow.between(settings.get("time_from"), settings.get("time_to"))


def _minimum_total_amount(settings: Settings) -> Predicate:
    minimum = Decimal(settings["minimum_total_amount"])
    return lambda occasion, _: occasion.purchase.totals.total >= minimum


def _minimum_quantity(settings: Settings) -> Predicate:
    minimum = Decimal(settings["minimum_quantity"])
    return lambda _, lines: sum((line.quantity for line in lines), ZERO) >= minimum


def _promotion_campaign(settings: Settings) -> Predicate:
    campaign = settings["promotion_campaign"]
    return lambda occasion, _: (code := occasion.purchase.promo_code) is not None and code.campaign_id == campaign


def _first_purchase(_: Settings) -> Predicate:
    return lambda occasion, _: occasion.wallet.purchases == 0


def _every_nth_purchase(settings: Settings) -> Predicate:
    every = settings["every_nth_purchase"]
    return lambda occasion, _: (occasion.wallet.purchases + 1) % every == 0


CONDITIONS: Mapping[str, Callable[[Settings], Predicate]] = {
    "business_units": _business_units,
    "taps": _one_of("taps", lambda occasion: occasion.purchase.tap_id),
    "products": _some_line_matches,
    "product_types": _some_line_matches,
    "classifications": _one_of("classifications", lambda occasion: occasion.purchase.classification_id),
    "payment_medium_brands": _one_of("payment_medium_brands", lambda it: it.purchase.payment_medium_brand_id),
    "payment_medium_types": _one_of("payment_medium_types", lambda it: it.purchase.payment_medium_type_id),
    "weekdays": _weekdays,
    # Where both are set, both stand for the same window.
    "time_from": _window,
    "time_to": _window,
    "minimum_total_amount": _minimum_total_amount,
    "minimum_quantity": _minimum_quantity,
    "promotion_campaign": _promotion_campaign,
    "first_purchase": _first_purchase,
    "every_nth_purchase": _every_nth_purchase,
    "account_classifications": _one_of("account_classifications", lambda occasion: occasion.account.classification_id),
}
