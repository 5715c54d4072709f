"""JSON Schema of our models: a decimal is a number, as in our JSON, and fields have no titles beside their names."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from loyalty import exactjson


class JsonSchema(GenerateJsonSchema):
    """To be given to pydantic as the generator."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ARG002
        """Return a number, where pydantic has a number or a text."""
        return {"type": "number"}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Never: pydantic's titles are the names once more."""
        return False


class ApiSchema(JsonSchema):
    """The same for the description of the APIs, from which callers generate their clients."""

    def default_schema(self, schema: Any) -> dict[str, Any]:
        """Without a default, which generators take to say that the field is always there."""
        told: dict[str, Any] = self.generate_inner(schema["schema"])
        default = schema.get("default")
        return told if default is None else told | {"description": f"{exactjson.dumps(default)} if it is left out."}
