"""How a model says that the vendor has deprecated a field of it."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Deprecated(Struct, frozen=True):
    """Marks a field of a request: which release of the vendor's deprecated it."""

    release: str

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Return the field's JSON schema, which says so."""
        return {**handler(schema), "deprecated": True}
