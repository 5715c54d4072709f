"""Fields of requests that the vendor has deprecated: still read here, and told as such in the answer's header."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from loyalty.api.classic.deprecation import Deprecated
from loyalty.api.classic.identifiers import ClassicModel, parts_of
from loyalty.domain.empty_texts import is_given

DEPRECATED_ON = datetime(2026, 11, 29, tzinfo=UTC)
"""Since when answers say so. The vendor names releases, without their dates, so all fields have this one."""

HEADER = {"Deprecation": f"@{int(DEPRECATED_ON.timestamp())}"}
"""The header of an answer to a request with such a field: a date as RFC 9745 has it."""


class DeprecatedField(NamedTuple):
    """A deprecated field of a body: where it is (a JSON pointer, "" for the operation itself), and since when."""

    pointer: str
    release: str


FindDeprecated = Callable[[Any], Iterable[DeprecatedField]]


def deprecated_fields(model: type[ClassicModel], body: Any, at: str = "") -> Iterator[DeprecatedField]:
    """Return the deprecated fields that a body, which stands at pointer `at`, makes use of."""
    if not isinstance(body, Mapping):
        return
    releases = releases_of(model)
    if "" in releases:
        yield DeprecatedField(at, releases[""])
    for name, release in releases.items():
        if is_given(body.get(name)):
            yield DeprecatedField(f"{at}/{name}", release)
    for name, part in parts_of(model):
        inner = body.get(name)
        items = enumerate(inner) if isinstance(inner, list) else [(None, inner)]
        for place, item in items if may_deprecate(part) else ():
            yield from deprecated_fields(part, item, f"{at}/{name}" if place is None else f"{at}/{name}/{place}")


@cache
def releases_of(model: type[ClassicModel]) -> Mapping[str, str]:
    """Return the releases that deprecated fields of a model, by field; and that of the operation itself under ""."""
    marks = {
        name: mark.release
        for name, field in model.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Deprecated)
    }
    whole = model.__dict__.get("deprecated_by")
    return {"": whole, **marks} if whole else marks


@cache
def may_deprecate(model: type[ClassicModel]) -> bool:
    """Return whether a model, or a part of it, has deprecated fields."""
    return bool(releases_of(model)) or any(may_deprecate(part) for _, part in parts_of(model))
