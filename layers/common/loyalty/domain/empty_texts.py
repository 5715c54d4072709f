"""Empty texts: forms and tills send them for fields that are not filled in, so they count as absent."""

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")


def is_given(value: object) -> bool:
    """Return whether a field's raw value says something: null and an empty text do not."""
    return value is not None and value != ""


def without_empty_texts(model: Model) -> Model:
    """Return a model with None instead of empty texts in optional fields; the model itself if it has none."""
    said: dict[str, Any] = {
        name: None for name, value in model if value == "" and not type(model).model_fields[name].is_required()
    }
    for name, value in model:
        if hasattr(value, "model_copy") and (inner := without_empty_texts(value)) is not value:
            said[name] = inner
    return model.model_copy(update=said) if said else model
