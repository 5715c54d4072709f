"""Records of customers: contacts, accounts, access tokens, invoices, balances brought over."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from loyalty.domain.fields import Code, DateTime, Identifier, NotNegative, Number, Positive, RecordedOn, Text
from loyalty.domain.records.base import BaseRecord, RecordPart, Ref, State
from loyalty.domain.records.udf import UserDefinedFields


class FileRecord(RecordPart):
    """Where a file's content is found, and what it is."""

    file_name: Text | None = None
    file_content_url: Text | None = None
    file_mime_type: Text | None = None


class CountryFlagRecord(RecordPart):
    """A country's flag."""

    id: Identifier
    file: FileRecord | None = None


class CountryRecord(RecordPart):
    """A country."""

    id: Identifier
    name: Text | None = None
    alternative_code: Code | None = None
    dialing_code: Text | None = None
    two_character_code: Text | None = None
    three_character_code: Text | None = None
    country_flag: CountryFlagRecord | None = None


class IndustryRecord(RecordPart):
    """An industry, or a sector of one."""

    id: Identifier
    name: Text | None = None
    code: Code | None = None
    alternative_code: Code | None = None


class Day(RecordPart):
    """A day of the year, of a given year where it has one."""

    day: Annotated[StrictInt, Field(ge=1, le=31)] | None = None
    month: Annotated[StrictInt, Field(ge=1, le=12)] | None = None
    year: Annotated[StrictInt, Field(ge=1, le=9999)] | None = None


class DemographicsRecord(RecordPart):
    """Who a person is."""

    gender: Literal["MALE", "FEMALE"] | None = None
    id_number: Text | None = None
    id_number_expiration_date: DateTime | None = None
    passport_number: Text | None = None
    passport_number_expiration_date: DateTime | None = None
    social_security_number: Text | None = None
    date_of_birth: Day | None = None
    name_day: Day | None = None
    country_of_residence: CountryRecord | None = None
    id_issued_by_country: CountryRecord | None = None
    passport_issued_by_country: CountryRecord | None = None
    industry: IndustryRecord | None = None
    industry_sector: IndustryRecord | None = None


class CompanyProfileRecord(RecordPart):
    """What a company is."""

    profile_year: Number | None = None
    annual_turnover: Number | None = None
    established_date: DateTime | None = None
    number_of_employees: Number | None = None
    registration_number: Text | None = None
    vat_registration_number: Text | None = None
    vat_registered_by: Text | None = None
    vat_registration_date: DateTime | None = None
    tax_reference_number: Text | None = None
    registered_in_country: CountryRecord | None = None
    industry: IndustryRecord | None = None
    industry_sector: IndustryRecord | None = None


class ContactRecord(BaseRecord):
    """A customer: a person or a company. The contact's own `type` is `contact_type` here."""

    type: Literal["contact"]
    contact_type: Literal["PERSON", "COMPANY"] = "PERSON"
    life_cycle_state: Literal["MARKETING", "FINANCIAL"] = "FINANCIAL"
    first_name: Text | None = None
    middle_name: Text | None = None
    last_name: Text | None = None
    title: Text | None = None
    company_name: Text | None = None
    demographics: DemographicsRecord | None = None
    company_profile: CompanyProfileRecord | None = None


class ParticipantRecord(RecordPart):
    """An account's enrolment in the rewards programme."""

    id: Identifier
    number: Code | None = None
    life_cycle_state: Literal["EFFECTIVE", "TERMINATED"] = "EFFECTIVE"


class AutomaticSpendRecord(RecordPart):
    """When a wallet pays by itself, and how much, in the system currency; at any merchant where none is named.

    `minimum_wallet_balance` is what the wallet has to hold for it, not what it has to keep.
    """

    enabled: StrictBool = False
    minimum_wallet_balance: NotNegative | None = None
    minimum_amount: NotNegative | None = None
    maximum_amount: NotNegative | None = None
    merchants: list[Annotated[Code, Ref("business_unit")]] = []


class AccountRecord(BaseRecord):
    """An account (accounts receivable) and so a wallet. A contact's purchases go to its `primary` account."""

    unique = ("number", "participant.id", "participant.number")
    naming = ("name",)
    kept = ("life_cycle_state", "participant.life_cycle_state")
    type: Literal["account"]
    number: Code
    name: Code | None = None
    contact: Annotated[Code, Ref("contact")] | None = None
    primary: StrictBool = True
    life_cycle_state: Literal["ACTIVE", "SUSPENDED", "TERMINATED"] = "ACTIVE"
    currency: Annotated[Code, Ref("currency")] | None = None
    classification: Annotated[Code, Ref("classification")] | None = None
    participant: ParticipantRecord | None = None
    automatic_spend: AutomaticSpendRecord | None = None


class AccessTokenRecord(BaseRecord, UserDefinedFields):
    """A customer token: a card, a phone, a code (CIM). A `pass_code` is kept as a hash only."""

    unique = ("authentication_code", "identifier")
    kept = ("life_cycle_state", "pass_code")
    type: Literal["access_token"]
    account: Annotated[Code, Ref("account")]
    number: Code | None = None
    authentication_code: Code | None = None
    identifier: Code | None = None
    pass_code: Text | None = None
    life_cycle_state: State = "EFFECTIVE"
    card_masked_number: Text | None = None
    classification: Annotated[Code, Ref("classification")] | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.authentication_code is None and self.identifier is None:
            raise ValueError("needs an authentication_code or an identifier")
        return self


class InvoiceRecord(BaseRecord):
    """An invoice that purchases may name. Of its amounts nothing is checked (contract, row 28)."""

    unique = ("number", "reference_number", "back_office_code")
    type: Literal["invoice"]
    number: Code
    reference_number: Code | None = None
    back_office_code: Code | None = None
    life_cycle_state: Literal["DRAFT", "REJECTED", "POSTED", "CANCELLED"] = "POSTED"
    issued_on: DateTime | None = None
    posted_on: DateTime | None = None
    due_on: DateTime | None = None
    total_amount: Number | None = None
    outstanding_amount: Number | None = None
    unsettled_amount: Number | None = None
    currency_rate: Annotated[Code, Ref("currency_rate")] | None = None


class OpeningBalanceRecord(BaseRecord):
    """A balance brought over from elsewhere, in the wallet's currency; posted once as an ADJUSTMENT event."""

    type: Literal["opening_balance"]
    account: Annotated[Code, Ref("account")]
    amount: Positive
    performed_on: RecordedOn
