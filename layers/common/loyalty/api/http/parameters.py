"""Values beside the body that name something: in path, query and headers. They are checked before anything else of a
call, on every route."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from loyalty.domain.errors import Code, Problem, Refused, pointer
from loyalty.domain.texts import damage_of

MAX_NAME = 255
"""Characters of a path's or a query's value: as many as any name has (`fields.MAX_CODE`)."""

MAX_HEADER = 2000
"""Characters of an idempotency key."""

NAMING_HEADERS = ("idempotency-key",)
"""Headers by which something is known; keys and tokens are looked up."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Place(NamedTuple):
    """One of the places that parameters stand in: how long a value may be, and what a longer one is."""

    maximum: int
    too_long: Problem


_PATH = _Place(MAX_NAME, Problem(Code.NOT_FOUND, f"No name has more than {MAX_NAME} characters."))
_QUERY = _Place(MAX_NAME, Problem(Code.INVALID, f"This has more than {MAX_NAME} characters."))
_HEADER = _Place(MAX_HEADER, Problem(Code.INVALID, f"This has more than {MAX_HEADER} characters."))


def check_parameters(event: Mapping[str, Any]) -> None:
    """Let a proxy event of API Gateway pass whose parameters are texts that may name something.

    Raises:
        Refused: with each that may not, by its name.
    """
    problems = [
        Problem(wrong.code, wrong.description, pointer((name,)), own_words=int(place is _QUERY))
        for place, name, values in _parameters(event)
        if (wrong := _wrong(place, values))
    ]
    if problems:
        raise Refused(*problems)


def _parameters(event: Mapping[str, Any]) -> Iterator[tuple[_Place, str, Sequence[str]]]:
    for name, value in (event.get("pathParameters") or {}).items():
        yield _PATH, name, [value]
    for name, value in (event.get("queryStringParameters") or {}).items():
        yield _QUERY, name, [value, *(event.get("multiValueQueryStringParameters") or {}).get(name, ())]
    for name, value in (event.get("headers") or {}).items():
        if name.lower() in NAMING_HEADERS:
            yield _HEADER, name, [value, *(event.get("multiValueHeaders") or {}).get(name, ())]


def _wrong(place: _Place, values: Sequence[str]) -> Problem | None:
    if any(value != values[0] for value in values):
        return Problem(Code.INVALID, "This is given more than once, with different values. Give it once.")
    [value, *_] = values
    if not value and place is _HEADER:
        return Problem(Code.INVALID, "This is empty. Give it a value, or leave the header out.")
    if damage := damage_of(value):
        return Problem(Code.INVALID, damage)
    if _CONTROL.search(value):
        return Problem(Code.INVALID, "This has control characters. Remove them.")
    return place.too_long if len(value) > place.maximum else None
