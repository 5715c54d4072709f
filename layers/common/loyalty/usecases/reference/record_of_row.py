"""From what a row says to the record that takes the place of the one that is there."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from loyalty.domain.access.pass_codes import hash_pass_code
from loyalty.domain.empty_texts import is_given, without_empty_texts
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fields import Identifier
from loyalty.domain.records import RECORD_TYPES
from loyalty.domain.records.said import Said
from loyalty.domain.validation import validate

Record = dict[str, Any]
RecordName = tuple[str, str]
"""A record's type and id."""

MAX_TOLD = 64
"""Characters that a message repeats of what may be anything."""

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


def as_record(said: Said, old: Mapping[str, Any] | None = None) -> Record:
    """Return what a row says as the record that takes the place of `old`, with defaults filled in and secrets hashed.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = RECORD_TYPES.get(said.kind or "")
    if model is None:
        raise Refused(_no_type(said))
    whole = validate(model, said.completed(old or {}, model.kept))
    record: Record = without_empty_texts(whole).model_dump(exclude_none=True)
    if "pass_code" in record and is_given(said.fields.get("pass_code")):  # the old one is a hash already
        record["pass_code"] = hash_pass_code(record["id"], record["pass_code"])
    return record


def _no_type(said: Said) -> Problem:
    """Return what is wrong with a row that says no type of record."""
    if said.kind:
        return Problem(Code.INVALID, f"There is no record type {said.kind[:MAX_TOLD]}.", "/type")
    if isinstance(said.fields, dict) and is_given(said.fields.get("type")):
        return Problem(Code.INVALID, "This must be text, the type of the record.", "/type")
    return Problem(Code.INVALID, "A record must be an object with a type.", "/type")


def name_of(record: Record) -> RecordName:
    """Return a record's type and id."""
    return record["type"], record["id"]


def name_in(row: Said | Refused) -> RecordName | None:
    """Return the record that a row is about, if that can be told."""
    if isinstance(row, Refused) or row.kind not in RECORD_TYPES:
        return None
    try:
        return str(row.kind), _IDENTIFIER.validate_python(row.fields.get("id"), strict=True)
    except ValidationError:
        return None
