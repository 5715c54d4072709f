"""Counting guesses at pass codes, one-time passwords and logins."""

from collections.abc import Mapping
from datetime import datetime

from loyalty.domain.access.guesses import AT_ONE_TIME_PASSWORDS, Allowance
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Count


def count_guess(
    table: Table, at: Key, allowances: Mapping[Allowance, int], each: str, now: datetime
) -> datetime | None:
    """Count a guess on the item `at` a key, as often as is said for each allowance; or answer until when there may be
    none, and count nothing. `each` is what `Allowance.counter` takes. It is a transaction, as the SDK may send that
    again without its counting twice."""
    counters = {allowance.counter(each, now): allowance for allowance in allowances}
    amounts = {allowance.counter(each, now): amount for allowance, amount in allowances.items()}
    most = {name: allowance.most - 1 + amounts[name] for name, allowance in counters.items()}
    ends = max(allowance.ends(now) for allowance in allowances)
    try:
        table.transact([Count(at, amounts, {"expires_at": int(ends.timestamp())}, most)])
    except ConditionFailed as failed:
        item = failed.found.get(0) or {}
        used_up = (allowance.ends(now) for name, allowance in counters.items() if item.get(name, 0) >= allowance.most)
        return max(used_up, default=ends)
    return None


def guessed_passwords(partner_id: str, now: datetime) -> Key:
    """Return where a partner's wrong one-time passwords are counted."""
    return keys.guessed_passwords(partner_id, AT_ONE_TIME_PASSWORDS.counter(partner_id, now))


def may_guess_passwords(items: Mapping[Key, Item], partner_id: str, now: datetime, wrong: int) -> bool:
    """Return whether a partner has not shown too many wrong one-time passwords, with as many as are `wrong` now;
    `items` may have what lies at `guessed_passwords`."""
    item = items.get(guessed_passwords(partner_id, now), {})
    used: int = item.get(AT_ONE_TIME_PASSWORDS.counter(partner_id, now), 0)
    return used + max(wrong, 1) <= AT_ONE_TIME_PASSWORDS.most
