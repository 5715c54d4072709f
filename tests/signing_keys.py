"""The secrets that sign tokens, made ahead for tables that tests put back to what they were."""

from datetime import datetime, timedelta

from loyalty.store.credentials import SigningKeys
from loyalty.store.table import Table


def make_signing_keys(table: Table, now: datetime) -> None:
    """Make the secrets of `now` and of a day later: a month may begin while tests run, and warm functions remember its
    secret."""
    for day in (now, now + timedelta(days=1)):
        SigningKeys(table).current(day)
