"""Moments, months, and the calendar periods of limits."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

NEVER = 10**6
"""The lot of what never expires: later than all months."""

EVER, DAY, WEEK, MONTH, YEAR = "", "P1D", "P1W", "P1M", "P1Y"


@cache
def seconds(text: str, zone: str = "UTC") -> int:
    """Return a date as seconds since 1970: with an offset, or else by a clock of this zone; fractions are cut off."""
    moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())


def in_force(row: dict[str, str], moment: int) -> bool:
    """Tell whether effective_from <= moment < effective_to; a missing date leaves that side open."""
    begins, ends = row.get("effective_from"), row.get("effective_to")
    return (not begins or seconds(begins) <= moment) and (not ends or moment < seconds(ends))


def local(moment: int, zone: str) -> datetime:
    """Return a moment by the clock of the place, without the zone: of two that have one, an instant is the same."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).replace(tzinfo=None)


def month_of(moment: int) -> int:
    """Return the month of a moment (UTC), as a number that counts on from year to year."""
    date = datetime.fromtimestamp(moment, UTC)
    return date.year * 12 + date.month - 1


def end_of(month: int) -> int:
    """Return the moment at which a month is over: the beginning of the next."""
    return int(datetime((month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC).timestamp())


def expiry_month(performed_on: int, expires_after: str | None) -> int:
    """Return the month at whose end an award is over (rewards.md, "Expiry"): the one in which that time is over."""
    if expires_after is None:
        return NEVER
    count, unit = int(expires_after[1:-1]), expires_after[-1]
    if unit == "D":
        return month_of(int((datetime.fromtimestamp(performed_on, UTC) + timedelta(days=count)).timestamp()))
    return month_of(performed_on) + count * (12 if unit == "Y" else 1)


@cache
def window(date: datetime, period: str) -> str:
    """Return the calendar period that a local date lies in, in a form that sorts by time (rewards.md, "Limits")."""
    if period == WEEK:
        week = date.isocalendar()
        return f"{week.year}-W{week.week:02}"
    return date.strftime({EVER: "", DAY: "%Y-%m-%d", MONTH: "%Y-%m", YEAR: "%Y"}[period])


def holds(outer: str, outer_period: str, inner: str, inner_period: str) -> bool:
    """Tell whether uses of one period count in another one (rewards.md, "When an import changes a limit").

    Days count in the weeks, months and years that hold them, months in years, and all in all time. Weeks straddle
    months and years, and count in neither.
    """
    if outer_period == inner_period:
        return outer == inner
    if outer_period == EVER:
        return True
    if inner_period == DAY:
        return window(datetime.fromisoformat(inner), outer_period) == outer
    return inner_period == MONTH and outer_period == YEAR and inner.startswith(outer)
