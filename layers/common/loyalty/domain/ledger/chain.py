"""The chain of a wallet's events: each has a hash over its content and over the hash before it (decision 32).

The bytes that are hashed follow from what is said, not from how it was written: texts, numbers, bytes, lists and
objects are told apart, names are sorted, numbers have no trailing zeros. So it does not matter which library wrote an
event, nor what later versions add to others.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from types import NoneType
from typing import Any

from msgspec import Raw, Struct
from msgspec.json import Encoder

from loyalty.domain.money import plain_text

HASH_FORM = 1
"""The form in which hashes are made now. Another one needs a number of its own, as this one stays to be proven."""

HASH_BYTES = 16
"""Bytes of a hash: who wants to forge one has to try 2^128 contents."""

SALT_BYTES = 16

Content = Mapping[str, Any]
"""What of an event must not change, by name: texts, numbers, bytes, None, and lists and objects of them."""


class Tree(dict[str, Any]):
    """An object as JSON has it, whole numbers as they are and all others by `number`: so it is written as it is, and
    not looked through."""


PERSONAL = ("fingerprint",)
"""What names a person in the content itself: a request can be guessed from its fingerprint, if all else is known."""

PERSONAL_IN_DOCUMENT = ("contact_id", "details")

PERSONAL_IDS = ("access_token", "account", "contact", "invoice")
"""Record types of the document's `ids` that name a person."""


class Link(Struct, frozen=True):
    """An event's place in the chain.

    - `digest` is its hash, in the form `form`.
    - `personal` is the digest of what names a person, which is all that enters the hash of that.
    - `salt` is what keeps others from guessing it; gone or empty, with what names the person, once that is erased.
    """

    digest: bytes
    personal: bytes
    salt: bytes | None
    form: int = HASH_FORM


def linked(content: Content, before: bytes, salt: bytes) -> Link:
    """Return the link of an event that follows the one with the hash `before`; or that begins the chain, at `root`."""
    person, rest = _parted(content)
    personal = _personal_hash(salt, person)
    return Link(next_hash(before, _content_hash(rest, personal)), personal, salt)


def root(table_id: str | None, account_id: str, version: int, balance: Decimal) -> bytes:
    """Return what stands before the first hash of a wallet, in the table with this identity: where the wallet was
    then, as an older version may have brought it there."""
    return _hash(["root", HASH_FORM, table_id, account_id, version, balance])


def content_digest(content: Content, personal: bytes) -> bytes:
    """Return the digest of what an event says, with `personal` in the place of what names a person."""
    return _content_hash(_parted(content)[1], personal)


def personal_digest(content: Content, salt: bytes) -> bytes:
    """Return the salted digest of what names a person in an event."""
    return _personal_hash(salt, person_in(content))


def next_hash(before: bytes, content: bytes) -> bytes:
    """Return the hash of an event whose content has this digest, after the one with the hash `before`."""
    return sha256(before + content).digest()[:HASH_BYTES]  # both have a fixed length


def person_in(content: Content) -> Content:
    """Return what names a person in an event."""
    return _parted(content)[0]


def _parted(content: Content) -> tuple[Content, Content]:
    """Return what names a person in an event, and all the rest."""
    rest = dict(content)
    rest["document"] = document = type(content["document"])(content["document"])
    person = {name: rest.pop(name) for name in PERSONAL if name in rest}
    person |= {name: document.pop(name) for name in PERSONAL_IN_DOCUMENT if name in document}
    if ids := dict(document.pop("ids", ())):
        if personal := {kind: ids.pop(kind) for kind in PERSONAL_IDS if kind in ids}:
            person["ids"] = personal
        if ids:
            document["ids"] = ids
    return person, rest


def _content_hash(rest: Content, personal: bytes) -> bytes:
    return _hash(["content", HASH_FORM, rest, personal])


def _personal_hash(salt: bytes | None, person: Content) -> bytes:
    return _hash(["personal", HASH_FORM, salt, person])


@lru_cache(maxsize=10_000)  # prices recur
def number(told: str | Decimal) -> Raw:
    """Return a number, which JSON may have told, as `canonical` writes it."""
    return Raw(plain_text(Decimal(told)).encode())


def _hash(value: Any) -> bytes:
    return sha256(canonical(value)).digest()[:HASH_BYTES]


def canonical(value: Any) -> bytes:
    """Return the bytes that stand for a value, and for no other one: JSON without spaces, in ASCII, its names sorted
    and its numbers plain; and bytes as `x` and hex digits.

    Raises:
        TypeError: there is something else in it.
    """
    written = _WRITER.encode(_WRITABLE[type(value)](value))
    if written.isascii() and _DELETE not in written:  # the writer has escaped all else that nobody can print
        return written
    return _UNPRINTABLE.sub(_escape, written.decode()).encode("ascii")


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part if type(part) is str else _WRITABLE[type(part)](part) for name, part in value.items()}


def _list(value: Iterable[Any]) -> list[Any]:
    return [part if type(part) is str else _WRITABLE[type(part)](part) for part in value]


def _text(value: Any) -> str:
    if not isinstance(value, str):  # a StrEnum is one
        raise TypeError(f"{type(value).__name__} has no canonical form")
    return value


def _escape(unprintable: re.Match[str]) -> str:
    return encode_basestring_ascii(unprintable[0])[1:-1]


_WRITER = Encoder(order="sorted")
_DELETE = b"\x7f"
_UNPRINTABLE = re.compile("[^ -~]")
_WRITABLE: Mapping[type, Callable[[Any], Any]] = defaultdict(
    lambda: _text,
    {
        Decimal: number,
        NoneType: lambda _: None,
        Raw: lambda value: value,
        Tree: lambda value: value,
        bool: bool,
        bytes: lambda value: Raw(f"x{value.hex()}".encode()),
        dict: _object,
        int: int,
        list: _list,
    },
)
