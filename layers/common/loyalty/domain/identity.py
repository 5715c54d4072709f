"""Identity is idempotency: what a request says of itself decides its event's id (decision 0003)."""

import hashlib
from enum import StrEnum

from msgspec import Struct
from msgspec.json import Encoder

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


OF_MERCHANT = (Origin.GIVEN, Origin.REFERENCE)
"""Origins of which each merchant has its own."""


class Identity(Struct, frozen=True):
    """The identity of a request. Two requests of the same identity are the same event, or one of them is wrong.

    `parts` are, by origin:

    - GIVEN: the id, which is one among those of the merchant.
    - EXTERNAL: the partner, the external system if it was named, the reference number there.
    - KEY: the partner, the idempotency key and, in a bulk call, the entry's own id.
    - ROW: the partner, the row's key (`row_key`).
    - CONTENT: the partner, the request's fingerprint in hex and, in a bulk call, the entry's own id; if it does not say
      when it was performed, the span of time in which it came or, if that purchase was undone, its event.
    - REFERENCE: none, as merchant and reference number are it.
    - NUMBER: in a bulk call the entry's own id; the span, as above. Nothing tells a repetition: the event's own number
      is it.
    """

    origin: Origin
    parts: tuple[str, ...] = ()

    @property
    def is_of_merchant(self) -> bool:
        """Whether it is one among a merchant's, so that other merchants have the same."""
        return self.origin in OF_MERCHANT

    @property
    def kept_parts(self) -> tuple[str, ...]:
        """The parts that an event keeps in its document, as it tells them nowhere else. Of CONTENT, partner and
        fingerprint are attributes of its own."""
        match self.origin:
            case Origin.EXTERNAL | Origin.KEY | Origin.ROW:
                return self.parts
            case Origin.CONTENT:
                return self.parts[2:]
            case _:
                return ()

    @property
    def own_id(self) -> str | None:
        """The event's id; None if it takes more than the request to know it."""
        if self.is_of_merchant or self.origin is Origin.NUMBER:
            return None
        return derived_id(self.origin, *self.parts)

    @property
    def older_id(self) -> str | None:
        """The id that earlier versions would have given the event, where it is another one (decision 28)."""
        return self.parts[0] if self.origin is Origin.GIVEN else None

    def event_id(self, merchant_id: str, reference_number: str | None, number: str) -> str:
        """Return the event's id; `number` is the one that the event was given."""
        match self.origin:
            case Origin.GIVEN:
                return given_id(merchant_id, self.parts[0])
            case Origin.REFERENCE:
                return derived_id(Origin.REFERENCE, merchant_id, reference_number or "")
            case Origin.NUMBER:
                return derived_id(Origin.NUMBER, number)
            case _:
                return derived_id(self.origin, *self.parts)


def by_key(partner_id: str, idempotency_key: str | None, *own_id: str) -> Identity | None:
    """Return the identity that a call's idempotency key gives; with `own_id`, an entry of the call's."""
    return Identity(Origin.KEY, (partner_id, idempotency_key, *own_id)) if idempotency_key else None


def derived_id(origin: Origin, *parts: str) -> str:
    """Return the id that `parts` always lead to: 32 upper-case hex digits."""
    return hashlib.sha256(_NAME.encode([origin, *parts])).hexdigest()[:EVENT_ID_LENGTH].upper()


def given_id(merchant_id: str, told: str) -> str:
    """Return the id of a merchant's event whose id a caller gave. It is no derived one, and no other merchant's; what
    callers know the event by is `told_id`."""
    return f"{told}{_OF}{merchant_id}"


def split_id(event_id: str) -> tuple[str, str | None]:
    """Return what callers know an event by, and whose event it is, where they gave the id."""
    told, _, merchant_id = event_id.partition(_OF)
    return told, merchant_id or None


def is_given(event_id: str) -> bool:
    """Return whether a caller gave the id, so that other merchants may have an event of the same one."""
    return split_id(event_id)[1] is not None


def told_id(event_id: str) -> str:
    """Return what callers know an event by."""
    return split_id(event_id)[0]


def row_key(partner_id: str, content: str, row: int) -> str:
    """Return what a row of an upload is known by that says nothing of itself: `content` tells the file's content, so
    the same file sent again has the same keys. 32 upper-case hex digits."""
    return derived_id(Origin.ROW, partner_id, content, str(row))


def part_id(event_id: str, part: str, place: int) -> str:
    """Return the id of a part of an event, such as its second award: 32 upper-case hex digits, always the same."""
    return hashlib.sha256(f"{event_id} {part} {place}".encode()).hexdigest()[:EVENT_ID_LENGTH].upper()


_OF = "#"
"""Between an id that was given and its merchant. Ids that may be given do not have it, nor have those of others."""

_NAME = Encoder()
