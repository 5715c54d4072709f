"""A purchase in the words of the other API. Pure: it looks nothing up, so names stay as they are.

What a body says is read by its API's own reader, and what comes out is checked by the other's. Whatever of the body the
translation does not use is listed, so that nothing is lost unnoticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from pydantic import BaseModel

from cli.translate.dialect import Dialect
from cli.translate.draft import TranslationDraft
from cli.translate.reasons import why_left_out
from loyalty import exactjson
from loyalty.api.classic import reading as classic
from loyalty.api.classic.deprecated_fields import DeprecatedField, deprecated_fields
from loyalty.api.classic.identifiers import parts_of
from loyalty.api.classic.requests import BulkPurchase, ClassicCreatePurchase, ClassicPreviewPurchase, CreateSpend
from loyalty.api.http.messages import Request
from loyalty.api.newest import purchase_requests as newest
from loyalty.api.newest.unknown_fields import read_body
from loyalty.domain.access.partner import EVERY_MERCHANT, Partner
from loyalty.domain.dates import clock_at, moment_at
from loyalty.domain.errors import Problem, Refused
from loyalty.domain.fields import LATEST_YEAR
from loyalty.domain.programme.directory import ALSO_CODES
from loyalty.domain.purchases.promo_code import PROMO_CODE
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference


class LeftOut(NamedTuple):
    """A field of the body that the translation does not have: where it is (a JSON pointer), and why."""

    pointer: str
    why: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A body in the words of the other API.

    Attributes:
        body: the translated body.
        left_out: what has no counterpart there.
        notes: what was decided where a word has several counterparts.
        deprecated: deprecated fields of the body that was translated.
        lacking: what the other API would refuse the translation for.
    """

    body: dict[str, Any]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    deprecated: tuple[DeprecatedField, ...]
    lacking: tuple[Problem, ...]


ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""In the place of the time of a call, which no translation has."""

_NOBODY = Partner("-", frozenset(), frozenset({EVERY_MERCHANT}))
_ENTRIES = "purchase_customer_events_set"
_LINE = {"quantity": "quantity", "net_amount": "net_amount", "tax_amount": "vat_amount", "total_amount": "total_amount"}
_AMOUNTS = {"amount": "spend_amount", "alternative_amount": "spend_alternative_amount"}
"""What the newest API calls something, and what the classic one does."""

_TO_OUTLET = "performed_by_business_unit_identifier becomes outlet_tap: write merchant_tap if it is a merchant"
_IN_UTC = "performed_on tells no zone, and is taken to be in UTC: name the place's with --time-zone"
_FROM_MERCHANT = "{} becomes performed_by_business_unit_identifier, which translates back to outlet_tap"
_NO_BASKET = "totals without products have no counterpart: write the goods as products_set"


def is_classic(body: Mapping[str, Any]) -> bool:
    """Return whether a body is one of the classic API's."""
    return any(name in body for name in ("products_set", "purchase_customer_event", _ENTRIES))


def bodies_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the bodies of single purchases: those of a bulk call's entries, or the body itself.

    What stands beside the entries is in the first of them; the currency, which is meant for each, in all.
    """
    entries = body.get(_ENTRIES)
    if not isinstance(entries, list):
        return [dict(body)]
    beside = {name: value for name, value in body.items() if name != _ENTRIES}
    currency = {name: value for name, value in beside.items() if name == "intended_currency_identifier"}
    return [
        {**(currency if place else beside), **entry} for place, entry in enumerate(entries) if isinstance(entry, dict)
    ]


def translate(body: Mapping[str, Any], to: Dialect, zone: tzinfo | None = None) -> Translation:
    """Return the body of a purchase in the words of the API that it is translated `to`; dates of the classic API that
    tell no zone are by the clock of `zone`.

    Raises:
        Refused: with every faulty field, by JSON pointer; a translation would hide the faults.
    """
    draft = TranslationDraft.of(body)
    if to is Dialect.NEWEST:
        model = _model(body)
        _to_newest(_read_classic(body, model), draft, zone)
        read_by: tuple[type[BaseModel], ...] = (model, ClassicPreviewPurchase)
        deprecated = tuple(deprecated_fields(model, body))
    else:
        known = read_body(_request(body), newest.CreatePurchase)
        _to_classic(newest.read_purchase(known, ANY_TIME), draft, zone)
        read_by, deprecated = (newest.CreatePurchase,), ()
    left_out = tuple(
        LeftOut(pointer, why_left_out(pointer, to, read_by)) for pointer in draft.given if pointer not in draft.taken
    )
    return Translation(draft.body, left_out, tuple(draft.notes), deprecated, _lacking(draft.body, to))


def _model(body: Mapping[str, Any]) -> type[Any]:
    if "purchase_customer_event" in body:
        return CreateSpend
    return BulkPurchase if "request_unique_identifier" in body else ClassicCreatePurchase


def _read_classic(body: Mapping[str, Any], model: type[Any]) -> PurchaseRequest:
    if model is CreateSpend:
        return classic.read_created_spend(body, _NOBODY, None)
    if model is BulkPurchase:
        return classic.read_entry(body, _NOBODY, None, "")
    return classic.read_purchase(body, _NOBODY, None)


def _to_newest(request: PurchaseRequest, draft: TranslationDraft, zone: tzinfo | None) -> None:
    for by, at in newest.CUSTOMERS:
        if request.customer.by == by:
            draft.put(at, request.customer.value, request.customer.pointer)
    unit = request.performed_by.get("business_unit")
    if unit and unit.by in newest.Named.model_fields:
        draft.put(f"{dict(newest.PERFORMERS)['outlet']}/{unit.by}", unit.value, unit.pointer)
        draft.notes.append(_TO_OUTLET)
    for kind, at in newest.REFERENCES:
        if (named := request.references.get(kind)) and (place := _newest_place(kind, named, at)):
            draft.put(place, named.value, named.pointer)
    if zone is None and request.performed_on.tzinfo is None:
        draft.notes.append(_IN_UTC)
    performed_on = int(moment_at(zone or UTC, request.performed_on).timestamp())
    _put_shared(request, draft, newest.CreatePurchase, performed_on)
    for line in request.lines:
        assert line.product  # lines of the classic API have one
        source = line.product.pointer.rpartition("/product_identifier/")[0]
        sku = draft.take(source, {"product_sku": "product_identifier/code"})
        draft.put_line("products", sku | draft.take(source, _LINE))
    if request.spend and (spend := draft.take(request.spend.pointer, _AMOUNTS)):
        draft.body["spend_request"] = spend


def _to_classic(request: PurchaseRequest, draft: TranslationDraft, zone: tzinfo | None) -> None:
    if request.customer.by == "token.authentication_code":
        at = "/accounts_receivable_identifier/access_token_identifier/authentication_code"
        draft.put(at, request.customer.value, request.customer.pointer)
    performers = request.performed_by
    unit = performers.get("outlet") or performers.get("merchant") or performers["business_unit"]
    draft.put(f"/{classic.PERFORMERS['business_unit']}/{unit.by}", unit.value, unit.pointer)
    if "outlet" not in performers:
        draft.notes.append(_FROM_MERCHANT.format(unit.pointer.split("/")[1]))
    identifiers = dict(parts_of(ClassicCreatePurchase))
    for kind, name in classic.REFERENCES.items():
        if (named := request.references.get(kind)) and (by := _classic_way(kind, named, identifiers[name])):
            draft.put(f"/{name}/{by}", named.value, named.pointer)
    if code := request.references.get("promo_code"):
        draft.put(PROMO_CODE, code.value, code.pointer)
    _put_shared(request, draft, ClassicCreatePurchase, _date(request.performed_on, zone))
    for line in request.lines:
        if line.product is None:
            draft.notes.append(_NO_BASKET)
            continue
        source = line.product.pointer.rpartition("/")[0]
        product = {"product_identifier": draft.take(source, {"code": "product_sku"})}
        draft.put_line("products_set", product | draft.take(source, {told: name for name, told in _LINE.items()}))
    if request.spend:
        amounts = draft.take(request.spend.pointer, {told: name for name, told in _AMOUNTS.items()})
        draft.body["spend_request"] = amounts


def _date(moment: datetime, zone: tzinfo | None) -> str:
    """Return a moment as a date of the classic API: by the clock of a zone; or in UTC, which it says: without a zone,
    where the clock shows that time twice, or a year that the API does not take."""
    shown = clock_at(zone or UTC, moment)
    told = datetime.fromisoformat(shown)
    is_clear = zone is not None and moment_at(zone, told) == moment and told.year <= LATEST_YEAR
    return shown if is_clear else f"{clock_at(UTC, moment)}Z"


def _request(body: Mapping[str, Any]) -> Request:
    return Request(ANY_TIME, {}, {}, {}, {}, exactjson.dumps(body), is_base64=False)


def _newest_place(kind: str, named: Reference, at: str) -> str | None:
    """Return where the newest API names something that the classic one names in more ways than by id or code."""
    by = ALSO_CODES.get((kind, named.by), named.by)
    if at in newest.PLAIN:
        return at if by == "code" else None
    return f"{at}/{by}" if by in newest.Named.model_fields else None


def _classic_way(kind: str, named: Reference, identifier: type[BaseModel]) -> str | None:
    """Return the field by which the classic API names something that the newest one names by id or code."""
    also = {(other, code): field_ for (other, field_), code in ALSO_CODES.items()}
    by = also.get((kind, named.by), named.by)
    return by if by in identifier.model_fields else None


def _put_shared(
    request: PurchaseRequest, draft: TranslationDraft, model: type[BaseModel], performed_on: int | str
) -> None:
    """Put what both APIs call the same."""
    draft.put("/reference_number", request.reference_number, f"{request.pointer}/reference_number")
    draft.put("/performed_on", performed_on, "/performed_on")
    for name, value in request.details.items():
        if name in model.model_fields:
            for source in dict.fromkeys((f"/{name}", f"{request.pointer}/{name}")):
                draft.put(f"/{name}", value, source)


def _lacking(body: dict[str, Any], to: Dialect) -> tuple[Problem, ...]:
    try:
        if to is Dialect.NEWEST:
            newest.read_purchase(body, ANY_TIME)
        else:
            classic.read_purchase(body, _NOBODY, None)
    except Refused as refused:
        return tuple(refused.problems)
    return ()
