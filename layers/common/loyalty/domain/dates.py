"""Dates as text: the forms that are taken, the same in bodies, in records and in rows of files."""

import re
from datetime import UTC, datetime

FORMS = "2026-01-15T09:30:00 or 2026-01-15 09:30:00 (in UTC), 2026-01-15T09:30:00Z or 2026-01-15T11:30:00+02:00"
"""The accepted forms, for messages."""

NO_DATE = f"must be a date such as {FORMS}"
"""The message for anything else."""

PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?$"

_DATE = re.compile(PATTERN)


def is_date(text: str) -> bool:
    """Return whether a text has the form of a date."""
    return _DATE.fullmatch(text) is not None


def moment_in(text: str) -> datetime:
    """Return the moment that a date tells, in UTC and to the second: fractions are cut off, and a date without an
    offset is in UTC.

    Raises:
        ValueError: it has none of the forms, or there is no such date; the message says which.
    """
    if not is_date(text):
        raise ValueError(NO_DATE)
    try:
        told = datetime.fromisoformat(text)
        return (told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a date that exists") from error
