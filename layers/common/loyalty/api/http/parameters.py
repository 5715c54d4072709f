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

MAX_TOKEN = 8000
"""Characters of a token in a query: as many as API Gateway has room for."""

MAX_LIST = 2000
"""Characters of a list of names."""

MAX_NAMED = MAX_NAME + 32
"""Characters of an identifier in a query: a name, and before it what it is called."""

NAMING_HEADERS = ("idempotency-key",)
"""Headers by which something is known; keys and tokens are looked up."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Place(NamedTuple):
    """A place that a parameter stands in: how long its value may be, what a longer one is, and whether its name is the
    caller's own word."""

    maximum: int
    code: Code = Code.INVALID
    is_own_word: bool = False

    @property
    def too_long(self) -> Problem:
        """The problem of a value that is too long."""
        if self.code is Code.NOT_FOUND:
            return Problem(self.code, f"No name has more than {self.maximum} characters.")
        return Problem(self.code, f"This has more than {self.maximum} characters.")


_PATH = _Place(MAX_NAME, Code.NOT_FOUND)
_HEADER = _Place(MAX_HEADER)
_QUERIED = {"token": MAX_TOKEN, "fields_set": MAX_LIST}


def queried_maximum(name: str) -> int:
    """Return how many characters a query's parameter of this name may have."""
    return _QUERIED.get(name, MAX_NAMED if name.endswith("_identifier") else MAX_NAME)


def check_parameters(event: Mapping[str, Any]) -> None:
    """Let a proxy event of API Gateway pass whose parameters are texts that may name something.

    Raises:
        Refused: with each that may not, by its name.
    """
    problems = [
        Problem(wrong.code, wrong.description, pointer((name,)), own_words=int(place.is_own_word))
        for place, name, values in _parameters(event)
        if (wrong := _wrong(place, values))
    ]
    if problems:
        raise Refused(*problems)


def _parameters(event: Mapping[str, Any]) -> Iterator[tuple[_Place, str, Sequence[str]]]:
    for name, value in (event.get("pathParameters") or {}).items():
        yield _PATH, name, [value]
    for name, value in (event.get("queryStringParameters") or {}).items():
        yield (
            _Place(queried_maximum(name), is_own_word=True),
            name,
            [value, *(event.get("multiValueQueryStringParameters") or {}).get(name, ())],
        )
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
