"""Dates as text: the forms that are taken, the same in bodies, in records and in rows of files; and
clocks of places."""

import re
from datetime import UTC, datetime, tzinfo

FORMS = "2026-01-15T09:30:00, 2026-01-15 09:30:00, 2026-01-15T09:30:00Z or 2026-01-15T11:30:00+02:00"
"""The accepted forms, for messages."""

NO_DATE = f"must be a date such as {FORMS}"
"""The message for anything else."""

PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?$"

_DATE = re.compile(PATTERN)


def is_date(text: str) -> bool:
    """Return whether a text has the form of a date."""
    return _DATE.fullmatch(text) is not None


def read_date(text: str) -> datetime:
    """Return what a date tells, to the second: a moment in UTC; or, of a date without an offset, what some place's
    clock shows, without a zone. Fractions are cut off.

    Raises:
        ValueError: it has none of the forms, or there is no such date; the message says which.
    """
    if not is_date(text):
        raise ValueError(NO_DATE)
    try:
        told = datetime.fromisoformat(text).replace(microsecond=0)
        return told.astimezone(UTC) if told.tzinfo else told
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a date that exists") from error


def moment_in(text: str) -> datetime:
    """Return the moment that a date tells, in UTC and to the second; a date without an offset is in UTC.

    Raises:
        ValueError: as `read_date` has it.
    """
    return moment_at(UTC, read_date(text))


def moment_at(zone: tzinfo, told: datetime) -> datetime:
    """Return the moment in UTC that `told` is: itself, or, without a zone, when clocks of `zone` show it.

    Where clocks show it twice, as they are put back, it is the first time; where they skip it, as they are put forward,
    it is as much after the change as it would have been without. On the first and the last day of the calendar, which
    have no neighbours, clocks are taken to show UTC.
    """
    try:
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return told.replace(tzinfo=UTC)


def clock_at(zone: tzinfo, told: datetime) -> str:
    """Return what clocks of `zone` show at the moment that `told` is (`moment_at`), as `YYYY-MM-DDThh:mm:ss`."""
    moment = moment_at(zone, told)
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment
    return local.replace(tzinfo=None, microsecond=0).isoformat()
