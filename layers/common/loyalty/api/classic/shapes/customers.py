"""Customers, their accounts, access tokens and invoices."""

from decimal import Decimal
from typing import Literal

from typing_extensions import TypedDict

from loyalty.api.classic.shapes.base import Date, NamedObject, UserDefined
from loyalty.api.classic.shapes.organisation import CurrencyRatePeriod


class File(TypedDict):
    """Where the content of a file is."""

    file_name: str | None
    file_content_url: str | None
    file_mime_type: str | None


class CountryFlag(TypedDict):
    """A country's flag."""

    id: str | None
    file: File | None


class Country(TypedDict):
    """A country."""

    id: str
    name: str | None
    alternative_code: str | None
    dialing_code: str | None
    two_character_code: str | None
    three_character_code: str | None
    country_flag: CountryFlag | None


class Industry(TypedDict):
    """An industry."""

    id: str
    name: str | None
    code: str | None


class NameDay(TypedDict):
    """A day of the year."""

    day: int | None
    month: int | None


class DateOfBirth(NameDay):
    """A day of some year."""

    year: int | None


class Demographics(TypedDict):
    """Who a person is."""

    gender: Literal["MALE", "FEMALE"] | None
    id_number: str | None
    id_number_expiration_date: Date | None
    passport_number: str | None
    passport_number_expiration_date: Date | None
    social_security_number: str | None
    date_of_birth: DateOfBirth | None
    name_day: NameDay | None
    country_of_residence: Country | None
    id_issued_by_country: Country | None
    passport_issued_by_country: Country | None
    industry: Industry | None
    industry_sector: NamedObject | None


class CompanyProfile(TypedDict):
    """What a company is."""

    profile_year: Decimal | None
    annual_turnover: Decimal | None
    established_date: Date | None
    number_of_employees: Decimal | None
    registration_number: str | None
    vat_registration_number: str | None
    vat_registered_by: str | None
    vat_registration_date: Date | None
    tax_reference_number: str | None
    registered_in_country: Country | None
    industry: Industry | None
    industry_sector: NamedObject | None


class ContactInformation(TypedDict):
    """A customer."""

    id: str
    type: Literal["PERSON", "COMPANY"]
    life_cycle_state: Literal["MARKETING", "FINANCIAL"]
    name: str | None
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    title: str | None
    company_name: str | None
    demographics: Demographics | None
    company_profile: CompanyProfile | None


class AccountsReceivable(TypedDict):
    """An account with its owner."""

    id: str
    number: str
    name: str | None
    life_cycle_state: Literal["ACTIVE", "SUSPENDED", "TERMINATED"]
    account_owner: ContactInformation | None


class RewardsParticipant(TypedDict):
    """What an account is enrolled as."""

    id: str
    number: str | None
    life_cycle_state: Literal["EFFECTIVE", "TERMINATED"]
    accounts_receivable: AccountsReceivable | None


class AccessToken(UserDefined):
    """What a customer shows."""

    id: str
    number: str | None
    life_cycle_state: Literal["EFFECTIVE", "NOT_EFFECTIVE"]
    authentication_code: str | None
    identifier: str | None
    card_masked_number: str | None
    classification: NamedObject | None


class Invoice(TypedDict):
    """An invoice."""

    id: str
    number: str
    reference_number: str | None
    life_cycle_state: Literal["DRAFT", "REJECTED", "POSTED", "CANCELLED"]
    issued_on: Date | None
    posted_on: Date | None
    due_on: Date | None
    total_amount: Decimal | None
    outstanding_amount: Decimal | None
    unsettled_amount: Decimal | None
    currency_rate_period: CurrencyRatePeriod | None
