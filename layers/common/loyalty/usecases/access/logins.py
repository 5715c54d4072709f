"""Logins of partners: made, given another password, revoked; and whose login it is that somebody shows."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.access.error_forms import ErrorForms
from loyalty.domain.access.partner import Partner
from loyalty.domain.access.pass_codes import hash_pass_code, is_pass_code
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.store import logins
from loyalty.store.logins import Login
from loyalty.store.reference import record_key
from loyalty.store.table import Table
from loyalty.usecases.access.api_keys import partner_of

PASSWORD_BYTES = 24
"""Random bytes of a password: 32 characters that nobody guesses."""

WRONG = Problem(Code.INVALID_TOKEN, "The username, password or organisation is wrong, or the login was revoked.")
"""What whoever shows no login is told, whatever of it is wrong."""

_NO_SALT, _NO_HASH = "-", "-"
"""In the place of those of a login that there is not."""


class LoginRequest(Struct, frozen=True):
    """A login to make for a partner, what it may do, and for which merchants: their ids or codes, or `*`."""

    partner_id: str
    username: str
    merchants: Iterable[str]
    scopes: Collection[str]


class ShownLogin(Struct, frozen=True):
    """What a caller shows: a username, a password, an organisation; and the address that it calls from."""

    username: str
    password: str
    organisation: str
    address: str


def create_login(asked: LoginRequest, *, table: Table, now: datetime) -> str:
    """Make a login for a partner that was imported. Return its password, which is stored nowhere and so cannot be shown
    again.

    If the answer of a call is lost, the login may be there: `rotate_login` gives it a password that somebody has.

    Raises:
        Refused: NOT_FOUND, if partner or merchant does not exist; INVALID for an unknown scope, or an outlet;
            DUPLICATE, if a login has the username; RETRY_LATER.
    """
    partner = partner_of(asked.partner_id, asked.merchants, asked.scopes, table=table, now=now)
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    if not logins.put_login(table, _login(asked.username, partner, password, now), None):
        description = (
            f"There is a login {asked.username} already. If it is this partner's, give it another password with "
            "`loyalty login rotate`; otherwise use another username."
        )
        raise Refused(Problem(Code.DUPLICATE, description))
    return password


def rotate_login(partner_id: str, username: str, *, table: Table, now: datetime) -> str:
    """Give a login another password, and return it. The old one ends, and so do the tokens that it was exchanged for.

    Raises:
        Refused: NOT_FOUND; RETRY_LATER.
    """
    before = _active(partner_id, username, table)
    if before is None:
        raise Refused(not_found("Login", username))
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    if not logins.put_login(table, _login(username, before.partner, password, now), before):
        raise Refused(Problem(Code.RETRY_LATER, f"Another call is changing login {username}. Try again."))
    return password


def revoke_login(partner_id: str, username: str, *, table: Table, now: datetime) -> None:
    """End a login, once however often that is asked for.

    Raises:
        Refused: NOT_FOUND, if there never was such a login; RETRY_LATER.
    """
    login = _active(partner_id, username, table)
    removed = login is not None and logins.remove_login(table, login, now)
    if not removed and not logins.was_revoked(table, partner_id, username):
        raise Refused(not_found("Login", username))


def holder_of_login(shown: ShownLogin, *, table: Table, now: datetime) -> Partner:
    """Return the partner whose login is shown, and what it may do.

    An attempt is counted before it is looked at, so that many at once are no more than many one by one; at its own
    login, once it is wrong. One at a login that does not exist is counted and hashed as well, so that neither a lock
    nor the time reveals which do.

    Raises:
        Refused: INVALID_TOKEN, if anything of it is wrong; NOT_PERMITTED, if the address was wrong too often.
    """
    login = logins.read_login(table, shown.username)
    if locked_until := logins.begin_attempt(table, shown.username, shown.address, now):
        description = (
            f"Too many logins from this address were wrong, so none is accepted before {locked_until:%Y-%m-%d %H:%M} "
            "UTC. Try again then."
        )
        raise Refused(Problem(Code.NOT_PERMITTED, description))
    holder = _holder(login, shown, table)
    if holder is None:
        logins.count_wrong_attempt(table, shown.username, shown.address, now)
        raise Refused(WRONG)
    logins.forget_attempts(table, shown.username, shown.address, now)
    return holder


def _holder(login: Login | None, shown: ShownLogin, table: Table) -> Partner | None:
    """Return the partner whose login it is, None if anything that is shown is wrong."""
    salt, hashed = (login.key_hash, login.password_hash) if login else (_NO_SALT, _NO_HASH)
    if not is_pass_code(shown.password, salt, hashed) or login is None:
        return None
    item = table.get(record_key("partner", login.partner.id), consistent=True)
    record = exactjson.loads(item["record"]) if item else {}
    if record.get("organisation") not in (None, shown.organisation):
        return None
    return replace(login.partner, key_hash=login.key_hash, error_forms=ErrorForms.of(record))


def _login(username: str, partner: Partner, password: str, now: datetime) -> Login:
    key_hash = secrets.token_hex(32)
    return Login(username, partner, now, key_hash, hash_pass_code(key_hash, password))


def _active(partner_id: str, username: str, table: Table) -> Login | None:
    login = logins.read_login(table, username)
    return login if login and login.partner.id == partner_id else None
