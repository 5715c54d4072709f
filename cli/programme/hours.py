"""Whether the days and hours of an offer come by at all while it is in force."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.period import Period
from loyalty.domain.programme.conditions import Occasion, compile_conditions
from loyalty.domain.purchases.account import Account, LifeCycle
from loyalty.domain.purchases.purchase import Purchase

HOURS = ("weekdays", "time_from", "time_to")
"""Conditions on when."""

LONGEST_SAMPLED = timedelta(days=8)
"""Within a longer time every hour of every day of the week comes by."""


def come_by(settings: Mapping[str, Any], period: Period, clocks: Iterable[tzinfo]) -> bool:
    """Return whether the conditions on when that `settings` have hold at any moment of `period`, by any of these
    clocks."""
    conditions = compile_conditions({name: settings[name] for name in HOURS if settings.get(name)})
    if not conditions or period.is_empty or not period.start or not period.end:
        return True
    if period.end - period.start > LONGEST_SAMPLED:
        return True
    return any(
        all(condition.holds(_occasion(moment, clock), ()) for condition in conditions)
        for clock in clocks
        for moment in _moments(period.start, period.end)
    )


def _moments(start: datetime, end: datetime) -> Iterator[datetime]:
    """Return the very start, and whole minutes: conditions change at no other time."""
    while start < end:
        yield start
        start = start.replace(second=0) + timedelta(minutes=1)


def _occasion(moment: datetime, clock: tzinfo) -> Occasion:
    """Nothing but a time."""
    nobody = Account("", "", None, None, LifeCycle.ACTIVE, None, None)
    return Occasion(Purchase("", None, None, moment, (), None), nobody, Wallet(""), frozenset(), True, clock, {})
