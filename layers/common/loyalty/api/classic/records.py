"""The vendor's objects, from reference records: every listed field of the newest release, null where there is no value
(contract, objects B; Q4). Each object is written here once."""

from collections.abc import Mapping
from typing import Any

from loyalty.domain.directory import Directory
from loyalty.domain.udf import UserDefinedFields

Record = Mapping[str, Any]
Rendered = dict[str, Any] | None


def _fields(record: Record | None, *names: str) -> Rendered:
    return None if record is None else _picked(record, *names)


def _picked(record: Record, *names: str) -> dict[str, Any]:
    return {name: record.get(name) for name in names}


def named(record: Record | None) -> Rendered:
    """A classification, or a sector of an industry."""
    return _fields(record, "id", "name", "alternative_code")


def payment_medium(record: Record | None) -> Rendered:
    """A payment medium's brand or type."""
    return _fields(record, "id", "name", "alternative_code", "description")


def unit(record: Record | None) -> Rendered:
    """A unit."""
    return _fields(record, "id", "name", "group_name", "community_name", "alternative_code", "description")


def business_unit(record: Record | None, directory: Directory) -> Rendered:
    """A business unit; its parent is told by name."""
    if record is None:
        return None
    parent = directory.record("business_unit", record.get("parent_business_unit"))
    return {
        **_picked(record, "id", "name", "code", "unified_code", "description"),
        "parent_business_unit_name": parent["name"] if parent else None,
    }


def tap(record: Record | None, of_unit: Record | None, directory: Directory) -> Rendered:
    """A transaction acquiring point, with the names of what it belongs to."""
    if record is None:
        return None
    owner = directory.record("business_unit", record.get("business_unit"))
    return {
        **_picked(record, "id", "name", "code", "description"),
        "business_unit_name": owner["name"] if owner else None,
        "unit_name": of_unit["name"] if of_unit else None,
        "group_name": of_unit.get("group_name") if of_unit else None,
    }


def currency(record: Record | None) -> Rendered:
    """A currency."""
    symbols = ("prefix_symbol", "suffix_symbol", "integer_part_name", "decimal_part_name")
    return _fields(record, "id", "code", "life_cycle_state", *symbols)


def rate_period(record: Record | None, directory: Directory) -> Rendered:
    """The rate that amounts were converted at, and the currency that it refers to."""
    if record is None:
        return None
    return {
        **_picked(record, "id", "rate", "inverse_rate", "from_date", "to_date"),
        "currency": currency(directory.record("currency", record["currency"])),
    }


def account(record: Record | None, owner: Record | None) -> Rendered:
    """An account with its owner."""
    if record is None:
        return None
    return {**_picked(record, "id", "number", "name", "life_cycle_state"), "account_owner": contact(owner)}


def participant(record: Record | None, owned: Rendered) -> Rendered:
    """The rewards participant that an account is enrolled as; `record` is the account, which is told as `owned`."""
    enrolled = record.get("participant") if record else None
    if enrolled is None:
        return None
    return {**_picked(enrolled, "id", "number", "life_cycle_state"), "accounts_receivable": owned}


def contact(record: Record | None) -> Rendered:
    """A contact; its full name is first and last name, or the company's (contract, row 23)."""
    if record is None:
        return None
    names = [record[name] for name in ("first_name", "last_name") if record.get(name)]
    return {
        **_picked(record, "id", "life_cycle_state", "first_name", "middle_name", "last_name", "title", "company_name"),
        "type": record["contact_type"],
        "name": " ".join(names) or record.get("company_name"),
        "demographics": _demographics(record.get("demographics")),
        "company_profile": _company_profile(record.get("company_profile")),
    }


def product(record: Record | None, directory: Directory) -> Rendered:
    """A product with its type; products have no name (contract, row 28)."""
    if record is None:
        return None
    return {
        **_picked(record, "id", "code", "alternative_code", "description", "priority_level"),
        "global_rate": _global_rate(record.get("global_rate")),
        "product_type": _product_type(directory.record("product_type", record.get("product_type"))),
    }


def access_token(record: Record | None, directory: Directory) -> Rendered:
    """An access token with its classification; its pass code is told to nobody."""
    if record is None:
        return None
    shown = ("authentication_code", "identifier", "card_masked_number")
    return {
        **_picked(record, "id", "number", "life_cycle_state", *shown, *UserDefinedFields.model_fields),
        "classification": named(directory.record("classification", record.get("classification"))),
    }


def voucher_type(record: Record) -> dict[str, Any]:
    """A kind of voucher."""
    return _picked(record, "id", "name", "alternative_code", "value_options", "classification", "description")


def invoice(record: Record | None, directory: Directory) -> Rendered:
    """An invoice, with the rate that its amounts were converted at."""
    if record is None:
        return None
    days = ("issued_on", "posted_on", "due_on")
    amounts = ("total_amount", "outstanding_amount", "unsettled_amount")
    return {
        **_picked(record, "id", "number", "reference_number", "life_cycle_state", *days, *amounts),
        "currency_rate_period": rate_period(directory.record("currency_rate", record.get("currency_rate")), directory),
    }


def log_information(on: str, partner: Record | None, directory: Directory) -> dict[str, Any]:
    """Who created and last updated an event, and when: the partner's unit and user."""
    by_unit = directory.record("unit", partner.get("unit")) if partner else None
    owner = directory.record("business_unit", by_unit.get("business_unit")) if by_unit else None
    by = {
        "unit": unit(by_unit),
        "business_unit": business_unit(owner, directory),
        "user": _fields(partner.get("user") if partner else None, "id", "username", "person_name", "email"),
    }
    written = {f"{verb}_by_{who}": whom for verb in ("created", "updated") for who, whom in by.items()}
    return {"created_date": on, "updated_date": on, **written}


def _demographics(record: Record | None) -> Rendered:
    if record is None:
        return None
    papers = ("id_number", "id_number_expiration_date", "passport_number", "passport_number_expiration_date")
    return {
        **_picked(record, "gender", *papers, "social_security_number"),
        "date_of_birth": _fields(record.get("date_of_birth"), "day", "month", "year"),
        "name_day": _fields(record.get("name_day"), "day", "month"),
        "country_of_residence": _country(record.get("country_of_residence")),
        "id_issued_by_country": _country(record.get("id_issued_by_country")),
        "passport_issued_by_country": _country(record.get("passport_issued_by_country")),
        "industry": _fields(record.get("industry"), "id", "name", "code"),
        "industry_sector": named(record.get("industry_sector")),
    }


def _company_profile(record: Record | None) -> Rendered:
    if record is None:
        return None
    size = ("profile_year", "annual_turnover", "established_date", "number_of_employees")
    vat = ("vat_registration_number", "vat_registered_by", "vat_registration_date")
    return {
        **_picked(record, *size, "registration_number", *vat, "tax_reference_number"),
        "registered_in_country": _country(record.get("registered_in_country")),
        "industry": _fields(record.get("industry"), "id", "name", "code"),
        "industry_sector": named(record.get("industry_sector")),
    }


def _country(record: Record | None) -> Rendered:
    codes = ("alternative_code", "dialing_code", "two_character_code", "three_character_code")
    if record is None:
        return None
    return {**_picked(record, "id", "name", *codes), "country_flag": _country_flag(record.get("country_flag"))}


def _country_flag(record: Record | None) -> Rendered:
    if record is None:
        return None
    file = _fields(record.get("file"), "file_name", "file_content_url", "file_mime_type")
    return {"id": record.get("id"), "file": file}


def _product_type(record: Record | None) -> Rendered:
    if record is None:
        return None
    kinds = ("classification", "service_type", "physical_good_type", "composition_method", "used_for_provisioning")
    return {
        **_picked(record, "id", "name", "alternative_code", "description", *kinds),
        "udr_type": _usage_type(record.get("udr_type")),
        "meter_reading_type": _usage_type(record.get("meter_reading_type"), "classification"),
    }


def _usage_type(record: Record | None, *more: str) -> Rendered:
    if record is None:
        return None
    measured_in = record.get("unit_of_measurement")
    return {
        **_picked(record, "id", "name", "alternative_code", "description", *more),
        "unit_of_measurement": _fields(measured_in, "id", "name", "description", "alternative_code"),
    }


def _global_rate(record: Record | None) -> Rendered:
    if record is None:
        return None
    return {
        **_picked(record, "id", "rate_model", "global_base_amount", "base_rate_applied_per", "uot", "uom"),
        "time_period": _fields(record.get("time_period"), "time_period_value", "time_period_uot"),
    }
