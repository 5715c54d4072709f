"""Time: between two dates, between two times of every day, and by whose clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (included) to `end` (excluded); None leaves that side open."""

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def between(cls, start: str | None, end: str | None) -> Self:
        """The period between two dates of a record (`YYYY-MM-DDThh:mm:ss`, no zone, UTC)."""
        return cls(_moment(start), _moment(end))

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies within."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """From `start` (included) to `end` (excluded) of every day, over midnight where `end` is not later than `start`.

    From midnight to midnight is the whole day.
    """

    start: time = time.min
    end: time = time.min

    @classmethod
    def between(cls, start: str | None, end: str | None) -> Self:
        """The window between two times of a record (`HH:MM`); a missing one stands for midnight."""
        return cls(time.fromisoformat(start or "00:00"), time.fromisoformat(end or "00:00"))

    def holds(self, local: datetime) -> bool:
        """Whether the time of day of `local` lies within."""
        at = local.time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def day_of(self, local: datetime) -> date:
        """The day on which the window that `local` lies in began: one in the morning is still last night."""
        after_midnight = self.end <= self.start and local.time() < self.end
        return local.date() - timedelta(days=1) if after_midnight else local.date()


def time_zone(name: str) -> tzinfo:
    """The time zone of this name (`Europe/Athens`), from the system's IANA database; `UTC` needs none.

    Raises:
        ValueError: there is no such time zone.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone of the IANA database") from error


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
