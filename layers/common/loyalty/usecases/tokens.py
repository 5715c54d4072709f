"""Auth tokens: an API key is exchanged for one, functions check it, its holder may give it back."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import jwt

from loyalty.domain.access import AuthToken, Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import access
from loyalty.store.access import SigningKeys
from loyalty.store.table import Table

LIFETIME = timedelta(hours=2)
ALGORITHM = "HS256"
ISSUER = "loyalty"
CLAIMS = ["iss", "jti", "sub", "scopes", "merchants", "exp"]

_MONTH = re.compile(r"\d{4}-\d\d")


def issue_token(api_key: str, *, table: Table, signing_keys: SigningKeys, now: datetime) -> tuple[str, AuthToken]:
    """Exchange an API key for a signed token.

    Raises:
        Refused: INVALID_TOKEN, where the key is unknown or revoked.
    """
    key = access.read_key(table, api_key) if api_key else None
    if key is None:
        raise Refused(Problem(Code.INVALID_TOKEN, "The API key is unknown or was revoked."))
    token = AuthToken(secrets.token_hex(16), key.partner, now + LIFETIME)
    key_id, secret = signing_keys.current(now)
    claims = {
        "iss": ISSUER,
        "jti": token.id,
        "sub": token.partner.id,
        "scopes": sorted(token.partner.scopes),
        "merchants": sorted(token.partner.merchants),
        "iat": int(now.timestamp()),
        "exp": int(token.expires_on.timestamp()),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id}), token


def verified_token(text: str, signing_keys: SigningKeys) -> AuthToken:
    """The token in `text`, with its signature and its time checked.

    Raises:
        Refused: INVALID_TOKEN, where it is none of ours, was altered, or has expired.
    """
    try:
        key_id = jwt.get_unverified_header(text).get("kid")
        secret = signing_keys.secret(key_id) if isinstance(key_id, str) and _MONTH.fullmatch(key_id) else None
        if secret is None:
            raise jwt.InvalidTokenError
        claims = jwt.decode(text, secret, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": CLAIMS})
    except jwt.InvalidTokenError as error:
        raise Refused(Problem(Code.INVALID_TOKEN, "The token is invalid or has expired.")) from error
    partner = Partner(claims["sub"], frozenset(claims["scopes"]), frozenset(claims["merchants"]))
    return AuthToken(claims["jti"], partner, datetime.fromtimestamp(claims["exp"], UTC))


def release_token(text: str, *, table: Table, signing_keys: SigningKeys) -> None:
    """Give a token back: it is good no longer.

    Raises:
        Refused: INVALID_TOKEN, where it was not good in the first place.
    """
    access.release_token(table, verified_token(text, signing_keys))
