"""Attributes of items: plain Python on our side, typed values on DynamoDB's."""

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from loyalty.domain.money import plain
from loyalty.store.keys import Key

Value = str | int | Decimal | bytes | bool | list[str]
Item = Mapping[str, Any]
"""Attributes by name; every value is a `Value`."""


MAX_EXPONENT = 130
"""Of numbers that DynamoDB keeps. What is far beyond takes for ever to be written as a whole number."""


def is_kept(number: Decimal) -> bool:
    """Return whether DynamoDB keeps such numbers. We write no others elsewhere."""
    return number.is_finite() and abs(number.adjusted()) <= MAX_EXPONENT


def key_of(item: Item) -> Key:
    """Return the key that an item lies at."""
    return Key(str(item["pk"]), str(item["sk"]))


def pack_key(key: Key) -> dict[str, Any]:
    """Return a key as DynamoDB takes it."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def pack(item: Mapping[str, Value | None]) -> dict[str, Any]:
    """Attributes as DynamoDB takes them, without those that are None."""
    return {
        name: {"S": value} if type(value) is str else _PACK[type(value)](value)
        for name, value in item.items()
        if value is not None
    }


def size_of(item: Item) -> int:
    """Return the bytes that DynamoDB counts for attributes, each number as the longest that there is."""
    return sum(
        [
            len(name) + (len(value.encode()) if type(value) is str else _SIZE[type(value)](value))
            for name, value in item.items()
            if value is not None
        ]
    )


class Foreign(Struct, frozen=True):
    """A value of a kind that we never write: somebody else did, and `loyalty verify` tells so."""

    told: Any


def unpack(told: Mapping[str, Mapping[str, Any]]) -> Item:
    """Attributes as DynamoDB tells them."""
    return {name: _UNPACK[kind](value) for name, typed in told.items() for kind, value in typed.items()}


_PACK: Mapping[type, Callable[[Any], dict[str, Any]]] = defaultdict(
    lambda: lambda value: {"S": value},  # a StrEnum packs as the text it is
    {
        int: lambda value: {"N": str(value)},
        Decimal: lambda value: {"N": str(plain(value))},  # as DynamoDB keeps it, so that what was sent is what is read
        bytes: lambda value: {"B": value},
        bool: lambda value: {"BOOL": value},
        list: lambda value: {"L": [text.told if isinstance(text, Foreign) else {"S": text} for text in value]},
        Foreign: lambda value: {"M": value.told},
    },
)

_NUMBER_BYTES = 21
_LIST_BYTES = 3
"""Of a list, beside its values and one byte for each of them."""

_SIZE: Mapping[type, Callable[[Any], int]] = defaultdict(
    lambda: lambda text: len(text.encode()),
    {
        int: lambda _: _NUMBER_BYTES,
        Decimal: lambda _: _NUMBER_BYTES,
        bytes: len,
        bool: lambda _: 1,
        list: lambda texts: _LIST_BYTES + sum(1 + len(text.encode()) for text in texts),
    },
)

_UNPACK: Mapping[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Decimal,
    "B": lambda value: (
        value if isinstance(value, bytes) else base64.b64decode(value, validate=True)
    ),  # see loyalty.store.wire
    "BOOL": bool,
    "L": lambda texts: [text["S"] if "S" in text else Foreign(text) for text in texts],
    **dict.fromkeys(("NULL", "M", "SS", "NS", "BS"), Foreign),
}
