"""From faulty fields to problems: pydantic's errors, and the contract's rule that one of several may be given."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec import Struct
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loyalty.domain.empty_texts import is_given
from loyalty.domain.errors import Code, Problem, Refused, pointer
from loyalty.domain.fingerprint import types_in
from loyalty.domain.patterns import WORDS

MISSING = "This field is mandatory."

_CODES: Mapping[str, Code] = {"missing": Code.MANDATORY}
_MESSAGES: Mapping[str, str] = {
    "missing": MISSING,
    "extra_forbidden": "There is no such field.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "This has more than {max_length} characters.",
    "string_unicode": "This text is not valid Unicode.",
    "string_type": "This must be text.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "list_type": "This must be an array.",
    "too_short": "This must not be empty.",
    "too_long": "This has more than {max_length} elements.",
    "bool_type": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "greater_than_equal": "This must be {ge} or more.",
    "less_than_equal": "This must be {le} or less.",
    "less_than": "This must be less than {lt}.",
    "literal_error": "This must be {expected}.",
    "enum": "This must be {expected}.",
}
"""The message for an error of pydantic, whose own messages speak of types."""


class Unreadable(Struct, frozen=True):
    """Stands in a body for what could not be read of it, with why. No field takes it, so it is told beside all else
    that is wrong."""

    why: str


def is_readable(value: Any) -> bool:
    """Return whether all of a body could be read."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not isinstance(value, Unreadable) and all(map(is_readable, parts))


Model = TypeVar("Model", bound=BaseModel)


def models_within(model: type[BaseModel], kind: type[Model]) -> Iterator[tuple[str, type[Model]]]:
    """Yield the fields of a model that hold a model of this kind, or a list of one, and which."""
    for name, field in model.model_fields.items():
        for inner in types_in(field.annotation):
            if isinstance(inner, type) and issubclass(inner, kind):
                yield name, inner


Rules = Callable[[dict[str, Any]], Iterable[Problem]]


_Place = tuple[int | str, ...]
_Errors = Mapping[_Place, ErrorDetails]


def validate(
    model: type[Model], body: Any, rules: Rules = lambda _: (), at: str = "", empty: _Errors = MappingProxyType({})
) -> Model:
    """Return `body`, which is at pointer `at`, as a `model`. In an object, null counts as absent (contract, Q15), and
    so does an empty text in an optional field. `empty` are the errors of empty texts that are already removed, for
    fields that are not optional.

    `rules` check the raw body for faults between its fields, so that these are reported together with faults in fields.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    broken = list(rules(body)) if isinstance(body, dict) else []
    try:
        valid = model.model_validate(body)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        more = _empty_texts(errors)
        without = _drop_absent(body, more)  # only now, as hardly a body has one where it matters
        if without != body:
            return validate(model, without, rules, at, {**empty, **more})
        faulty = (_problem(empty.get(details["loc"], details), at) for details in errors)
        raise Refused(*faulty, *broken) from error
    if broken:
        raise Refused(*broken)
    return valid


def _empty_texts(errors: Iterable[ErrorDetails]) -> _Errors:
    """Return the errors of empty texts, by their place, but for those in fields that there are not."""
    return {error["loc"]: error for error in errors if error["input"] == "" and error["type"] != "extra_forbidden"}


def _drop_absent(value: Any, empty: Container[_Place], at: _Place = ()) -> Any:
    """Return a body without its objects' null fields and `empty` ones; a list keeps its own, as they have a place."""
    if isinstance(value, dict):
        return {
            name: _drop_absent(field, empty, (*at, name))
            for name, field in value.items()
            if field is not None and (*at, name) not in empty
        }
    if isinstance(value, list):
        return [_drop_absent(one, empty, (*at, place)) for place, one in enumerate(value)]
    return value


def value_at(body: Any, pointer: str) -> Any:
    """Return what stands in the objects of a raw body at a pointer; None if nothing does."""
    for step in pointer.split("/")[1:]:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def exactly_one(body: Mapping[str, Any], at: str, *names: str) -> Iterator[Problem]:
    """Yield a problem unless exactly one of these fields of the object at pointer `at` is given."""
    given = [name for name in names if is_given(body.get(name))]
    if not given:
        yield Problem(Code.MANDATORY, f"One of {_join_names(names)} is mandatory.", f"{at}/{names[0]}")
    elif len(given) > 1:
        yield _exclusive(names, f"{at}/{given[1]}")


def at_most_one(body: Mapping[str, Any], at: str, *names: str) -> Iterator[Problem]:
    """Yield a problem if more than one of these fields of the object at pointer `at` is given."""
    given = [name for name in names if is_given(body.get(name))]
    if len(given) > 1:
        yield _exclusive(names, f"{at}/{given[1]}")


def _exclusive(names: Sequence[str], at: str) -> Problem:
    return Problem(Code.EXCLUSIVE, f"Only one of {_join_names(names)} may be given.", at)


def _join_names(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _problem(details: ErrorDetails, at: str) -> Problem:
    kind = details["type"]
    own_words = int(kind == "extra_forbidden")
    if isinstance(details["input"], Unreadable):
        return Problem(Code.INVALID, details["input"].why, at + pointer(details["loc"]), own_words)
    return Problem(_CODES.get(kind, Code.INVALID), _message(details), at + pointer(details["loc"]), own_words)


def _message(details: ErrorDetails) -> str:
    told = details.get("ctx", {})
    if details["type"] == "string_pattern_mismatch":
        return WORDS[told["pattern"]]
    message = _MESSAGES.get(details["type"], "")
    return message.format_map(told).replace("'", "") if message else details["msg"].removeprefix("Value error, ")
