"""Records of the organisation: itself, currencies, business units, classifications, payment media, partners."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from loyalty.domain.access.error_forms import ClassicErrors, NewestErrors
from loyalty.domain.access.partner import ClassicRepeats
from loyalty.domain.fields import Code, DateTime, Identifier, PartnerId, Positive, Text
from loyalty.domain.ledger.wallet import Clawback
from loyalty.domain.period import time_zone
from loyalty.domain.records.base import BaseRecord, RecordPart, Ref, State


def _time_zone(name: str) -> str:
    time_zone(name)
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone), Field(examples=["Europe/Athens"])]
"""The name of a time zone, as the IANA database has it: `Europe/Athens`."""


class OrganisationRecord(BaseRecord):
    """The organisation that runs the programme. There is one at most, so its id is always `organisation`.

    `time_zone` is the clock of the business units that name none; where this is missing, UTC.
    """

    type: Literal["organisation"]
    id: Literal["organisation"]
    name: Text
    time_zone: TimeZone | None = None


class CurrencyRecord(BaseRecord):
    """A currency. Exactly one has the role SYSTEM, at most one ALTERNATIVE; `exponent` is its number of decimals."""

    unique = ("code", "role")
    type: Literal["currency"]
    code: Code
    role: Literal["SYSTEM", "ALTERNATIVE"] | None = None
    exponent: Annotated[StrictInt, Field(ge=0, le=4)] = 2
    prefix_symbol: Text | None = None
    suffix_symbol: Text | None = None
    life_cycle_state: State = "EFFECTIVE"
    integer_part_name: Text | None = None
    decimal_part_name: Text | None = None


class CurrencyRateRecord(BaseRecord):
    """`rate` units of the currency for one unit of the system currency, from `from_date` until before `to_date`, and
    until before a later rate of the currency begins."""

    unique_within = {"from_date": "currency"}
    type: Literal["currency_rate"]
    currency: Annotated[Code, Ref("currency")]
    rate: Positive
    inverse_rate: Positive | None = None
    from_date: DateTime | None = None
    to_date: DateTime | None = None


class BusinessUnitRecord(BaseRecord):
    """A merchant, or with `parent_business_unit` an outlet of one.

    Where it names none, the currency is the system's, the time zone that of the unit above it, else the organisation's;
    `clawback`, what happens when an award is to be taken back that is spent already, is that of the unit above it, else
    WITHIN_BALANCE.
    """

    unique = ("code",)
    type: Literal["business_unit"]
    name: Text
    code: Code | None = None
    unified_code: Code | None = None
    description: Text | None = None
    parent_business_unit: Annotated[Code, Ref("business_unit")] | None = None
    currency: Annotated[Code, Ref("currency")] | None = None
    time_zone: TimeZone | None = None
    clawback: Clawback | None = None
    life_cycle_state: State = "EFFECTIVE"


class UnitRecord(BaseRecord):
    """A business unit under its older name."""

    unique = ("name", "alternative_code")
    type: Literal["unit"]
    name: Text
    alternative_code: Code | None = None
    group_name: Text | None = None
    community_name: Text | None = None
    description: Text | None = None
    business_unit: Annotated[Code, Ref("business_unit")] | None = None


class TapRecord(BaseRecord):
    """A till of a business unit (transaction acquiring point)."""

    unique = ("code",)
    type: Literal["tap"]
    name: Text
    code: Code | None = None
    description: Text | None = None
    business_unit: Annotated[Code, Ref("business_unit")]


class PaymentMediumBrandRecord(BaseRecord):
    """A brand of payment medium."""

    unique = ("name", "alternative_code")
    type: Literal["payment_medium_brand"]
    name: Text
    alternative_code: Code | None = None
    description: Text | None = None


class PaymentMediumTypeRecord(BaseRecord):
    """A type of payment medium."""

    unique = ("name", "alternative_code")
    type: Literal["payment_medium_type"]
    name: Text
    alternative_code: Code | None = None
    description: Text | None = None


class ClassificationRecord(BaseRecord):
    """A classification of events, accounts or access tokens. A token's names the default brand and type of cards."""

    unique = ("name", "code", "alternative_code")
    type: Literal["classification"]
    applies_to: Literal["CUSTOMER_EVENT", "ACCOUNT", "ACCESS_TOKEN"] = "CUSTOMER_EVENT"
    name: Text
    code: Code | None = None
    alternative_code: Code | None = None
    payment_medium_brand: Annotated[Code, Ref("payment_medium_brand")] | None = None
    payment_medium_type: Annotated[Code, Ref("payment_medium_type")] | None = None


class UserRecord(RecordPart):
    """The user behind a partner's calls, in `log_information`."""

    id: Identifier
    username: Text
    person_name: Text | None = None
    email: Text | None = None


class PartnerRecord(BaseRecord):
    """An API client. Its keys say which merchants it may act for.

    `organisation` is what its logins have to name as theirs; without it, they may name any. `classic_repeats` says what
    a call of the classic API, or of a till without baskets, is that says nothing of itself and equals an earlier one of
    the partner in every field: another purchase (POST, also where this is missing), or that one sent again (REPLAY).

    `classic_errors` says which HTTP status an error of the classic API has: its own (STATUS, also where this is
    missing), or 200 (OK); `newest_errors`, what an error of the newest API is: a problem (PROBLEM, also where this is
    missing), or a 400 with the vendor's name for it (VENDOR).
    """

    type: Literal["partner"]
    id: PartnerId
    name: Text
    unit: Annotated[Code, Ref("unit")] | None = None
    user: UserRecord | None = None
    organisation: Code | None = None
    classic_repeats: ClassicRepeats | None = None
    classic_errors: ClassicErrors | None = None
    newest_errors: NewestErrors | None = None
