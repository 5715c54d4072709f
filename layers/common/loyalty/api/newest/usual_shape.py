"""Bodies of the usual shape, read more quickly than by their models: what tills and files send again and again.

A model describes its body, and the structs here are made from it. What a struct cannot tell is left to the model: it
knows every shape, and says what is wrong.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from inspect import isfunction
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_origin, get_type_hints

from msgspec import Meta, Struct, convert, defstruct
from msgspec.json import Encoder
from pydantic_core import PydanticCustomError

from loyalty.api.newest.unknown_fields import NewestModel
from loyalty.domain.fields import Code, ReadBy
from loyalty.domain.fingerprint import types_in

MAX_NUMBERS = 10_000
"""Different numbers that a check remembers (`fields._amount` says why)."""

_WRITER = Encoder()


class UsualBody(NamedTuple):
    """A body of the usual shape: `said` has the attributes and methods of its model, `text` is the JSON that the model
    would write of it, without fields that are None."""

    said: Any
    text: str


class UsualShape(NamedTuple):
    """The usual shape of a model's bodies: the struct that reads them; by field, the checks of their numbers and the
    shapes of those objects, or lists of objects, in them that have numbers."""

    struct: type[Struct]
    checks: Mapping[str, Callable[[Any], Any]]
    inner: Mapping[str, "UsualShape"]

    @classmethod
    def of(cls, model: type[NewestModel]) -> "UsualShape":
        """Return the usual shape of a model's bodies: with codes, numbers and objects. Whatever else the model has is
        not usual, as a struct does not know its rules."""
        hints = get_type_hints(model, include_extras=True)
        checks: dict[str, Callable[[Any], Any]] = {}
        inner: dict[str, UsualShape] = {}
        fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        for name, info in model.model_fields.items():
            told = list(types_in(hints[name]))
            kind: Any = NoneType
            if read_by := [one for one in told if isinstance(one, ReadBy)]:
                check = _or_none(read_by[0].check) if info.default is None else read_by[0].check
                checks[name] = lru_cache(MAX_NUMBERS, typed=True)(check)  # or True would be 1
                kind = Any
            elif Code in told:
                kind = Annotated[str, _lengths(told)]
            elif models := [one for one in told if isinstance(one, type) and issubclass(one, NewestModel)]:
                shape = cls.of(models[0])
                if shape.checks or shape.inner:
                    inner[name] = shape
                kind = shape.struct
                if any(get_origin(one) is list for one in told):
                    kind = Annotated[list[kind], _lengths(told)]
            fields.append((name, kind) if info.is_required() else (name, kind | None, info.default))
        methods = {name: one for name, one in vars(model).items() if isfunction(one) and not name.startswith("_")}
        struct = defstruct(
            f"Usual{model.__name__}",
            fields,
            namespace=methods,
            kw_only=True,
            omit_defaults=True,
            forbid_unknown_fields=True,
        )
        return cls(struct, checks, inner)

    def read(self, body: Any) -> UsualBody | None:
        """Return a body of the usual shape, without any rule between its fields; None if it is of another shape, or
        something may be wrong with it."""
        try:
            said = convert(body, self.struct)
            self._check([said])
            text = _WRITER.encode(said).decode()
        except (PydanticCustomError, TypeError, ValueError):
            return None
        # No text has an end that nobody sees, nor anything that could be written in several ways.
        return UsualBody(said, text) if text.isprintable() and "\\" not in text else None

    def _check(self, bodies: Sequence[Any]) -> None:
        """Check the numbers of bodies, field by field, as many lines have the same ones."""
        for name, check in self.checks.items():
            for said in bodies:
                setattr(said, name, check(getattr(said, name)))
        for name, shape in self.inner.items():
            for said in bodies:
                if part := getattr(said, name):
                    shape._check(part if isinstance(part, list) else [part])


def _or_none(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda number: None if number is None else check(number)


def _lengths(told: Iterable[Any]) -> Meta:
    """Return the lengths that the parts of a type allow; a `Field` has them among its own parts."""
    limits = {}
    for one in told:
        for part in (one, *getattr(one, "metadata", ())):
            for limit in ("min_length", "max_length"):
                if (length := getattr(part, limit, None)) is not None:
                    limits[limit] = length
    return Meta(**limits)
