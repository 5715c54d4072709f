"""The fields that fingerprints are made of, in the order in which the requests' models declare them."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from loyalty.api.classic.requests import BulkPurchase, ClassicCreatePurchase, CreateSpend
from loyalty.api.newest.purchase_requests import CreatePurchase
from loyalty.api.newest.returns import ReturnProducts
from loyalty.domain.fingerprint import types_in

MODELS = (CreatePurchase, ReturnProducts, ClassicCreatePurchase, BulkPurchase, CreateSpend)


def declared() -> dict[str, Any]:
    """Return the fields of all models, by the model's name."""
    return {model.__name__: fields_of(model) for model in MODELS}


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """By name, the fields of what a field holds; None for a plain value."""
    fields = ((name, field) for name, field in model.model_fields.items() if not field.exclude)
    return {name: next(map(fields_of, models_in(field.annotation)), None) for name, field in fields}


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Return the models that a field of this type holds, one or a list of."""
    for kind in types_in(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
