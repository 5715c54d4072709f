"""Access tokens as customers show them: what their names' items tell, tries of pass codes, one-time passwords."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct

from loyalty.domain.access.guesses import AT_A_PASS_CODE
from loyalty.domain.programme.offers import EFFECTIVE
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.guesses import count_guess, may_guess_passwords
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Delete, Put


class CustomerToken(Struct, frozen=True):
    """An effective access token. `pass_code` is a hash, None if the token has no pass code."""

    id: str
    account_id: str
    classification_id: str | None
    pass_code: str | None


def access_token_in(item: Item | None, now: datetime) -> CustomerToken | None:
    """Return the token that an item of a name of it leads to, or one that `resolve_passwords` found; None if there is
    none, or where it does not identify at `now`: TTL deletes late, so a password that is past may still lie there."""
    if item is None or item.get("life_cycle_state", EFFECTIVE) != EFFECTIVE:
        return None
    if "expires_at" in item and datetime.fromtimestamp(int(item["expires_at"]), UTC) <= now:
        return None
    return CustomerToken(item["target"], item["account_id"], item.get("classification"), item.get("pass_code"))


def resolve_passwords(
    table: Table, wanted: Collection[keys.Key], items: Mapping[keys.Key, Item], partner_id: str, now: datetime
) -> dict[keys.Key, Item]:
    """Return the items, but in the place of each one-time password what it leads to now: its token, or the name of the
    contact's primary account, read consistently, as long as that is of the account that it was of when the password was
    given out. Without passwords nothing is read.

    What is not there as a partner's own is read once more, consistently: it may have been given out just now. A
    partner's own are there for it, as long as it has not guessed too much: neither before nor with all that were
    `wanted`, as many at once are no more than many one by one."""
    passwords = {key: items.get(key, {}) for key in wanted if keys.is_one_time_password(key)}
    found = {key: item for key, item in items.items() if key not in passwords}
    if others := [key for key, item in passwords.items() if item.get("partner_id") != partner_id]:
        passwords |= table.get_many(others, consistent=True)
    own = {key: item for key, item in passwords.items() if item.get("partner_id") == partner_id}
    if not own or not may_guess_passwords(items, partner_id, now, wrong=len(passwords) - len(own)):
        return found
    at = {key: keys.stood_for(key, item["target"]) for key, item in own.items()}
    tokens = table.get_many(at.values(), consistent=True)
    for key, password in own.items():
        token = tokens.get(at[key])
        if token and token["account_id"] == password["account_id"]:
            found[key] = {**token, "expires_at": password["expires_at"]}
    return found


def count_try(table: Table, token_id: str, pass_code_hash: str, partner_id: str, now: datetime) -> datetime | None:
    """Count a partner's try of a token's pass code; or answer until when that is locked for it."""
    at = keys.pass_code_tries(token_id, pass_code_hash)
    return count_guess(table, at, dict.fromkeys(AT_A_PASS_CODE, 1), partner_id, now)


def forget_tries(table: Table, token_id: str, pass_code_hash: str, now: datetime) -> None:
    """Reset the count, as the pass code was right."""
    table.put(Put(keys.pass_code_tries(token_id, pass_code_hash), {"expires_at": int(now.timestamp())}))


def one_time_password_key(password: str) -> keys.Key:
    """Return the key of a one-time password. A plain SHA-256 will do for what is random, used once and good for
    minutes."""
    return keys.one_time_password(hashlib.sha256(password.encode()).hexdigest())


def contact_password_key(password: str) -> keys.Key:
    """Return the key of a one-time password that stands for a contact."""
    return keys.contact_password(hashlib.sha256(password.encode()).hexdigest())


def use_up(table: Table, password_key: keys.Key) -> bool:
    """Use a one-time password, which is good once; False where it is gone."""
    try:
        table.transact([Delete(password_key, condition="attribute_exists(pk)")])
    except ConditionFailed:
        return False
    return True


class OneTimePassword(NamedTuple):
    """A password, the partner whose purchases it is for, and its expiry."""

    text: str
    partner_id: str
    expires_on: datetime


def put_one_time_password(table: Table, password: OneTimePassword, token: CustomerToken) -> bool:
    """Let a one-time password lead to a token; return False if it is in use. The token itself is read when the password
    is shown (`resolve_passwords`). It is a transaction, as the SDK may send that again: a plain write that takes effect
    late would bring a password back that was used meanwhile."""
    return _put(table, one_time_password_key(password.text), password, token.id, token.account_id)


def put_contact_password(table: Table, password: OneTimePassword, contact_id: str, account_id: str) -> bool:
    """Let a one-time password lead to a contact, whose primary account is `account_id`; return as above whether it
    does."""
    return _put(table, contact_password_key(password.text), password, contact_id, account_id)


def _put(table: Table, at: keys.Key, password: OneTimePassword, target: str, account_id: str) -> bool:
    item: Item = {
        "target": target,
        "account_id": account_id,
        "partner_id": password.partner_id,
        "expires_at": int(password.expires_on.timestamp()),
    }
    try:
        table.transact([Put(at, item, condition="attribute_not_exists(pk)")])
    except ConditionFailed:
        return False
    return True
