"""What the classic create takes (contract, operation 5), and the purchase that it asks for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from loyalty.api.classic.identifiers import (
    AccessTokenIdentifier,
    AccountIdentifier,
    BusinessUnitIdentifier,
    CurrencyIdentifier,
    InvoiceIdentifier,
    Model,
    NamedIdentifier,
    ParticipantIdentifier,
    ProductIdentifier,
    broken_identifiers,
    customer_in,
    one_customer,
    some_performer,
)
from loyalty.api.lines import MAX_LINES, NotNegative, Positive, broken_line_rules
from loyalty.domain.access import Partner
from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem
from loyalty.domain.fields import Code, PerformedOn, Text
from loyalty.domain.identity import Identity, Origin, fingerprint
from loyalty.domain.purchase import PurchaseRequest, Reference, RequestedLine, RequestedSpend
from loyalty.domain.udf import UserDefinedFields
from loyalty.domain.validation import exactly_one, validated


def _truth(value: object) -> bool:
    if value in (0, 1) and isinstance(value, bool | int):
        return bool(value)
    raise PydanticCustomError("bool", "has to be true, false, 1 or 0")


Truth = Annotated[bool, BeforeValidator(_truth)]
"""A boolean in any of its four spellings (contract, row 8)."""


class PurchaseProduct(Model):
    """A line (contract, `purchase_product`). Amounts cover the whole line, whatever the quantity (row 3)."""

    product_identifier: ProductIdentifier
    quantity: Positive = Decimal(1)
    net_amount: NotNegative
    vat_amount: NotNegative
    total_amount: NotNegative


class SpendRequest(Model):
    """What to pay from the wallet: exactly one amount, above zero."""

    spend_amount: Positive | None = None
    spend_alternative_amount: Positive | None = None


class ClassicCreatePurchase(Model, UserDefinedFields):
    """The body of `POST /customer_events/purchases/create`, its token apart."""

    accounts_receivable_identifier: AccountIdentifier | None = None
    rewards_participant_identifier: ParticipantIdentifier | None = None
    classification_identifier: NamedIdentifier | None = None
    performed_by_unit_identifier: NamedIdentifier | None = None
    performed_by_business_unit_identifier: BusinessUnitIdentifier | None = None
    performed_by_tap_identifier: BusinessUnitIdentifier | None = None
    performed_on: PerformedOn
    description: Text | None = None
    process_immediately: Truth | None = None
    reference_number: Code
    payment_medium_brand_identifier: NamedIdentifier | None = None
    payment_medium_type_identifier: NamedIdentifier | None = None
    payment_medium_identifier: Code | None = None
    external_system: Code | None = None
    external_system_reference_number: Code | None = None
    authorized_by_access_token_identifier: AccessTokenIdentifier | None = None
    invoice_identifier: InvoiceIdentifier | None = None
    intended_currency_identifier: CurrencyIdentifier | None = None
    disable_instant_spend: Truth | None = None
    terminal_identifier: Code | None = None
    udf_string_9: Text | None = None
    udf_string_10: Text | None = None
    udf_string_11: Text | None = None
    udf_string_12: Text | None = None
    udf_string_13: Text | None = None
    udf_string_14: Text | None = None
    udf_string_15: Text | None = None
    udf_string_16: Text | None = None
    spend_request: SpendRequest | None = None
    products_set: Annotated[list[PurchaseProduct], Field(min_length=1, max_length=MAX_LINES)]


UDF_FIELDS = tuple(name for name in ClassicCreatePurchase.model_fields if name.startswith("udf_"))
"""The 24 user defined fields."""

KEPT_FIELDS = (
    "description",
    "process_immediately",
    "payment_medium_identifier",
    "external_system",
    "external_system_reference_number",
    "disable_instant_spend",
    "terminal_identifier",
    *UDF_FIELDS,
)
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
}


def read_purchase(body: Any, partner: Partner, idempotency_key: str | None) -> PurchaseRequest:
    """The purchase that a body asks for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validated(ClassicCreatePurchase, body, _broken_rules)
    spend = model.spend_request
    return PurchaseRequest(
        identity=_identity(model, partner.id, idempotency_key),
        reference_number=model.reference_number,
        customer=customer_in(model.accounts_receivable_identifier, model.rewards_participant_identifier),
        performed_by=_references(model, _PERFORMERS),
        references=_references(model, _REFERENCES),
        details=model.model_dump(include=set(KEPT_FIELDS), exclude_none=True),
        performed_on=datetime.fromisoformat(model.performed_on).replace(tzinfo=UTC),
        lines=tuple(
            RequestedLine(
                product=item.product_identifier.reference(f"/products_set/{place}/product_identifier"),
                quantity=item.quantity,
                net=item.net_amount,
                tax=item.vat_amount,
                total=item.total_amount,
            )
            for place, item in enumerate(model.products_set)
        ),
        spend=RequestedSpend(spend.spend_amount, spend.spend_alternative_amount, "/spend_request") if spend else None,
        fingerprint=fingerprint(model.model_dump(exclude_none=True)),
        disable_instant_spend=bool(model.disable_instant_spend),
    )


def _broken_rules(body: Mapping[str, Any]) -> Iterator[Problem]:
    """What does not hold between the fields of a raw body."""
    yield from one_customer(body)
    yield from some_performer(body)
    yield from broken_identifiers(body)
    lines = body.get("products_set")
    for place, line in enumerate(lines if isinstance(lines, list) else ()):
        if isinstance(line, dict):
            yield from broken_identifiers(line, f"/products_set/{place}")
    if isinstance(body.get("spend_request"), dict):
        yield from exactly_one(body["spend_request"], "/spend_request", "spend_amount", "spend_alternative_amount")
    if body.get("promo_code") is not None:
        yield Problem(ErrorCode.INVALID, "Promo codes are not taken yet.", "/promo_code")
    yield from broken_line_rules(body.get("products_set"), "/products_set", "vat_amount")


def _identity(model: ClassicCreatePurchase, partner_id: str, idempotency_key: str | None) -> Identity:
    """Reference numbers may recur in the classic API (row 11), so something else has to tell a repetition."""
    if model.external_system and model.external_system_reference_number:
        return Identity(Origin.EXTERNAL, (partner_id, model.external_system, model.external_system_reference_number))
    if idempotency_key:
        return Identity(Origin.KEY, (partner_id, idempotency_key))
    return Identity(Origin.NUMBER)


def _references(model: ClassicCreatePurchase, fields: Mapping[str, str]) -> dict[str, Reference]:
    named = {kind: getattr(model, field) for kind, field in fields.items()}
    return {kind: name.reference(f"/{fields[kind]}") for kind, name in named.items() if name is not None}
