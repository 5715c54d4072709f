"""The stretches of time that limits count in: calendar days, weeks, months and years, and all time."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum

FOR_EVER = ""
"""The one window of what has no period."""


class LimitPeriod(StrEnum):
    """A calendar day, week (from Monday), month or year, where the purchase was performed."""

    DAY = "P1D"
    WEEK = "P1W"
    MONTH = "P1M"
    YEAR = "P1Y"


_WINDOWS: Mapping[LimitPeriod | None, Callable[[date], str]] = {
    None: lambda _: FOR_EVER,
    LimitPeriod.DAY: lambda day: day.isoformat(),
    LimitPeriod.WEEK: lambda day: "{}-W{:02}".format(*day.isocalendar()),
    LimitPeriod.MONTH: lambda day: day.isoformat()[:7],
    LimitPeriod.YEAR: lambda day: day.isoformat()[:4],
}


def window_of(period: LimitPeriod | None, day: date) -> str:
    """Return the window of `period` that `day` lies in: `2026-01-15`, `2026-W03`, `2026-01`, `2026`, or FOR_EVER.

    Windows of one period sort by time.
    """
    return _WINDOWS[period](day)


def same_period(window: str, other: str) -> bool:
    """Tell whether two windows are of one period: the windows of each period have a length of their own."""
    return len(window) == len(other)


def lies_in(window: str, longer: str) -> bool:
    """Tell whether `window` lies within `longer`, or is the same: a day in its week, month and year, a month in its
    year, and all in FOR_EVER. Weeks straddle months and years, so they lie in neither."""
    if longer in (window, FOR_EVER):
        return True
    period, other = _PERIODS[len(window)], _PERIODS[len(longer)]
    holds = period is LimitPeriod.DAY or (period, other) == (LimitPeriod.MONTH, LimitPeriod.YEAR)
    return holds and window_of(other, _first_day(window)) == longer


def previous(window: str) -> str:
    """Return the window of the same period that ends where this one begins; it has a period."""
    return window_of(_PERIODS[len(window)], _first_day(window) - timedelta(days=1))


_PERIODS = {10: LimitPeriod.DAY, 8: LimitPeriod.WEEK, 7: LimitPeriod.MONTH, 4: LimitPeriod.YEAR, 0: None}
"""The periods by the length of their windows."""


def _first_day(window: str) -> date:
    if _PERIODS[len(window)] is LimitPeriod.WEEK:
        year, week = window.split("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    return date.fromisoformat(f"{window}{'-01-01'[len(window) - 4 :]}")
