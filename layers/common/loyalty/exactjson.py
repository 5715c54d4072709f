"""JSON whose numbers stay exact: decimals from the text to the value and back, never a float between."""

import base64
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from typing import Any

import simplejson
from msgspec.json import Decoder, Encoder

MAX_DEPTH = 40
"""Levels of nesting that are read; the contract's own bodies have four."""

MAX_NAME_TOLD = 64
"""Characters of a name that an error repeats."""

MAX_DIGITS = 4000
"""Characters of a whole number that are read: Python takes little more, as the time grows with their square."""


def loads(text: str | bytes) -> Any:
    """Read JSON that we wrote ourselves."""
    try:
        return _QUICK_READER.decode(text)
    except ValueError:  # half a character, which older versions let pass; or none of ours
        return _READER.decode(text)  # type: ignore[arg-type]  # it takes bytes as well


def loads_strictly(text: str) -> Any:
    """Read JSON that somebody sent: no NaN, no Infinity, no name twice in an object, no bottomless nesting.

    Raises:
        ValueError: it is not such JSON; the message says why.
    """
    value = _read_quickly(text)
    if value is _IN_DOUBT:
        try:
            value = _STRICT_READER.decode(text)
        except (ArithmeticError, RecursionError) as error:
            raise ValueError("a number is out of range, or the nesting is too deep") from error
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:  # counting is quicker
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    return value


def _read_quickly(text: str) -> Any:
    """Return what JSON says; _IN_DOUBT if it might not be as it should.

    A name that stands twice is read once only, so that what was read has fewer quotation marks than the text, unless
    they are written otherwise: behind a backslash.
    """
    if "\\" in text or _may_have_long_number(text):
        return _IN_DOUBT
    try:
        value = _QUICK_READER.decode(text)
    except (ArithmeticError, RecursionError, ValueError):
        return _IN_DOUBT
    return value if _QUICK_WRITER.encode(value).count(b'"') == text.count('"') else _IN_DOUBT


def _may_have_long_number(text: str) -> bool:
    """Return whether there may be a number of more than MAX_DIGITS: it fills at least one stretch of half as many."""
    stretch = MAX_DIGITS // 2
    return len(text) > MAX_DIGITS and any(text[at : at + stretch].isdigit() for at in range(0, len(text), stretch))


def dumps(value: Any) -> str:
    """Write compact JSON; decimals become numbers with the digits that they have, bytes become text in base64."""
    return _WRITER.encode(value)


def writer(spell: Callable[[Decimal], str]) -> Callable[[Any], str]:
    """Return what writes JSON as `dumps` does, but each decimal as `spell` does."""

    def spelled(value: Any) -> Any:
        return simplejson.RawJSON(spell(value)) if isinstance(value, Decimal) else _base64(value)

    return simplejson.JSONEncoder(**_WRITTEN | {"use_decimal": False, "default": spelled}).encode


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is out of range")
    return int(digits)


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's members.

    Raises:
        ValueError: a name stands twice.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"the name {_first_repeated(pairs)[:MAX_NAME_TOLD]!r} appears twice in one object")
    return members


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    """Return the first name that an earlier member has, in one pass: whoever sends many names waits for each."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            break
        seen.add(name)
    return name


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        nested = (outer for outer in level if isinstance(outer, _NESTED))
        level = [*chain.from_iterable(outer.values() if isinstance(outer, dict) else outer for outer in nested)]
    return depth


_NESTED = (dict, list)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


# Made once: making one takes longer than reading a short text, and writing thrice as long if it looks for named tuples.
_QUICK_READER: Decoder[Any] = Decoder(float_hook=Decimal)
_QUICK_WRITER = Encoder(decimal_format="number")
_IN_DOUBT: Any = object()
_READER = simplejson.JSONDecoder(parse_float=Decimal)
_STRICT_READER = simplejson.JSONDecoder(
    parse_float=Decimal, parse_int=_whole, parse_constant=_refuse_constant, object_pairs_hook=without_duplicates
)
_WRITTEN: dict[str, Any] = {
    "use_decimal": True,
    "namedtuple_as_object": False,
    "check_circular": False,
    "separators": (",", ":"),
    "ensure_ascii": False,
    "allow_nan": False,
    "encoding": None,  # bytes are no text
    "default": _base64,
}
_WRITER = simplejson.JSONEncoder(**_WRITTEN)
