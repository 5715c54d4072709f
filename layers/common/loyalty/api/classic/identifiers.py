"""The classic API's identifier objects: each names one thing by exactly one of its fields (contract, objects A)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from loyalty.api.classic.deprecation import Deprecated
from loyalty.api.one_time_passwords import OneTimePassword
from loyalty.domain.empty_texts import is_given
from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem, Refused
from loyalty.domain.fields import Code, Text
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.validation import exactly_one, models_within, validate


class ClassicModel(BaseModel):
    """A model that ignores fields that it does not list, at every level (contract, row 7)."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """Return what does not hold between the fields of a raw object of this kind that stands at pointer `at`, and
        within its parts."""
        for name, part in parts_of(cls):
            inner = raw.get(name)
            if isinstance(inner, dict):
                yield from part.broken_rules(inner, f"{at}/{name}")
            elif isinstance(inner, list):
                for place, item in enumerate(inner):
                    if isinstance(item, dict):
                        yield from part.broken_rules(item, f"{at}/{name}/{place}")


@cache
def parts_of(model: type[ClassicModel]) -> tuple[tuple[str, type[ClassicModel]], ...]:
    """Return the fields of a model that hold a model, or a list of one, and which."""
    return tuple(models_within(model, ClassicModel))


class Identifier(ClassicModel):
    """Names one thing by one of its fields (the semi-optional rule)."""

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """Return the fields that name it."""
        return tuple(cls.model_fields)

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """It names nothing, or names twice."""
        yield from exactly_one(raw, at, *cls.ways())
        yield from super().broken_rules(raw, at)

    def reference(self, pointer: str) -> Reference:
        """Return how it was named; `pointer` is where this object stands in the body."""
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


class AwardIdentifier(Identifier):
    """An award of a posted purchase."""

    id: Code | None = None
    number: Code | None = None


class InvoiceIdentifier(Identifier):
    """An invoice."""

    id: Code | None = None
    number: Code | None = None
    reference_number: Code | None = None
    back_office_code: Code | None = None


class CustomerEventIdentifier(Identifier):
    """A posted purchase."""

    id: Code | None = None
    number: Code | None = None
    reference_number: Code | None = None


class KnownTokenIdentifier(Identifier):
    """An access token by what stays the same of it. A pass code goes with the identifier, and only with it; it says
    nothing of what is asked for, so it is left out of whatever is kept of a request."""

    authentication_code: Code | None = None
    identifier: Code | None = None
    pass_code: Annotated[Text | None, Field(exclude=True)] = None

    @classmethod
    def ways(cls) -> tuple[str, ...]:
        """Return all but the pass code, which names nothing."""
        return tuple(name for name in cls.model_fields if name != "pass_code")

    @classmethod
    def broken_rules(cls, raw: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
        """It names nothing, names twice, or has no pass code where it needs one, or one where it does not."""
        yield from super().broken_rules(raw, at)
        identified, coded = (is_given(raw.get(name)) for name in ("identifier", "pass_code"))
        if identified and not coded:
            yield Problem(ErrorCode.MANDATORY, "With identifier, pass_code is mandatory.", f"{at}/pass_code")
        if coded and not identified:
            yield Problem(ErrorCode.INVALID, "pass_code goes with identifier only.", f"{at}/pass_code")

    def reference(self, pointer: str) -> Reference:
        """Return how it was shown, with the pass code where there is one."""
        by = next(name for name in self.ways() if getattr(self, name) is not None)
        return Reference(f"token.{by}", getattr(self, by), f"{pointer}/{by}", self.pass_code or None)


class AccessTokenIdentifier(KnownTokenIdentifier):
    """An access token, by what the customer shows."""

    one_time_password: OneTimePassword | None = None


class NamedAccount(Identifier):
    """An account, by its own names."""

    id: Code | None = None
    number: Code | None = None
    name: Code | None = None


class AccountIdentifier(NamedAccount):
    """An account, or the access token that leads to it."""

    access_token_identifier: Annotated[AccessTokenIdentifier | None, Deprecated("R18.0.0")] = None


class NamedParticipant(Identifier):
    """A rewards participant, by its own names."""

    id: Code | None = None
    number: Code | None = None


class ParticipantIdentifier(NamedParticipant):
    """A rewards participant, or the access token that leads to it.

    The contract lists the token for operations 2 and 4 only; it is taken everywhere.
    """

    access_token_identifier: AccessTokenIdentifier | None = None


def identifiers_in(model: type[ClassicModel], raw: Any) -> dict[str, Any]:
    """Return the identifiers of a raw object of this kind, by field, as far as each of them can be read by itself."""
    found: dict[str, Any] = {}
    for name, part in parts_of(model) if isinstance(raw, dict) else ():
        if issubclass(part, Identifier) and name in raw:
            with suppress(Refused):
                found[name] = validate(part, raw[name], part.broken_rules)
    return found


def customer_in(account: NamedAccount | None, participant: NamedParticipant | None, at: str) -> Reference:
    """Return how the customer was named: as an account, as a rewards participant, or by an access token (row 35). One
    of the two is given; both stand in the object at pointer `at`."""
    kind, pointer, named = (
        ("account", f"{at}/accounts_receivable_identifier", account)
        if account is not None
        else ("participant", f"{at}/rewards_participant_identifier", participant)
    )
    assert named is not None
    token = getattr(named, "access_token_identifier", None)
    if isinstance(token, AccessTokenIdentifier):
        return token.reference(f"{pointer}/access_token_identifier")
    found = named.reference(pointer)
    return Reference(f"{kind}.{found.by}", found.value, found.pointer)


def one_customer(body: Mapping[str, Any], at: str) -> Iterator[Problem]:
    """Require that an account or a participant is named, and not both."""
    yield from exactly_one(body, at, "accounts_receivable_identifier", "rewards_participant_identifier")


def some_performer(body: Mapping[str, Any], at: str) -> Iterator[Problem]:
    """Require that at least one of unit, business unit and tap is named (row 34)."""
    names = ("performed_by_unit_identifier", "performed_by_business_unit_identifier", "performed_by_tap_identifier")
    if not any(is_given(body.get(name)) for name in names):
        yield Problem(ErrorCode.MANDATORY, f"One of {', '.join(names)} is mandatory.", f"{at}/{names[0]}")
