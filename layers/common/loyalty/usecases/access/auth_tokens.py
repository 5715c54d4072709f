"""Auth tokens: an API key is exchanged for one, functions check it, its holder may give it back."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import jwt
from msgspec.structs import replace

from loyalty import exactjson
from loyalty.domain.access.error_forms import ErrorForms
from loyalty.domain.access.partner import AuthToken, Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import credentials, keys
from loyalty.store.credentials import SigningKeys
from loyalty.store.table import Table

LIFETIME = timedelta(hours=2)
ALGORITHM = "HS256"
ISSUER = "loyalty"
CLAIMS = ["iss", "jti", "key", "sub", "scopes", "merchants", "exp"]

RECHECK_AFTER = timedelta(seconds=60)
MAX_TOKENS = 1000
"""Tokens that a container remembers to have checked."""

MAX_HEADER = 200
"""Characters of a token's header: ours has two thirds of it. What is longer is not ours, and may take long to read."""

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def issue_token(api_key: str, *, table: Table, signing_keys: SigningKeys, now: datetime) -> tuple[str, AuthToken]:
    """Exchange an API key for a signed token.

    Raises:
        Refused: INVALID_TOKEN, if the key is unknown or revoked.
    """
    return sign_token(holder_of_key(api_key, table), signing_keys, now)


def holder_of_key(api_key: str, table: Table) -> Partner:
    """Return the partner whose key it is, and what it may do.

    Raises:
        Refused: INVALID_TOKEN, if the key is unknown or revoked.
    """
    key = credentials.read_key(table, api_key) if api_key else None
    if key is None:
        raise Refused(Problem(Code.INVALID_TOKEN, "The API key is unknown or was revoked."))
    forms = _error_forms(key.partner.id, table)
    return replace(key.partner, key_hash=key.key_hash, error_forms=forms)


def sign_token(partner: Partner, signing_keys: SigningKeys, now: datetime) -> tuple[str, AuthToken]:
    """Return a signed token for a partner, whose `key_hash` names the key or the login that it has shown, and whose
    `error_forms` are those of its record."""
    assert partner.key_hash
    token = AuthToken(secrets.token_hex(16), partner, now + LIFETIME, partner.key_hash)
    key_id, secret = signing_keys.current(now)
    claims = {
        "iss": ISSUER,
        "jti": token.id,
        "key": token.key_hash,
        "sub": token.partner.id,
        "scopes": sorted(token.partner.scopes),
        "merchants": sorted(token.partner.merchants),
        "iat": int(now.timestamp()),
        "exp": int(token.expires_on.timestamp()),
        **({"unit": partner.unit_id} if partner.unit_id else {}),
        **partner.error_forms.chosen(),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id}), token


def _error_forms(partner_id: str, table: Table) -> ErrorForms:
    """Return what the partner's record says. The token takes it along, so that no call has to read it."""
    item = table.get(keys.record("partner", partner_id), consistent=True)
    return ErrorForms.of(exactjson.loads(item["record"]) if item else {})


def verify_token(text: str, signing_keys: SigningKeys) -> AuthToken:
    """Return the token in `text`, with its signature and its time checked.

    Raises:
        Refused: INVALID_TOKEN, if it is none of ours, was altered, or has expired.
    """
    try:
        if len(text.partition(".")[0]) > MAX_HEADER:
            raise jwt.InvalidTokenError
        key_id = jwt.get_unverified_header(text).get("kid")
        secret = signing_keys.secret(key_id) if isinstance(key_id, str) and _MONTH.fullmatch(key_id) else None
        if secret is None:
            raise jwt.InvalidTokenError
        claims = jwt.decode(text, secret, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": CLAIMS})
    except (jwt.InvalidTokenError, ValueError) as error:  # text that is no UTF-8 is a ValueError
        raise Refused(Problem(Code.INVALID_TOKEN, "The token is invalid or has expired.")) from error
    scopes, merchants = frozenset(claims["scopes"]), frozenset(claims["merchants"])
    unit, forms = claims.get("unit"), ErrorForms.of(claims)
    partner = Partner(claims["sub"], scopes, merchants, claims["key"], unit, forms)
    return AuthToken(claims["jti"], partner, datetime.fromtimestamp(claims["exp"], UTC), claims["key"])


class TokenCheck:
    """Tells whether a token of the classic API is still good, for one container.

    A token that was given back, or whose key was revoked, is found out within `RECHECK_AFTER`.
    """

    def __init__(self, table: Table, signing_keys: SigningKeys) -> None:
        self._table = table
        self._signing_keys = signing_keys
        self._checked: dict[str, datetime] = {}

    def partner(self, text: str, now: datetime) -> Partner:
        """Whose token it is.

        Raises:
            Refused: INVALID_TOKEN, if it is not good, or not any more.
        """
        token = verify_token(text, self._signing_keys)
        checked = self._checked.get(token.id)
        if checked is None or now - checked > RECHECK_AFTER:
            if not credentials.is_good(self._table, token):
                raise Refused(Problem(Code.INVALID_TOKEN, "The token was returned, or its key or login was revoked."))
            if len(self._checked) >= MAX_TOKENS:
                self._checked.clear()
            self._checked[token.id] = now
        return token.partner

    def forget(self) -> None:
        """Forget which tokens were good, and the secrets that they were checked with."""
        self._checked.clear()
        self._signing_keys.forget()


def release_token(text: str, *, table: Table, signing_keys: SigningKeys) -> None:
    """Give a token back: it is good no longer.

    Raises:
        Refused: INVALID_TOKEN, if it was not good in the first place.
    """
    credentials.release_token(table, verify_token(text, signing_keys))
