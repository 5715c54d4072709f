"""The vendor's objects, from reference records: each is written here once, with the fields of its shape (Q4)."""

from typing import Any, NamedTuple, TypeVar, cast

from loyalty.api.classic.answers import VoucherTypeAnswer
from loyalty.api.classic.shapes import customers, organisation, products
from loyalty.api.classic.shapes.base import Described, NamedObject
from loyalty.domain.programme.directory import Directory, Record

Shape = TypeVar("Shape")


def render_record(shape: type[Shape], record: Record, **values: Any) -> Shape:
    """Return an object of this shape, with these values; its other fields are the record's. What neither has is null,
    or missing where it may be."""
    given = {**record, **values}
    may_be_missing = vars(shape)["__optional_keys__"]
    names = [name for name in shape.__annotations__ if name in given or name not in may_be_missing]
    return cast(Shape, {name: given.get(name) for name in names})


def if_any(shape: type[Shape], record: Record | None) -> Shape | None:
    """Return an object of this shape with the record's values, null where there is no record."""
    return None if record is None else render_record(shape, record)


def render_named(record: Record | None) -> NamedObject | None:
    """Return a classification, or a sector of an industry."""
    return if_any(NamedObject, record)


def payment_medium(record: Record | None) -> Described | None:
    """Return a payment medium's brand or type."""
    return if_any(Described, record)


def unit(record: Record | None) -> organisation.Unit | None:
    """Return a unit."""
    return if_any(organisation.Unit, record)


def business_unit(record: Record | None, directory: Directory) -> organisation.BusinessUnit | None:
    """Return a business unit; its parent is told by name."""
    if record is None:
        return None
    parent = directory.record("business_unit", record.get("parent_business_unit"))
    return render_record(
        organisation.BusinessUnit, record, parent_business_unit_name=parent["name"] if parent else None
    )


def tap(
    record: Record | None, of_unit: Record | None, directory: Directory
) -> organisation.TransactionAcquiringPoint | None:
    """Return a transaction acquiring point, with the names of what it belongs to."""
    if record is None:
        return None
    owner = directory.record("business_unit", record.get("business_unit"))
    return render_record(
        organisation.TransactionAcquiringPoint,
        record,
        business_unit_name=owner["name"] if owner else None,
        unit_name=of_unit["name"] if of_unit else None,
        group_name=of_unit.get("group_name") if of_unit else None,
    )


def currency(record: Record | None) -> organisation.Currency | None:
    """Return a currency."""
    return if_any(organisation.Currency, record)


def rate_period(record: Record | None, directory: Directory) -> organisation.CurrencyRatePeriod | None:
    """Return the rate that amounts were converted at, and the currency that it refers to."""
    if record is None:
        return None
    of = currency(directory.record("currency", record["currency"]))
    return render_record(organisation.CurrencyRatePeriod, record, currency=of)


def account(record: Record | None, owner: Record | None) -> customers.AccountsReceivable | None:
    """Return an account with its owner."""
    return None if record is None else render_record(customers.AccountsReceivable, record, account_owner=contact(owner))


def participant(
    record: Record | None, owned: customers.AccountsReceivable | None
) -> customers.RewardsParticipant | None:
    """Return the rewards participant that an account is enrolled as; `record` is the account, which is told as
    `owned`."""
    enrolled = record.get("participant") if record else None
    return render_record(customers.RewardsParticipant, enrolled, accounts_receivable=owned) if enrolled else None


def contact(record: Record | None) -> customers.ContactInformation | None:
    """Return a contact; its full name is first and last name, or the company's (contract, row 23)."""
    if record is None:
        return None
    names = [record[name] for name in ("first_name", "last_name") if record.get(name)]
    return render_record(
        customers.ContactInformation,
        record,
        type=record["contact_type"],
        name=" ".join(names) or record.get("company_name"),
        demographics=_demographics(record.get("demographics")),
        company_profile=_company_profile(record.get("company_profile")),
    )


def product(record: Record | None, directory: Directory) -> products.Product | None:
    """Return a product with its type; products have no name (contract, row 28)."""
    if record is None:
        return None
    kind = _product_type(directory.record("product_type", record.get("product_type")))
    return render_record(
        products.Product, record, global_rate=_global_rate(record.get("global_rate")), product_type=kind
    )


def access_token(record: Record | None, directory: Directory) -> customers.AccessToken | None:
    """Return an access token with its classification; its pass code is told to nobody."""
    if record is None:
        return None
    kind = render_named(directory.record("classification", record.get("classification")))
    return render_record(customers.AccessToken, record, classification=kind)


def voucher_type(record: Record) -> VoucherTypeAnswer:
    """Return a kind of voucher."""
    return render_record(VoucherTypeAnswer, record)


def invoice(record: Record | None, directory: Directory) -> customers.Invoice | None:
    """Return an invoice, with the rate that its amounts were converted at."""
    if record is None:
        return None
    rate = rate_period(directory.record("currency_rate", record.get("currency_rate")), directory)
    return render_record(customers.Invoice, record, currency_rate_period=rate)


class Written(NamedTuple):
    """When an event was created or updated, the record of the partner who did so, and the unit that it called as."""

    date: str
    partner: Record | None
    unit_id: str | None


def log_information(*, created: Written, updated: Written, directory: Directory) -> organisation.LogInformation:
    """When an event was created and last updated, each with the unit and the user who did so."""
    told: dict[str, Any] = {}
    for verb, written in (("created", created), ("updated", updated)):
        by_unit = directory.record("unit", written.unit_id)
        owner = directory.record("business_unit", by_unit.get("business_unit")) if by_unit else None
        told |= {
            f"{verb}_date": written.date,
            f"{verb}_by_unit": unit(by_unit),
            f"{verb}_by_business_unit": business_unit(owner, directory),
            f"{verb}_by_user": if_any(organisation.User, written.partner.get("user") if written.partner else None),
        }
    return render_record(organisation.LogInformation, told)


def _demographics(record: Record | None) -> customers.Demographics | None:
    if record is None:
        return None
    countries = ("country_of_residence", "id_issued_by_country", "passport_issued_by_country")
    return render_record(
        customers.Demographics,
        record,
        date_of_birth=if_any(customers.DateOfBirth, record.get("date_of_birth")),
        name_day=if_any(customers.NameDay, record.get("name_day")),
        industry=if_any(customers.Industry, record.get("industry")),
        industry_sector=render_named(record.get("industry_sector")),
        **{name: _country(record.get(name)) for name in countries},
    )


def _company_profile(record: Record | None) -> customers.CompanyProfile | None:
    if record is None:
        return None
    return render_record(
        customers.CompanyProfile,
        record,
        registered_in_country=_country(record.get("registered_in_country")),
        industry=if_any(customers.Industry, record.get("industry")),
        industry_sector=render_named(record.get("industry_sector")),
    )


def _country(record: Record | None) -> customers.Country | None:
    return (
        None
        if record is None
        else render_record(customers.Country, record, country_flag=_flag(record.get("country_flag")))
    )


def _flag(record: Record | None) -> customers.CountryFlag | None:
    return (
        None
        if record is None
        else render_record(customers.CountryFlag, record, file=if_any(customers.File, record.get("file")))
    )


def _product_type(record: Record | None) -> products.ProductType | None:
    if record is None:
        return None
    return render_record(
        products.ProductType,
        record,
        udr_type=_usage_type(products.UsageDetailRecordType, record.get("udr_type")),
        meter_reading_type=_usage_type(products.MeterReadingType, record.get("meter_reading_type")),
    )


def _usage_type(shape: type[Shape], record: Record | None) -> Shape | None:
    if record is None:
        return None
    return render_record(
        shape, record, unit_of_measurement=if_any(products.UnitOfMeasurement, record.get("unit_of_measurement"))
    )


def _global_rate(record: Record | None) -> products.GlobalRate | None:
    if record is None:
        return None
    return render_record(products.GlobalRate, record, time_period=if_any(products.Period, record.get("time_period")))
