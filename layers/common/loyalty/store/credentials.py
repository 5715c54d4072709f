"""API keys, the secrets that sign auth tokens, and tokens given back."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.partner import AuthToken, Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.table import Table
from loyalty.store.writes import Delete, Put, Write

ACTIVE_KEYS_PER_PARTNER = 2
"""One in use, one to change over to."""

LOGIN_HASH = "login_hash"
"""What a login has beside its partner's keys, in the place of a hash: older versions, which know no logins, take
whatever has a `key_hash` there for a key."""

SIGNING_KEY_OVERLAP = timedelta(days=1)
"""How long a month's secret outlives the month: longer than any token that it signed."""


class ApiKey(Struct, frozen=True):
    """An active API key, without its text.

    Attributes:
        id: the public part of the key.
        partner: the partner, and what the key may do.
        created_on: when it was made.
        key_hash: the SHA-256 of its text.
        request: the name of the call that made it; None for keys from before calls had names.
        slot: its place among the partner's active keys; 0 until it has one.
    """

    id: str
    partner: Partner
    created_on: datetime
    key_hash: str
    request: str | None
    slot: int = 0


def hash_of(api_key: str) -> str:
    """Return what is stored of a key. A plain SHA-256 will do for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(api_key.encode(errors="replace")).hexdigest()


def read_key(table: Table, api_key: str) -> ApiKey | None:
    """Return the active key with this text."""
    item = table.get(keys.api_key(hash_of(api_key)), consistent=True)
    return _api_key(item) if item else None


def active_keys(table: Table, partner_id: str) -> Iterator[ApiKey]:
    """Return a partner's active keys."""
    for item in table.partition(keys.partner_key(partner_id, 0).pk, consistent=True):
        if "slot" in item:
            yield _api_key(item)


def active_credentials(table: Table, partner_id: str) -> Iterator[Partner]:
    """Return what each of a partner's active keys and logins may do."""
    for item in table.partition(keys.partner_key(partner_id, 0).pk, consistent=True):
        if "key_hash" in item:
            yield partner_in(item)
        elif LOGIN_HASH in item:
            yield partner_in({**item, "key_hash": item[LOGIN_HASH]})


def add_key(table: Table, key: ApiKey) -> None:
    """Make a key active, instead of one that was made by the same request, if there is one.

    Raises:
        Refused: LIMIT_EXCEEDED, if the partner has two active keys; RETRY_LATER, after which nobody knows whether
            the key is active.
    """
    for _ in range(ACTIVE_KEYS_PER_PARTNER + 1):
        active = {other.slot: other for other in active_keys(table, key.partner.id)}
        before = next((other for other in active.values() if other.request == key.request), None)
        if before and before.key_hash == key.key_hash:
            return
        if before and before.partner != key.partner:
            raise Refused(_says_something_else(before))
        free = (slot for slot in range(1, ACTIVE_KEYS_PER_PARTNER + 1) if slot not in active)
        slot = before.slot if before else next(free, None)
        if slot is None:
            partner = key.partner.id
            limit = (
                f"Partner {partner} has {ACTIVE_KEYS_PER_PARTNER} active keys; revoke one first: `loyalty key list "
                f"--partner {partner}` shows them, `loyalty key revoke KEY_ID --partner {partner}` ends one."
            )
            raise Refused(Problem(Code.LIMIT_EXCEEDED, limit))
        with suppress(ConditionFailed):  # the slot was taken, or set free, meanwhile
            table.transact(_activation(replace(key, slot=slot), before))
            return
    raise Refused(Problem(Code.RETRY_LATER, f"Another call is changing partner {key.partner.id}'s keys. Try again."))


def _says_something_else(before: ApiKey) -> Problem:
    """Return why a call is refused that has the name of another one, whose key somebody may have."""
    merchants, scopes = (",".join(sorted(said)) for said in (before.partner.merchants, before.partner.scopes))
    description = (
        f"A request of this name already made key {before.id}, for merchants {merchants} with scopes {scopes}. Repeat "
        "it with the same merchants and scopes to replace that key, or use another name."
    )
    return Problem(Code.DUPLICATE, description)


def _activation(key: ApiKey, before: ApiKey | None) -> list[Write]:
    item: Item = {
        "key_hash": key.key_hash,
        "key_id": key.id,
        "partner_id": key.partner.id,
        "scopes": sorted(key.partner.scopes),
        "merchants": sorted(key.partner.merchants),
        "created_on": int(key.created_on.timestamp()),
        "request": key.request,
        "slot": key.slot,
    }
    place, own = keys.partner_key(key.partner.id, key.slot), Put(keys.api_key(key.key_hash), item)
    if before is None:
        return [Put(place, item, condition="attribute_not_exists(pk)"), own]
    taken_over = Put(place, item, condition="key_hash = :before", values={":before": before.key_hash})
    return [taken_over, own, *_end(before, key.created_on)]


def remove_key(table: Table, key: ApiKey, now: datetime) -> bool:
    """Revoke a key: it is unknown from now on, and its place is free. False where it is not active any more."""
    place = keys.partner_key(key.partner.id, key.slot)
    freed = Delete(place, condition="key_hash = :key_hash", values={":key_hash": key.key_hash})
    try:
        table.transact([freed, *_end(key, now)])
    except ConditionFailed:
        return False
    return True


def _end(key: ApiKey, now: datetime) -> list[Write]:
    mark = Put(keys.revoked_key(key.partner.id, key.id), {"revoked_on": int(now.timestamp())})
    return [Delete(keys.api_key(key.key_hash)), mark]


def was_revoked(table: Table, partner_id: str, key_id: str) -> bool:
    """Return whether a key was active once, and is no more."""
    return table.get(keys.revoked_key(partner_id, key_id), consistent=True) is not None


def release_token(table: Table, token: AuthToken) -> None:
    """Mark a token as given back, for as long as it would have been good."""
    table.put(Put(keys.released_token(token.id), {"expires_at": int(token.expires_on.timestamp())}))


def is_good(table: Table, token: AuthToken) -> bool:
    """Return whether the token was not given back, and the key that it was got with was not revoked."""
    released, key = keys.released_token(token.id), keys.api_key(token.key_hash)
    found = table.get_many([released, key], consistent=True)
    return key in found and released not in found


class SigningKeys:
    """The secrets that sign auth tokens: a new one each month, known by the month, kept a day longer than the month.

    Whoever first signs in a month makes its secret; a condition on the write sees to it that there is one only.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[str, bytes] = {}

    def current(self, now: datetime) -> tuple[str, bytes]:
        """Id and secret to sign with at `now`."""
        month = f"{now:%Y-%m}"
        if self.secret(month) is None:
            next_month = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
            expires_at = int((next_month + SIGNING_KEY_OVERLAP).timestamp())
            item: Item = {"secret": secrets.token_bytes(32), "expires_at": expires_at}
            self._table.put(Put(keys.signing_key(month), item, condition="attribute_not_exists(pk)"))
        secret = self.secret(month)
        assert secret is not None
        return month, secret

    def forget(self) -> None:
        """Forget the secrets that were read."""
        self._known.clear()

    def secret(self, key_id: str) -> bytes | None:
        """Return the secret with this id, None if there is none (any more)."""
        if key_id not in self._known:
            item = self._table.get(keys.signing_key(key_id), consistent=True)
            if item is None:
                return None
            self._known[key_id] = item["secret"]
        return self._known[key_id]


def partner_in(item: Item) -> Partner:
    """Return what a key or a login may do, by its item."""
    return Partner(
        item["partner_id"], frozenset(item["scopes"]), frozenset(item["merchants"]), key_hash=item["key_hash"]
    )


def _api_key(item: Item) -> ApiKey:
    return ApiKey(
        id=item["key_id"],
        partner=replace(partner_in(item), key_hash=None),
        created_on=datetime.fromtimestamp(int(item["created_on"]), UTC),
        key_hash=item["key_hash"],
        request=item.get("request"),
        slot=int(item["slot"]),
    )
