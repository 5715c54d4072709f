"""The stretches of time that limits count in: calendar days, weeks, months and years, and all time."""

from collections.abc import Callable, Mapping
from datetime import date
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
    """Tell whether `window` lies within `longer`, or is the same: a day in its month or year, all in FOR_EVER.

    Weeks straddle months, so a day lies in no week, and a week in no month.
    """
    return window.startswith(longer)
