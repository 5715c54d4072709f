"""The classic API's identifier objects: each names one thing by exactly one of its fields (contract, objects A)."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem
from loyalty.domain.fields import Code
from loyalty.domain.purchase import Reference
from loyalty.domain.validation import exactly_one


class Model(BaseModel):
    """What is not listed is ignored, at every level (contract, row 7)."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Identifier(Model):
    """Names one thing by one of its fields."""

    def reference(self, pointer: str) -> Reference:
        """How it was named; `pointer` is where this object stands in the body."""
        by, value = next((name, value) for name, value in self if isinstance(value, str))
        return Reference(by, value, f"{pointer}/{by}")


class NamedIdentifier(Identifier):
    """A unit, a classification, a payment medium's brand or type."""

    id: Code | None = None
    name: Code | None = None
    alternative_code: Code | None = None


class BusinessUnitIdentifier(Identifier):
    """A business unit or a tap."""

    id: Code | None = None
    name: Code | None = None
    code: Code | None = None


class CurrencyIdentifier(Identifier):
    """A currency."""

    id: Code | None = None
    code: Code | None = None


class ProductIdentifier(Identifier):
    """A product."""

    id: Code | None = None
    code: Code | None = None
    alternative_code: Code | None = None


class InvoiceIdentifier(Identifier):
    """An invoice."""

    id: Code | None = None
    number: Code | None = None
    reference_number: Code | None = None
    back_office_code: Code | None = None


class AccessTokenIdentifier(Identifier):
    """An access token, by what the customer shows."""

    authentication_code: Code | None = None


class AccountIdentifier(Identifier):
    """An account, or the access token that leads to it."""

    id: Code | None = None
    number: Code | None = None
    name: Code | None = None
    access_token_identifier: AccessTokenIdentifier | None = None


class ParticipantIdentifier(Identifier):
    """A rewards participant."""

    id: Code | None = None
    number: Code | None = None


IDENTIFIERS: Mapping[str, type[Identifier]] = {
    "accounts_receivable_identifier": AccountIdentifier,
    "rewards_participant_identifier": ParticipantIdentifier,
    "classification_identifier": NamedIdentifier,
    "performed_by_unit_identifier": NamedIdentifier,
    "performed_by_business_unit_identifier": BusinessUnitIdentifier,
    "performed_by_tap_identifier": BusinessUnitIdentifier,
    "payment_medium_brand_identifier": NamedIdentifier,
    "payment_medium_type_identifier": NamedIdentifier,
    "invoice_identifier": InvoiceIdentifier,
    "intended_currency_identifier": CurrencyIdentifier,
    "product_identifier": ProductIdentifier,
    "access_token_identifier": AccessTokenIdentifier,
    "authorized_by_access_token_identifier": AccessTokenIdentifier,
}
"""Identifier objects by the names of the fields that hold them."""


def broken_identifiers(body: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
    """Identifier objects among the fields of a raw body that name nothing or name twice (the semi-optional rule)."""
    for name, model in IDENTIFIERS.items():
        inner = body.get(name)
        if isinstance(inner, dict):
            yield from exactly_one(inner, f"{at}/{name}", *model.model_fields)
            yield from broken_identifiers(inner, f"{at}/{name}")


def customer_in(account: AccountIdentifier | None, participant: ParticipantIdentifier | None) -> Reference:
    """How the customer was named: as an account, by an access token of it, or as a rewards participant (row 35)."""
    if participant is not None:
        named = participant.reference("/rewards_participant_identifier")
        return Reference(f"participant.{named.by}", named.value, named.pointer)
    assert account is not None
    if account.access_token_identifier is not None:
        pointer = "/accounts_receivable_identifier/access_token_identifier"
        return Reference("cim", account.access_token_identifier.reference(pointer).value, pointer)
    named = account.reference("/accounts_receivable_identifier")
    return Reference(f"account.{named.by}", named.value, named.pointer)


def one_customer(body: Mapping[str, Any]) -> Iterator[Problem]:
    """An account or a participant has to be named, and only one of them may be."""
    yield from exactly_one(body, "", "accounts_receivable_identifier", "rewards_participant_identifier")


def some_performer(body: Mapping[str, Any]) -> Iterator[Problem]:
    """At least one of unit, business unit and tap has to be named (row 34)."""
    names = ("performed_by_unit_identifier", "performed_by_business_unit_identifier", "performed_by_tap_identifier")
    if all(body.get(name) is None for name in names):
        yield Problem(ErrorCode.MANDATORY, f"One of {', '.join(names)} is mandatory.", f"/{names[0]}")
