"""Ids that are reserved for a request while a code changes hands (decision 0020).

A container with an older programme would post the request for the code's former owner. So whoever posts it for the new
one reserves the former owner's id for it, in the same transaction: whichever comes second, fails.
"""

from datetime import datetime

from loyalty.domain.programme.directory import HANDOVER
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.writes import Update

_UNTAKEN = "attribute_not_exists(account_id) AND attribute_not_exists(event_id)"
"""Neither an event nor a pointer to one lies there."""


def reservation(event_id: str, fingerprint: bytes, posted_as: str, now: datetime) -> Update:
    """Return the write that reserves an untaken id for a request: it is posted under the other id, `posted_as`. An id
    may be reserved for several requests; TTL removes the item."""
    expires_at = int((now + HANDOVER).timestamp())
    return Update(keys.event(event_id), {_name(fingerprint): posted_as, "expires_at": expires_at}, _UNTAKEN)


def free_for(fingerprint: bytes) -> str:
    """Return the condition that an id is free for a request. It may be reserved for others, as a former owner has
    reference numbers of its own: the event takes the place of the reservations, and refuses those requests itself."""
    return f"{_UNTAKEN} AND attribute_not_exists({_name(fingerprint)})"


def is_reservation(item: Item) -> bool:
    """Return whether an item just reserves an id: unlike events and pointers, it expires."""
    return keys.is_event(key_of(item)) and "expires_at" in item


def _name(fingerprint: bytes) -> str:
    return f"reserved_{fingerprint.hex()}"
