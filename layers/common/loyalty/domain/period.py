"""Time: between two dates, between two times of every day, and by whose clock."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct


class Period(Struct, frozen=True):
    """From `start` (included) to `end` (excluded); None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def between(cls, start: str | None, end: str | None) -> Self:
        """Return the period between two dates of a record (`YYYY-MM-DDThh:mm:ss`, no zone, UTC)."""
        return cls(_moment(start), _moment(end))

    def holds(self, at: datetime) -> bool:
        """Return whether `at` lies within."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def has_begun(self, at: datetime) -> bool:
        """Return whether `at` lies within or after."""
        return self.start is None or self.start <= at

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies within."""
        return self.start is not None and self.end is not None and self.end <= self.start

    def common(self, other: "Period") -> "Period":
        """Return what lies in both; empty where nothing does."""
        starts = [start for start in (self.start, other.start) if start]
        ends = [end for end in (self.end, other.end) if end]
        return Period(max(starts, default=None), min(ends, default=None))


class DailyWindow(Struct, frozen=True):
    """From `start` (included) to `end` (excluded) of every day, over midnight where `end` is not later than `start`.

    From midnight to midnight is the whole day.
    """

    start: time = time.min
    end: time = time.min

    @classmethod
    def between(cls, start: str | None, end: str | None) -> Self:
        """Return the window between two times of a record (`HH:MM`); a missing one stands for midnight."""
        return cls(time.fromisoformat(start or "00:00"), time.fromisoformat(end or "00:00"))

    def holds(self, local: datetime) -> bool:
        """Return whether the time of day of `local` lies within."""
        at = local.time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def day_of(self, local: datetime) -> date:
        """Return the day on which the window that `local` lies in began: one in the morning is still last night."""
        after_midnight = self.end <= self.start and local.time() < self.end
        return local.date() - timedelta(days=1) if after_midnight else local.date()


SPAN_PATTERN = r"^P[1-9]\d{0,3}[DMY]$"
MAX_SPAN_YEARS = 10
_DAYS_PER_YEAR, _MONTHS_PER_YEAR = 365, 12


class Span(Struct, frozen=True):
    """A length of time: some days, or some months."""

    days: int
    months: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the span in days (`P90D`), months (`P12M`) or years (`P1Y`), of at most ten years.

        Raises:
            ValueError: it is none, or longer.
        """
        if not re.fullmatch(SPAN_PATTERN, text):
            raise ValueError("must be a number of days, months or years, such as P90D, P12M or P1Y")
        number, unit = int(text[1:-1]), text[-1]
        days = number if unit == "D" else 0
        months = number * {"D": 0, "M": 1, "Y": _MONTHS_PER_YEAR}[unit]
        if days > MAX_SPAN_YEARS * _DAYS_PER_YEAR or months > MAX_SPAN_YEARS * _MONTHS_PER_YEAR:
            raise ValueError(f"must not be longer than {MAX_SPAN_YEARS} years")
        return cls(days, months)

    def last_month(self, start: datetime) -> str:
        """Return the month, `YYYY-MM`, in which the span that begins at `start` ends."""
        return months_after(start + timedelta(days=self.days), self.months)


def months_after(at: datetime, months: int) -> str:
    """Return the month, `YYYY-MM`, so many months after the one of `at`; before it, where `months` is below zero."""
    number = at.year * _MONTHS_PER_YEAR + at.month - 1 + months
    return f"{number // _MONTHS_PER_YEAR:04}-{number % _MONTHS_PER_YEAR + 1:02}"


def end_of_month(month: str) -> datetime:
    """Return the moment at which a month, `YYYY-MM`, is over: the first of the next one, UTC."""
    year, number = (int(part) for part in month.split("-"))
    return datetime(year + number // _MONTHS_PER_YEAR, number % _MONTHS_PER_YEAR + 1, 1, tzinfo=UTC)


def time_zone(name: str) -> tzinfo:
    """Return the time zone of this name (`Europe/Athens`), from the system's IANA database; `UTC` needs none.

    Raises:
        ValueError: there is no such time zone.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError("must be a time zone of the IANA database, such as Europe/Athens") from error


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
