"""From faulty fields to problems: pydantic's errors, and the contract's rule that one of several may be given."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loyalty.domain.errors import Code, Problem, Refused, pointer

_CODES: Mapping[str, Code] = {"missing": Code.MANDATORY}
_MESSAGES: Mapping[str, str] = {
    "missing": "This field is mandatory.",
    "extra_forbidden": "There is no such field.",
    "model_type": "This has to be an object.",
    "string_unicode": "This text is not valid Unicode.",
}


Model = TypeVar("Model", bound=BaseModel)
Rules = Callable[[dict[str, Any]], Iterable[Problem]]


def validated(model: type[Model], body: Any, rules: Rules = lambda _: (), at: str = "") -> Model:
    """`body`, which stands at pointer `at`, as a `model`; in an object, null is as good as nothing (contract, Q15).
    `rules` tell from the raw body what does not hold between its fields, so that it is reported beside what is wrong in
    them.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    broken = list(rules(body)) if isinstance(body, dict) else []
    try:
        valid = model.model_validate(body)
    except ValidationError as error:
        without = _without_nulls(body)  # only now, as hardly a body has one where it matters
        if without != body:
            return validated(model, without, rules, at)
        faulty = [_problem(details, at) for details in error.errors(include_url=False, include_input=False)]
        raise Refused(*faulty, *broken) from error
    if broken:
        raise Refused(*broken)
    return valid


def _without_nulls(value: Any) -> Any:
    """A body without its objects' null fields; a list keeps its nulls, as they have a place."""
    if isinstance(value, dict):
        return {name: _without_nulls(field) for name, field in value.items() if field is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def exactly_one(body: Mapping[str, Any], at: str, *names: str) -> Iterator[Problem]:
    """The semi-optional rule for fields of the object at pointer `at`: one has to be given, and only one may."""
    given = [name for name in names if body.get(name) is not None]
    if not given:
        yield Problem(Code.MANDATORY, f"One of {_listed(names)} is mandatory.", f"{at}/{names[0]}")
    elif len(given) > 1:
        yield _exclusive(names, f"{at}/{given[1]}")


def at_most_one(body: Mapping[str, Any], at: str, *names: str) -> Iterator[Problem]:
    """Of fields of the object at pointer `at`, only one may be given."""
    given = [name for name in names if body.get(name) is not None]
    if len(given) > 1:
        yield _exclusive(names, f"{at}/{given[1]}")


def _exclusive(names: Sequence[str], at: str) -> Problem:
    return Problem(Code.EXCLUSIVE, f"Only one of {_listed(names)} may be given.", at)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _problem(details: ErrorDetails, at: str) -> Problem:
    kind = details["type"]
    message = _MESSAGES.get(kind, details["msg"].removeprefix("Value error, "))
    own_words = int(kind == "extra_forbidden")
    return Problem(_CODES.get(kind, Code.INVALID), message, at + pointer(details["loc"]), own_words)
