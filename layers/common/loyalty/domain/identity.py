"""Identity is idempotency: what a request says of itself decides its event's id (decision 0003)."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from loyalty.domain.money import plain

if TYPE_CHECKING:
    from pydantic import BaseModel

EVENT_ID_LENGTH = 32


class Origin(StrEnum):
    """Where an event's id came from; kept on the event so that `verify` can derive it again."""

    GIVEN = "GIVEN"
    REFERENCE = "REFERENCE"
    EXTERNAL = "EXTERNAL"
    KEY = "KEY"
    ROW = "ROW"
    NUMBER = "NUMBER"
    OPENING_BALANCE = "OPENING_BALANCE"
    CANCELLATION = "CANCELLATION"
    RETURN = "RETURN"
    EXPIRY = "EXPIRY"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request says of itself. Two requests of the same identity are the same event, or one of them is wrong.

    `parts` are: for GIVEN the id; for EXTERNAL the partner, the external system and its reference number; for KEY the
    partner and the idempotency key; for ROW the partner and the row's key (`row_key`); for REFERENCE none, as merchant
    and reference number are it; and for NUMBER none either, as nothing is known that would tell a repetition: the
    event's own number is it.
    """

    origin: Origin
    parts: tuple[str, ...] = ()

    def event_id(self, merchant_id: str, reference_number: str, number: str) -> str:
        """The event's id; `number` is the one that the event was given."""
        match self.origin:
            case Origin.GIVEN:
                return self.parts[0]
            case Origin.NUMBER:
                return derived_id(Origin.NUMBER, number)
            case _:
                return derived_id(self.origin, *(self.parts or (merchant_id, reference_number)))


def derived_id(origin: Origin, *parts: str) -> str:
    """The id that `parts` always lead to: 32 upper-case hex digits."""
    return hashlib.sha256(_NAME.encode([origin, *parts]).encode()).hexdigest()[:EVENT_ID_LENGTH].upper()


def row_key(partner_id: str, content: str, row: int) -> str:
    """What a row of an upload is known by that says nothing of itself: `content` tells the file's content, so the same
    file sent again has the same keys. 32 upper-case hex digits."""
    return derived_id(Origin.ROW, partner_id, content, str(row))


def part_id(event_id: str, part: str, place: int) -> str:
    """The id of a part of an event, such as its second award: 32 upper-case hex digits, always the same."""
    return hashlib.sha256(f"{event_id} {part} {place}".encode()).hexdigest()[:EVENT_ID_LENGTH].upper()


def fingerprint(request: dict[str, Any]) -> bytes:
    """16 bytes that are the same for two requests that ask for the same thing, however they are spelled.

    Order of fields and trailing zeros do not count; the order of a list does.
    """
    return _printed(_CANONICAL.encode(request))


def fingerprint_of(request: "BaseModel") -> bytes:
    """The fingerprint of a request whose model has put it into order: a model writes its fields in the order in which
    it declares them, so that must stay. Twice as quick as `fingerprint`."""
    return _printed(request.model_dump_json(exclude_none=True))


def _printed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _spelled(value: object) -> str:
    return str(plain(value)) if isinstance(value, Decimal) else str(value)


# Made once, as making one takes longer than writing with it.
_NAME = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_spelled)
