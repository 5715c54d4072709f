"""From the bodies of the classic API's purchases to what they ask for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from loyalty.api.classic.fields import UDF_FIELDS, BasketFields, EventFields, SpendAmounts
from loyalty.api.classic.identifiers import Identifier, Model, customer_in
from loyalty.api.classic.requests import (
    BulkPurchase,
    ClassicCreatePurchase,
    ClassicPreviewPurchase,
    CreateSpend,
    IssueOneTimePassword,
    NamePurchase,
)
from loyalty.domain.access import Partner
from loyalty.domain.identity import Identity, Origin, fingerprint_of
from loyalty.domain.promotions import PROMO_CODE
from loyalty.domain.purchase import PurchaseRequest, Reference, RequestedLine, RequestedSpend
from loyalty.domain.validation import validated

KEPT_FIELDS = {
    "description",
    "process_immediately",
    "payment_medium_identifier",
    "external_system",
    "external_system_reference_number",
    "disable_instant_spend",
    "terminal_identifier",
    *UDF_FIELDS,
}
"""What is kept as it was sent, and answered again."""

_PERFORMERS = {
    "unit": "performed_by_unit_identifier",
    "business_unit": "performed_by_business_unit_identifier",
    "tap": "performed_by_tap_identifier",
}
_REFERENCES = {
    "classification": "classification_identifier",
    "currency": "intended_currency_identifier",
    "invoice": "invoice_identifier",
    "payment_medium_brand": "payment_medium_brand_identifier",
    "payment_medium_type": "payment_medium_type_identifier",
    "spend_request_classification": "spend_request_classification_identifier",
}


def read_purchase(body: Any, partner: Partner, idempotency_key: str | None) -> PurchaseRequest:
    """The purchase that a body of operation 5 asks for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(ClassicCreatePurchase, body, ClassicCreatePurchase.broken)
    key = (idempotency_key,) if idempotency_key else ()
    identity = identity_of(model.external_system, model.external_system_reference_number, key, partner)
    return requested(model, model, model.spend_request, identity)


def read_preview(body: Any) -> PurchaseRequest:
    """The purchase that a body of operation 4 asks to preview; it is posted nowhere, so its identity is of no matter.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(ClassicPreviewPurchase, body, ClassicPreviewPurchase.broken)
    return requested(model, model, None, Identity(Origin.NUMBER))


def read_entry(body: Any, partner: Partner, idempotency_key: str | None, at: str) -> PurchaseRequest:
    """The purchase that an entry of operation 2 asks for; it stands at pointer `at`.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(BulkPurchase, body, partial(BulkPurchase.broken, at=at), at)
    key = (idempotency_key, model.request_unique_identifier) if idempotency_key else ()
    identity = identity_of(model.external_system, model.external_system_reference_number, key, partner)
    return requested(model, model, model.spend_request, identity, at=at, basket_at=at, spend_at=f"{at}/spend_request")


def read_created_spend(body: Any, partner: Partner, idempotency_key: str | None) -> PurchaseRequest:
    """The purchase that a body of operation 3 asks for, with its spend request.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(CreateSpend, body, CreateSpend.broken)
    purchase = model.purchase_customer_event
    key = (idempotency_key,) if idempotency_key else ()
    return requested(
        model,
        purchase,
        model.spend_request_customer_event,
        identity_of(model.external_system, purchase.external_system_reference_number, key, partner),
        basket_at="/purchase_customer_event",
        spend_at="/spend_request_customer_event",
    )


def read_named_purchase(body: Any) -> Reference:
    """The posted purchase that a body is about, named by `id`, `number` or `reference_number`.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(NamePurchase, body, NamePurchase.broken)
    return model.customer_event_identifier.reference("/customer_event_identifier")


def read_token(body: Any) -> Reference:
    """The access token that a one-time password is to stand for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(IssueOneTimePassword, body, IssueOneTimePassword.broken)
    return model.access_token_identifier.reference("/access_token_identifier")


def identity_of(
    external_system: str | None, reference_number: str | None, key: tuple[str, ...], partner: Partner
) -> Identity:
    """Reference numbers may recur in the classic API (row 11), so something else has to tell a repetition: the external
    system's own, or else the parts of an idempotency key."""
    if external_system and reference_number:
        return Identity(Origin.EXTERNAL, (partner.id, external_system, reference_number))
    if key:
        return Identity(Origin.KEY, (partner.id, *key))
    return Identity(Origin.NUMBER)


def requested(
    event: EventFields,
    basket: BasketFields,
    spend: SpendAmounts | None,
    identity: Identity,
    *,
    at: str = "",
    basket_at: str = "",
    spend_at: str = "/spend_request",
) -> PurchaseRequest:
    """What a purchase asks for whose event, basket and spend request stand at these pointers.

    A spend request that names no amount spends nothing, but is one all the same (contract, row 30).
    """
    amounts = _amounts(spend, spend_at)
    return PurchaseRequest(
        identity=identity,
        reference_number=basket.reference_number,
        customer=customer_of(event, at),
        performed_by=performers_of(event, at),
        references={
            **references_of(event, at),
            **references_of(basket, basket_at),
            **_references(spend, {"spend_request_classification": "classification_identifier"}, spend_at),
        },
        details={**_kept(event), **_kept(basket)},
        performed_on=moment_of(event),
        lines=lines_of(basket, basket_at),
        spend=amounts,
        fingerprint=fingerprint_of(event),
        disable_instant_spend=bool(getattr(basket, "disable_instant_spend", None)),
        authorized_by=authorized_by(event, at),
        unspent_request=spend is not None and amounts is None,
        pointer=basket_at,
    )


def _kept(model: Model) -> dict[str, Any]:
    return model.model_dump(include=KEPT_FIELDS, exclude_none=True)


def customer_of(model: EventFields, at: str) -> Reference:
    """How an event that stands at pointer `at` names the customer."""
    return customer_in(model.accounts_receivable_identifier, model.rewards_participant_identifier, at)


def performers_of(model: EventFields, at: str) -> dict[str, Reference]:
    """How an event names who performed it, by record type."""
    return _references(model, _PERFORMERS, at)


def references_of(model: Model, at: str) -> dict[str, Reference]:
    """What else an event, or its basket, is about, by record type."""
    found = _references(model, _REFERENCES, at)
    promo_code = getattr(model, "promo_code", None)
    return found | ({"promo_code": Reference("code", promo_code, f"{at}{PROMO_CODE}")} if promo_code else {})


def authorized_by(model: Model, at: str) -> Reference | None:
    """The access token that the customer was authorized by."""
    return _references(model, {"access_token": "authorized_by_access_token_identifier"}, at).get("access_token")


def moment_of(model: EventFields) -> datetime:
    """When it was performed; dates are in UTC (Q6)."""
    return datetime.fromisoformat(model.performed_on).replace(tzinfo=UTC)


def lines_of(model: BasketFields, at: str) -> tuple[RequestedLine, ...]:
    """The lines of a basket."""
    return tuple(
        RequestedLine(
            product=item.product_identifier.reference(f"{at}/products_set/{place}/product_identifier"),
            quantity=item.quantity,
            net=item.net_amount,
            tax=item.vat_amount,
            total=item.total_amount,
        )
        for place, item in enumerate(model.products_set)
    )


def _amounts(asked: SpendAmounts | None, pointer: str) -> RequestedSpend | None:
    if asked is None or (asked.spend_amount is None and asked.spend_alternative_amount is None):
        return None
    return RequestedSpend(asked.spend_amount, asked.spend_alternative_amount, pointer)


def _references(model: Model | None, fields: Mapping[str, str], at: str) -> dict[str, Reference]:
    """Operations differ in what they list: a field that the model does not have names nothing."""
    named: dict[str, Identifier | None] = {kind: getattr(model, field, None) for kind, field in fields.items()}
    return {kind: name.reference(f"{at}/{fields[kind]}") for kind, name in named.items() if name is not None}
