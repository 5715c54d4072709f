"""Why a translation leaves a field out."""

from pydantic import BaseModel

from cli.translate.dialect import Dialect
from loyalty.api.newest import purchase_requests as newest
from loyalty.domain.validation import models_within

_WHY = {
    "/token": "the newest API takes an API key in the header api_key",
    "/accounts_receivable_identifier": "the newest API names customers by contact_id or cim",
    "/rewards_participant_identifier": "the newest API names customers by contact_id or cim",
    "/performed_by": "the newest API names merchants and outlets, by id or code",
    "/contact_id": "the classic API names customers by account, participant or access token",
    "/merchant_tap": "the outlet brings its merchant",
    "/id": "in the classic API, external_system and external_system_reference_number make a purchase known again",
}
"""By the beginning of a pointer."""


def why_left_out(pointer: str, to: Dialect, read_by: tuple[type[BaseModel], ...]) -> str:
    """Return why the field at a pointer has no place in a translation; `read_by` are the models that may read it."""
    told = next((why for start, why in _WHY.items() if pointer.startswith(start) and _fits(start, to)), None)
    if told:
        return told
    if not any(_reads(model, pointer.split("/")[1:]) for model in read_by):
        source = Dialect.CLASSIC if to is Dialect.NEWEST else Dialect.NEWEST
        return f"the {source} API does not read it, either"
    return f"the {to} API has no counterpart"


def _fits(start: str, to: Dialect) -> bool:
    """Return whether an explanation is one of translations to this API: those of the newest API's own fields are of
    translations to the classic one."""
    return (start[1:] in newest.CreatePurchase.model_fields) is (to is Dialect.CLASSIC)


def _reads(model: type[BaseModel], steps: list[str]) -> bool:
    """Return whether a model has the field at a pointer."""
    name, *inner = [step for step in steps if not step.isdigit()]
    if name not in model.model_fields:
        return False
    part = dict(models_within(model, BaseModel)).get(name) if inner else None
    return not inner or (part is not None and _reads(part, inner))
