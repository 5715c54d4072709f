"""Logins of partners: a username with a password, in the place of an API key."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.guesses import AT_A_LOGIN, AT_ALL_LOGINS, holder_of
from loyalty.domain.access.partner import Partner
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.credentials import LOGIN_HASH, partner_in
from loyalty.store.guesses import count_guess
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Count, Delete, Put


class Login(Struct, frozen=True):
    """An active login.

    Attributes:
        username: what it is known by, which no other login has.
        partner: the partner, and what the login may do.
        created_on: when it was made, or got the password that it has.
        key_hash: what names it in tokens, as an API key's hash does: 256 random bits, others with each password.
        password_hash: what is stored of its password (`pass_codes.hash_pass_code`, salted with `key_hash`).
    """

    username: str
    partner: Partner
    created_on: datetime
    key_hash: str
    password_hash: str

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the login in its item."""
        created_on = datetime.fromtimestamp(int(item["created_on"]), UTC)
        partner = replace(partner_in(item), key_hash=None)
        return cls(item["username"], partner, created_on, item["key_hash"], item["password_hash"])


def read_login(table: Table, username: str) -> Login | None:
    """Return the active login with this username."""
    item = table.get(keys.login(username), consistent=True)
    return Login.of(item) if item else None


def active_logins(table: Table, partner_id: str) -> Iterator[Item]:
    """Return what each of a partner's active logins may do: `username`, `merchants`, `scopes`, `created_on`."""
    for item in table.partition(keys.partner_key(partner_id, 0).pk, consistent=True):
        if "username" in item:
            yield item


def put_login(table: Table, login: Login, before: Login | None) -> bool:
    """Make a login active, in the place of the one `before`; False where another one is there by now."""
    rights: Item = {
        "username": login.username,
        "partner_id": login.partner.id,
        "scopes": sorted(login.partner.scopes),
        "merchants": sorted(login.partner.merchants),
        "created_on": int(login.created_on.timestamp()),
    }
    own = {**rights, "key_hash": login.key_hash}
    at, item = keys.login(login.username), {**own, "password_hash": login.password_hash}
    ended = [Delete(keys.api_key(before.key_hash))] if before else []
    first = (
        Put(at, item, condition="key_hash = :before", values={":before": before.key_hash})
        if before
        else Put(at, item, condition="attribute_not_exists(pk)")
    )
    beside = Put(keys.partner_login(login.partner.id, login.username), {**rights, LOGIN_HASH: login.key_hash})
    return _done(table, [first, beside, Put(keys.api_key(login.key_hash), own), *ended])


def remove_login(table: Table, login: Login, now: datetime) -> bool:
    """Revoke a login: it is unknown from now on, and so are its tokens. False where it is another one by now."""
    partner_id, username = login.partner.id, login.username
    gone = Delete(keys.login(username), condition="key_hash = :known", values={":known": login.key_hash})
    mark = Put(keys.revoked_login(partner_id, username), {"revoked_on": int(now.timestamp())})
    beside = [Delete(keys.partner_login(partner_id, username)), Delete(keys.api_key(login.key_hash))]
    return _done(table, [gone, *beside, mark])


def was_revoked(table: Table, partner_id: str, username: str) -> bool:
    """Return whether a login was active once, and is no more."""
    return table.get(keys.revoked_login(partner_id, username), consistent=True) is not None


def begin_attempt(table: Table, username: str, address: str, now: datetime) -> datetime | None:
    """Count an attempt to log in among all of its address; or answer until when that may make none. At its own login it
    does not count until it is wrong: software that logs in often has several under way at once."""
    return count_guess(table, _attempts(address, now), {AT_A_LOGIN: 0, AT_ALL_LOGINS: 1}, username, now)


def count_wrong_attempt(table: Table, username: str, address: str, now: datetime) -> None:
    """Count an attempt at its login, as it was wrong."""
    table.transact([Count(_attempts(address, now), {AT_A_LOGIN.counter(username, now): 1})])


def forget_attempts(table: Table, username: str, address: str, now: datetime) -> None:
    """Forget the count of an address at a login, as the password was right; of its attempts at all, take one back. So
    an address that has many logins leaves no more behind than one that guesses."""
    of_login, of_all = AT_A_LOGIN.counter(username, now), AT_ALL_LOGINS.counter(username, now)
    table.transact([Count(_attempts(address, now), {of_all: -1}, {of_login: None})])


def _attempts(address: str, now: datetime) -> keys.Key:
    return keys.login_attempts(holder_of(address), AT_ALL_LOGINS.counter("", now))


def _done(table: Table, writes: list[Put | Delete]) -> bool:
    try:
        table.transact(writes)
    except ConditionFailed:
        return False
    return True
