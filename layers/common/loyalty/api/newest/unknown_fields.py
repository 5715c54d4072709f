"""Fields that the newest API does not know: they are ignored and told, unless the caller prefers strictness
(RFC 7240)."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from loyalty.api.http.messages import Request
from loyalty.domain.errors import Code, Problem, Refused, pointer
from loyalty.domain.validation import Unreadable, models_within, validate

STRICT = "handling=strict"
"""The preference of a caller who wants unknown fields to be refused."""

MAX_TOLD = 20
"""Fields that the header names."""

MAX_POINTER = 100
"""Characters of each that it tells."""

Place = tuple[int | str, ...]


def _open(schema: dict[str, Any]) -> None:
    """Let a schema say that further fields may be sent."""
    schema.pop("additionalProperties", None)


MOVE_MONEY = (
    "alternative_amount",
    "amount",
    "classification",
    "dry_run",
    "line",
    "merchant_tap",
    "net_amount",
    "outlet_tap",
    "performed_on",
    "product_sku",
    "products",
    "promo_code",
    "quantity",
    "reduction_method",
    "reference_number",
    "spend_request",
    "tax_amount",
    "total_amount",
    "transaction_amounts",
)
"""Fields that decide what is paid and awarded, whether it is, and whether once. A name that is close to one of these,
or has one of `TELLING` in it, is refused wherever it stands: nobody is to lose a spend to a typing error."""

TELLING = {
    "spend": "spend_request",
    "redeem": "spend_request",
    "quantity": "quantity",
    "qty": "quantity",
}
"""Parts of names, and the field that is meant by a name with one."""

MAX_UNKNOWN = 100
"""Different names of unknown fields in a body, as each is compared with ours."""

_CLOSE = 0.8
"""How much of two names has to be alike for one to be taken for the other."""

_LONGEST_NAME = 40
"""Characters of a name that may be a mistake for another; ours are shorter."""


class NewestModel(BaseModel):
    """A body, or a part of one. As it stands it refuses fields that it does not list; `read_body` takes them out."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_open, defer_build=True)


def read_body(request: Request, model: type[NewestModel]) -> Any:
    """Return the body of a call, without the fields that `model` does not have; the answer's header `Ignored-Fields`
    names them (a list of RFC 9651: JSON pointers in quotes, percent-encoded, each with the field that may be `meant`).

    Raises:
        Refused: as `Request.json` has it; INVALID, if there are too many to be looked at.
    """
    body = request.json()
    if request.prefers(STRICT):
        request.answer_headers["Preference-Applied"] = STRICT
        return body
    unknown = _Unknown()
    known = unknown.taken_out(body, model)
    if unknown.ignored:
        request.answer_headers["Ignored-Fields"] = ", ".join(unknown.ignored)
    return known


def require_nothing_said(request: Request, model: type[NewestModel]) -> None:
    """Let a call pass whose body has no field of `model`, which has none; it may have no body.

    Raises:
        Refused: with every field of its body, if it prefers that.
    """
    if request.body:
        validate(model, read_body(request, model))


class _Unknown:
    """The unknown fields of one body: the first that were taken out, as the header tells them, and all their names."""

    def __init__(self) -> None:
        self.ignored: list[str] = []
        self._names: set[str] = set()

    def taken_out(self, value: Any, model: type[NewestModel], at: Place = ()) -> Any:
        """Return a value without the fields that the model of its objects does not have."""
        if isinstance(value, list):
            return [self.taken_out(one, model, (*at, place)) for place, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        known, parts = {}, _parts_of(model)
        for name, field in value.items():
            if part := parts.get(name):
                known[name] = self.taken_out(field, part, (*at, name))
            elif name in model.model_fields:
                known[name] = field
            elif money := self._money_meant(name):
                known[name] = Unreadable(f"There is no such field. Did you mean {money}?")
            elif len(self.ignored) < MAX_TOLD:
                meant = _close_to(name, tuple(model.model_fields))
                told = quote(pointer((*at, name))[:MAX_POINTER])
                self.ignored.append(f'"{told}"' + (f';meant="{meant}"' if meant else ""))
        return known

    def _money_meant(self, name: str) -> str | None:
        """Return the field that moves money which a name is probably meant for."""
        self._names.add(name)
        if len(self._names) > MAX_UNKNOWN:
            raise Refused(Problem(Code.INVALID, f"The body has more than {MAX_UNKNOWN} different unknown fields."))
        plain = _plain(name)
        told = next((meant for part, meant in TELLING.items() if part in plain), None)
        return told or _close_to(name, MOVE_MONEY)


@cache
def _parts_of(model: type[NewestModel]) -> Mapping[str, type[NewestModel]]:
    return dict(models_within(model, NewestModel))


@lru_cache(maxsize=1000)
def _close_to(name: str, names: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # hardly a call has a use for it

    if len(name) > _LONGEST_NAME:
        return None
    plain = {_plain(one): one for one in names}
    close = get_close_matches(_plain(name), plain, n=1, cutoff=_CLOSE)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
