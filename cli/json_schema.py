"""JSON Schema of our models: a decimal is a number, as in our JSON, and fields have no titles beside their names."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema


class JsonSchema(GenerateJsonSchema):
    """To be given to pydantic as the generator."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ARG002
        """A number, where pydantic has a number or a text."""
        return {"type": "number"}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Never: pydantic's titles are the names once more."""
        return False
