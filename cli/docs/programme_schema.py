"""`loyalty programme schema`: docs/programme.schema.json, from the models that the import uses."""

import json
from typing import Annotated, Any, Union

from cli.docs.generated import Check, bring_up_to_date
from cli.target import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "programme.schema.json"


def schema(check: Check = False) -> None:
    """Write docs/programme.schema.json."""
    text = json.dumps(document(), indent=2) + "\n"
    bring_up_to_date(DOCUMENT, text, check=check, command="programme schema")


def document() -> dict[str, Any]:
    """Return the JSON Schema of a line of a programme file, of whatever type.

    It does not say what it cannot: that names lead to records and are unique, and which fields go together.
    """
    from pydantic import Field, TypeAdapter

    from cli.docs.json_schema import JsonSchema
    from loyalty.domain.records import RECORD_TYPES

    models = tuple(RECORD_TYPES.values())
    line: Any = Annotated[Union[models], Field(discriminator="type")]  # noqa: UP007 - as many as there are
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a programme file of the loyalty engine",
        "description": "One record a line. `loyalty programme check FILE` checks the rest: whether names lead to "
        "records and are unique, and which fields go together.",
        **TypeAdapter(line).json_schema(schema_generator=JsonSchema),
    }
