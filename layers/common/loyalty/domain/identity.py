"""Identity is idempotency: what a request says of itself decides its event's id (decision 0003)."""

import hashlib
import json
import secrets
from decimal import Decimal
from enum import StrEnum
from typing import Any

from loyalty.domain.money import plain

EVENT_ID_LENGTH = 32


class Origin(StrEnum):
    """Where an event's id came from; kept on the event so that `verify` can derive it again."""

    GIVEN = "GIVEN"
    REFERENCE = "REFERENCE"
    OPENING_BALANCE = "OPENING_BALANCE"


def derived_id(origin: Origin, *parts: str) -> str:
    """The id that `parts` always lead to: 32 upper-case hex digits."""
    name = json.dumps([origin, *parts], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(name.encode()).hexdigest()[:EVENT_ID_LENGTH].upper()


def random_id() -> str:
    """A new id: 32 upper-case hex digits."""
    return secrets.token_hex(EVENT_ID_LENGTH // 2).upper()


def fingerprint(request: dict[str, Any]) -> bytes:
    """16 bytes that are the same for two requests that ask for the same thing, however they are spelled.

    Order of fields and trailing zeros do not count; the order of a list does.
    """
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), default=_spelled)
    return hashlib.sha256(canonical.encode()).digest()[:16]


def _spelled(value: object) -> str:
    return str(plain(value)) if isinstance(value, Decimal) else str(value)
