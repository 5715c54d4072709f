"""Parts that the bodies of the classic API's operations share (contract, objects A and the tables' shared rows)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from loyalty.api.classic.deprecation import Deprecated
from loyalty.api.classic.identifiers import (
    AccountIdentifier,
    BusinessUnitIdentifier,
    ClassicModel,
    NamedIdentifier,
    ParticipantIdentifier,
    ProductIdentifier,
    one_customer,
    some_performer,
)
from loyalty.api.lines import MAX_LINES, broken_line_rules
from loyalty.domain.errors import Problem
from loyalty.domain.fields import Code, NotNegative, PerformedOn, PlaceTime, Positive, Text
from loyalty.domain.records.udf import UserDefinedFields
from loyalty.domain.validation import exactly_one


def _truth(value: object) -> bool:
    if value in (0, 1) and isinstance(value, bool | int):
        return bool(value)
    raise PydanticCustomError("bool", "must be true, false, 1 or 0")


Truth = Annotated[
    bool,
    BeforeValidator(_truth),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "integer", "enum": [0, 1]}]}),
]
"""A boolean in any of its four spellings (contract, row 8)."""


class ClassicCall(ClassicModel):
    """The body of a call, without its token, which is checked first."""

    fields_set: Annotated[
        str | None,
        Field(exclude=True, description="Fields of `data` to return, separated by commas; all of them by default."),
    ] = None


class PurchaseProduct(ClassicModel):
    """A line (contract, `purchase_product`). Amounts cover the whole line, whatever the quantity (row 3)."""

    product_identifier: ProductIdentifier
    quantity: Positive = Decimal(1)
    net_amount: NotNegative
    vat_amount: NotNegative
    total_amount: NotNegative


class SpendAmounts(ClassicModel):
    """An amount to pay from the wallet, in the system currency or in the alternative one; above zero."""

    spend_amount: Positive | None = None
    spend_alternative_amount: Positive | None = None


class SpendRequest(SpendAmounts):
    """The amount to pay from the wallet: exactly one of the two."""

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """No amount, or both."""
        yield from exactly_one(raw, at, "spend_amount", "spend_alternative_amount")


class EventFields(ClassicModel):
    """Whose event it is, who performed it, and when: what every operation has."""

    accounts_receivable_identifier: AccountIdentifier | None = None
    rewards_participant_identifier: Annotated[ParticipantIdentifier | None, Deprecated("R17.0.0")] = None
    performed_by_unit_identifier: Annotated[NamedIdentifier | None, Deprecated("R18.0.0")] = None
    performed_by_business_unit_identifier: BusinessUnitIdentifier | None = None
    performed_by_tap_identifier: BusinessUnitIdentifier | None = None
    performed_on: PerformedOn

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """No customer, or two; nobody who performed it; and what is broken in its parts."""
        yield from one_customer(raw, at)
        yield from some_performer(raw, at)
        yield from super().broken_rules(raw, at)


class BasketFields(ClassicModel):
    """The goods, and the means of payment."""

    reference_number: Code
    payment_medium_brand_identifier: NamedIdentifier | None = None
    payment_medium_type_identifier: NamedIdentifier | None = None
    payment_medium_identifier: Code | None = None
    products_set: Annotated[list[PurchaseProduct], Field(min_length=1, max_length=MAX_LINES)]

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """Lines whose amounts do not add up; and what is broken in its parts."""
        yield from super().broken_rules(raw, at)
        yield from broken_line_rules(raw.get("products_set"), f"{at}/products_set", "vat_amount")


class PurchaseFields(ClassicModel):
    """Further fields of a purchase in every operation. The class stands beside the others, not above them, because the
    order of a request's fields is part of its fingerprint."""

    classification_identifier: NamedIdentifier | None = None
    description: Text | None = None
    external_system_reference_number: Code | None = None


class PurchaseUserDefinedFields(UserDefinedFields):
    """The 24 user defined fields of a purchase (contract, `udf_block`)."""

    udf_string_9: Text | None = None
    udf_string_10: Text | None = None
    udf_string_11: Text | None = None
    udf_string_12: Text | None = None
    udf_string_13: Text | None = None
    udf_string_14: Text | None = None
    udf_string_15: Text | None = None
    udf_string_16: Text | None = None
    udf_date_1: PlaceTime | None = None  # type: ignore[assignment]
    udf_date_2: PlaceTime | None = None  # type: ignore[assignment]
    udf_date_3: PlaceTime | None = None  # type: ignore[assignment]
    udf_date_4: PlaceTime | None = None  # type: ignore[assignment]


UDF_FIELDS = tuple(PurchaseUserDefinedFields.model_fields)
"""Their names."""
