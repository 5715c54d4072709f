"""Fingerprints tell repetitions of a request from other requests of the same identity (decision 0020)."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Self, get_args

from msgspec import Struct

from loyalty.domain.empty_texts import without_empty_texts
from loyalty.domain.money import plain

if TYPE_CHECKING:
    from pydantic import BaseModel

FORM = 2
"""The form in which fingerprints are stored now: of which fields of the requests they are made. Events of before there
were forms tell none."""


class Fingerprint(Struct, frozen=True, eq=False):
    """The content of a request in 16 bytes, the same for all its spellings: order of fields, trailing zeros and empty
    texts do not count, the order of a list does.

    `in_form` makes the fingerprints of the same request in a form, the one of today first; with None, those from before
    there were forms.
    """

    digest: bytes
    in_form: Callable[[int | None], tuple[bytes, ...]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def of(cls, request: "BaseModel") -> Self:
        """Return the fingerprint of a request whose model has put it into order.

        A model writes its fields in the order in which it declares them, so that must stay. A new field is None if it
        is not used and, if it was ignored before, stands in the model's `since`, beside the form that it came with.
        """

        def in_form(form: int | None) -> tuple[bytes, ...]:
            return tuple(digest for one in spellings for digest in _in_form(one, form))

        text = request.model_dump_json(exclude_none=True)
        spellings = [request]
        if '""' in text and (said := without_empty_texts(request)) is not request:
            text = said.model_dump_json(exclude_none=True)
            spellings = [said, request]  # before they were absent, empty texts counted
        return cls(_hash_text(text), in_form)

    @classmethod
    def of_text(cls, text: str, request: "Callable[[], BaseModel]") -> Self:
        """Return the fingerprint of a request without empty texts whose model would write `text`; `request` makes the
        model, if a form of the fingerprint is wanted."""
        return cls(_hash_text(text), lambda form: cls.of(request()).in_form(form))

    @classmethod
    def of_fields(cls, request: Mapping[str, Any]) -> Self:
        """Return the fingerprint of what no model describes, and so has one form."""
        digest = _hash_text(_CANONICAL.encode(dict(request)))
        return cls(digest, lambda _: (digest,))

    def to_stored(self) -> list[str]:
        """Return the fingerprint in every form, in hex, to be kept where the request itself is not."""
        forms = (one.hex() for form in (None, *range(1, FORM)) for one in self.in_form(form))
        return [self.digest.hex(), *forms]

    @classmethod
    def from_stored(cls, digests: Sequence[str]) -> Self:
        """Return the fingerprint whose stored form this is."""
        digest, *earlier = map(bytes.fromhex, digests)
        return cls(digest, lambda _: (digest, *earlier))

    def is_of(self, digest: bytes, form: int | None) -> bool:
        """Return whether an event whose fingerprint is stored like this was posted for the same request."""
        return (form is None or form <= FORM) and digest in self.in_form(form)


def _in_form(request: "BaseModel", form: int | None) -> tuple[bytes, ...]:
    left_out = _later_fields(type(request), form or 0)
    declared = _hash_text(request.model_dump_json(exclude_none=True, exclude=left_out))
    if form:
        return (declared,)
    fields = request.model_dump(mode="json", exclude_none=True, exclude=left_out)
    return declared, _hash_text(_CANONICAL.encode(fields))


@cache
def _later_fields(model: "type[BaseModel]", form: int) -> dict[str, Any] | None:
    """Return the fields of a model that a form does not have, as pydantic takes what to leave out."""
    since: Mapping[str, int] = getattr(model, "since", {})
    left_out: dict[str, Any] = {name: True for name, first in since.items() if first > form}
    for name, info in model.model_fields.items():
        for part in _models_in(info.annotation):
            if name not in left_out and (inner := _later_fields(part, form)):
                left_out[name] = {"__all__": inner} if _is_list(info.annotation) else inner
    return left_out or None


def _models_in(annotation: Any) -> Iterator["type[BaseModel]"]:
    for kind in types_in(annotation):
        if isinstance(kind, type) and hasattr(kind, "model_fields"):
            yield kind


def types_in(annotation: Any) -> Iterator[Any]:
    """Return a type and all that it is made of, however deep: of an optional list, the list and its elements."""
    yield annotation
    for part in get_args(annotation):
        yield from types_in(part)


def _is_list(annotation: Any) -> bool:
    return any(getattr(kind, "__origin__", None) is list for kind in types_in(annotation))


def _hash_text(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _spell(value: object) -> str:
    return str(plain(value)) if isinstance(value, Decimal) else str(value)


# Made once, as making one takes longer than writing with it.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_spell)
