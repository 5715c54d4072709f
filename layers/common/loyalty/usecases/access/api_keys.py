"""API keys of partners: made, changed over, revoked. Two may be active at a time, so that a change needs no pause."""

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct

from loyalty.domain.access.partner import EVERY_MERCHANT, Partner, Scope
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.store import credentials
from loyalty.store.catalogue import Catalogue
from loyalty.store.credentials import ApiKey
from loyalty.store.reference import record_key
from loyalty.store.table import Table

KEY_BYTES = 32


class KeyRequest(Struct, frozen=True):
    """A key to make for a partner, what it may do, and for which merchants: their ids or codes, or `*`.

    `request` is a name for the call that no other call of the partner has; None if it has no name.
    """

    partner_id: str
    merchants: Iterable[str]
    scopes: Collection[str]
    request: str | None = None


def create_key(asked: KeyRequest, *, table: Table, now: datetime) -> tuple[str, ApiKey]:
    """Make a key for a partner that was imported. Return its text, which is stored nowhere and so cannot be shown
    again, and the key.

    If a call with a name is repeated after a lost answer, it makes another key instead of the one that nobody has.

    Raises:
        Refused: NOT_FOUND, if partner or merchant does not exist; INVALID for an unknown scope, or an outlet;
            DUPLICATE, if another call had this name; LIMIT_EXCEEDED; RETRY_LATER, after which nobody knows whether
            there is a key.
    """
    partner = partner_of(asked.partner_id, asked.merchants, asked.scopes, table=table, now=now)
    return _add_key(partner, asked.request, table, now)


def partner_of(
    partner_id: str, merchants: Iterable[str], scopes: Collection[str], *, table: Table, now: datetime
) -> Partner:
    """Return a partner that was imported, with what it may do; merchants are given by id or code, or as `*`.

    Raises:
        Refused: NOT_FOUND, if partner or merchant does not exist; INVALID for an unknown scope, or an outlet.
    """
    require_partner(partner_id, table)
    unknown = set(scopes) - set(Scope)
    if unknown:
        raise Refused(Problem(Code.INVALID, f"No such scope: {', '.join(unknown)}. There are {', '.join(Scope)}."))
    return Partner(partner_id, frozenset(scopes), frozenset(_merchant_ids(merchants, table, now)))


def require_partner(partner_id: str, table: Table) -> None:
    """Let a partner pass that was imported.

    Raises:
        Refused: NOT_FOUND.
    """
    if table.get(record_key("partner", partner_id)) is None:
        raise Refused(Problem(Code.NOT_FOUND, f"There is no partner {partner_id}. Import its record first."))


def rotate_key(
    partner_id: str, key_id: str, *, table: Table, now: datetime, request: str | None = None
) -> tuple[str, ApiKey]:
    """Make another key with the permissions of this one, which stays active until it is revoked. `request` names
    this call as no other call for this key is named; see `KeyRequest`.

    Raises:
        Refused: NOT_FOUND, LIMIT_EXCEEDED, RETRY_LATER.
    """
    key = _active(partner_id, key_id, table)
    if key is None:
        raise Refused(not_found("Key", key_id))
    return _add_key(key.partner, request and f"{key_id} {request}", table, now)


def revoke_key(partner_id: str, key_id: str, *, table: Table, now: datetime) -> None:
    """End a key, once however often that is asked for.

    Raises:
        Refused: NOT_FOUND, if there never was such a key; RETRY_LATER.
    """
    key = _active(partner_id, key_id, table)
    removed = key is not None and credentials.remove_key(table, key, now)
    if not removed and not credentials.was_revoked(table, partner_id, key_id):
        raise Refused(not_found("Key", key_id))


def _add_key(partner: Partner, request: str | None, table: Table, now: datetime) -> tuple[str, ApiKey]:
    key_id = secrets.token_hex(4)
    text = f"lk_{key_id}_{secrets.token_urlsafe(KEY_BYTES)}"
    key = ApiKey(key_id, partner, now, credentials.hash_of(text), request or key_id)
    credentials.add_key(table, key)
    return text, key


def _active(partner_id: str, key_id: str, table: Table) -> ApiKey | None:
    return next((key for key in credentials.active_keys(table, partner_id) if key.id == key_id), None)


def _merchant_ids(merchants: Iterable[str], table: Table, now: datetime) -> Iterable[str]:
    directory = Catalogue(table).directory(now)
    for name in merchants:
        if name == EVERY_MERCHANT:
            yield name
            continue
        found = directory.find("business_unit", "id", name) or directory.find("business_unit", "code", name)
        unit = directory.record("business_unit", found)
        if unit is None:
            raise Refused(Problem(Code.NOT_FOUND, f"There is no merchant {name}. Import its record first."))
        if parent := directory.record("business_unit", unit.get("parent_business_unit")):
            merchant = parent.get("code") or parent["id"]
            raise Refused(Problem(Code.INVALID, f"{name} is an outlet. Name its merchant, {merchant}."))
        yield unit["id"]
