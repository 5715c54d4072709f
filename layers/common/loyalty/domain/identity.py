"""Identity is idempotency: what a request says of itself decides its event's id (decision 0003)."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

EVENT_ID_LENGTH = 32


class Origin(StrEnum):
    """Where an event's id came from; kept on the event so that `verify` can derive it again."""

    GIVEN = "GIVEN"
    REFERENCE = "REFERENCE"
    EXTERNAL = "EXTERNAL"
    KEY = "KEY"
    ROW = "ROW"
    CONTENT = "CONTENT"
    NUMBER = "NUMBER"
    OPENING_BALANCE = "OPENING_BALANCE"
    CANCELLATION = "CANCELLATION"
    RETURN = "RETURN"
    EXPIRY = "EXPIRY"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request says of itself. Two requests of the same identity are the same event, or one of them is wrong.

    `parts` are, by origin:

    - GIVEN: the id.
    - EXTERNAL: the partner, the external system if it was named, the reference number there.
    - KEY: the partner, the idempotency key and, in a bulk call, the entry's own id.
    - ROW: the partner, the row's key (`row_key`).
    - CONTENT: the partner, the request's fingerprint in hex and, in a bulk call, the entry's own id.
    - REFERENCE: none, as merchant and reference number are it.
    - NUMBER: in a bulk call the entry's own id. Nothing tells a repetition: the event's own number is it.
    """

    origin: Origin
    parts: tuple[str, ...] = ()

    @property
    def own_id(self) -> str | None:
        """The event's id; None where it takes more than the request to know it."""
        match self.origin:
            case Origin.GIVEN:
                return self.parts[0]
            case Origin.REFERENCE | Origin.NUMBER:
                return None
            case _:
                return derived_id(self.origin, *self.parts)

    def event_id(self, merchant_id: str, reference_number: str, number: str) -> str:
        """The event's id; `number` is the one that the event was given."""
        if self.origin is Origin.REFERENCE:
            return derived_id(Origin.REFERENCE, merchant_id, reference_number)
        return self.own_id or derived_id(Origin.NUMBER, number)


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


# Made once, as making one takes longer than writing with it.
_NAME = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
