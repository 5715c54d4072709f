"""The base of all records, and how they name each other."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from loyalty.domain.fields import Identifier

State = Literal["EFFECTIVE", "NOT_EFFECTIVE"]


class Ref:
    """Marks a field as a reference to records of a type, and names the type."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = f"A `{self.target}`, by its id or by any of its unique values."
        return {**handler(schema), "description": described}


class RecordPart(BaseModel):
    """A piece of a record; what is not listed is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class BaseRecord(RecordPart):
    """The base of every record.

    `unique` lists the fields that no other record of the type may share a value of; `naming` those that name a record
    as long as no other has the same value, such as people's names. `unique_within` lists those that no other record may
    share a value of, or the lack of one, that has the same value of the field beside it. `kept` lists the fields that
    stay as they are if an import does not set them: leaving a field out must not open what is blocked.
    """

    unique: ClassVar[tuple[str, ...]] = ()
    naming: ClassVar[tuple[str, ...]] = ()
    unique_within: ClassVar[Mapping[str, str]] = {}
    kept: ClassVar[tuple[str, ...]] = ("life_cycle_state",)
    type: str
    id: Identifier


def references(model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return where a record type's references stand, and to which type each leads; `*` stands for every place in a
    list.

    For an offer, among others: (("conditions", "products", "*"), "product").
    """
    for name, field in model.model_fields.items():
        yield from _references_in(Annotated[field.annotation, *field.metadata, None], (name,))


def _references_in(annotation: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Looks into `Annotated[...]`, `... | None`, `list[...]` and nested models."""
    yield from ((path, mark.target) for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Ref))
    for inner in get_args(annotation):
        yield from _references_in(inner, (*path, "*") if get_origin(annotation) is list else path)
    if isinstance(annotation, type) and issubclass(annotation, RecordPart):
        yield from ((path + rest, target) for rest, target in references(annotation))
