"""Reference data and programmes as they are imported: one model per record type, one record a line of JSON.

Field names are the contract's. A reference (`Ref`) names another record by its id or by any code of it that is unique.
The import keeps ids, so whatever reads a stored record finds ids only.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)

from loyalty.domain.awards import AwardCurrency, Base, Method, Rounding
from loyalty.domain.conditions import Weekday
from loyalty.domain.fields import Code, DateTime, Identifier, Number, PerformedOn, Text
from loyalty.domain.offers import Stacking
from loyalty.domain.period import time_zone
from loyalty.domain.spend_settings import ReductionMethod

State = Literal["EFFECTIVE", "NOT_EFFECTIVE"]

NotNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, `HH:MM` from `00:00` to `23:59`."""


def _time_zone(name: str) -> str:
    time_zone(name)
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""The name of a time zone, as the IANA database has it: `Europe/Athens`."""


class Ref:
    """Marks a field as a reference to records of a type, and names the type."""

    def __init__(self, target: str) -> None:
        self.target = target


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)


class Record(_Part):
    """What every record has.

    `unique` lists the fields that no other record of the type may share a value of; `naming` those that name a record
    as long as no other has the same value, such as people's names.
    """

    unique: ClassVar[tuple[str, ...]] = ()
    naming: ClassVar[tuple[str, ...]] = ()
    type: str
    id: Identifier


class Currency(Record):
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


class CurrencyRate(Record):
    """`rate` units of the currency for one unit of the system currency, from `from_date` until before `to_date`."""

    type: Literal["currency_rate"]
    currency: Annotated[Code, Ref("currency")]
    rate: Positive
    inverse_rate: Positive | None = None
    from_date: DateTime | None = None
    to_date: DateTime | None = None


class BusinessUnit(Record):
    """A merchant, or with `parent_business_unit` an outlet of one.

    Where it names none, the currency is the system's, the time zone that of the unit above it, else UTC.
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
    life_cycle_state: State = "EFFECTIVE"


class Unit(Record):
    """A business unit under its older name."""

    unique = ("name", "alternative_code")
    type: Literal["unit"]
    name: Text
    alternative_code: Code | None = None
    group_name: Text | None = None
    community_name: Text | None = None
    description: Text | None = None
    business_unit: Annotated[Code, Ref("business_unit")] | None = None


class Tap(Record):
    """A till of a business unit (transaction acquiring point)."""

    unique = ("code",)
    type: Literal["tap"]
    name: Text
    code: Code | None = None
    description: Text | None = None
    business_unit: Annotated[Code, Ref("business_unit")]


class PaymentMediumBrand(Record):
    """A brand of payment medium."""

    unique = ("name", "alternative_code")
    type: Literal["payment_medium_brand"]
    name: Text
    alternative_code: Code | None = None
    description: Text | None = None


class PaymentMediumType(Record):
    """A type of payment medium."""

    unique = ("name", "alternative_code")
    type: Literal["payment_medium_type"]
    name: Text
    alternative_code: Code | None = None
    description: Text | None = None


class Classification(Record):
    """A classification of events, accounts or access tokens. A token's names the default brand and type of cards."""

    unique = ("name", "code", "alternative_code")
    type: Literal["classification"]
    applies_to: Literal["CUSTOMER_EVENT", "ACCOUNT", "ACCESS_TOKEN"] = "CUSTOMER_EVENT"
    name: Text
    code: Code | None = None
    alternative_code: Code | None = None
    payment_medium_brand: Annotated[Code, Ref("payment_medium_brand")] | None = None
    payment_medium_type: Annotated[Code, Ref("payment_medium_type")] | None = None


class UnitOfMeasurement(_Part):
    """What usage is measured in."""

    id: Identifier
    name: Text | None = None
    description: Text | None = None
    alternative_code: Code | None = None


class UsageType(_Part):
    """A usage detail record type, or a meter reading type."""

    id: Identifier
    name: Text | None = None
    alternative_code: Code | None = None
    classification: Text | None = None
    description: Text | None = None
    unit_of_measurement: UnitOfMeasurement | None = None


class ProductType(Record):
    """A kind of product; conditions of offers may name it."""

    unique = ("name", "alternative_code")
    type: Literal["product_type"]
    name: Text
    alternative_code: Code | None = None
    description: Text | None = None
    classification: Literal["SERVICES", "PHYSICALGOODS"] | None = None
    service_type: Literal["TERMED", "USAGE", "ONETIME", "EXPENSE"] | None = None
    physical_good_type: Literal["TRACEABLE", "NONTRACEABLE"] | None = None
    composition_method: Literal["FLAT", "FLEXIBLEBUNDLE", "FIXEDBUNDLE"] | None = None
    used_for_provisioning: StrictBool | None = None
    udr_type: UsageType | None = None
    meter_reading_type: UsageType | None = None


class TimePeriod(_Part):
    """A length of time."""

    time_period_value: Number
    time_period_uot: Literal["MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]


class GlobalRate(_Part):
    """A product's price in the global price plan."""

    id: Identifier
    rate_model: Text | None = None
    global_base_amount: Number | None = None
    base_rate_applied_per: Text | None = None
    uot: Text | None = None
    time_period: TimePeriod | None = None
    uom: Text | None = None


class Product(Record):
    """What is bought. `code` is what the newest API calls `product_sku`."""

    unique = ("code", "alternative_code")
    type: Literal["product"]
    code: Code
    alternative_code: Code | None = None
    description: Text | None = None
    priority_level: StrictInt | None = None
    global_rate: GlobalRate | None = None
    product_type: Annotated[Code, Ref("product_type")] | None = None


class Country(_Part):
    """A country."""

    id: Identifier
    name: Text | None = None
    alternative_code: Code | None = None
    dialing_code: Text | None = None
    two_character_code: Text | None = None
    three_character_code: Text | None = None
    country_flag: dict[str, Any] | None = None


class Industry(_Part):
    """An industry, or a sector of one."""

    id: Identifier
    name: Text | None = None
    code: Code | None = None
    alternative_code: Code | None = None


class Day(_Part):
    """A day of the year, of a given year where it has one."""

    day: Annotated[StrictInt, Field(ge=1, le=31)] | None = None
    month: Annotated[StrictInt, Field(ge=1, le=12)] | None = None
    year: Annotated[StrictInt, Field(ge=1, le=9999)] | None = None


class Demographics(_Part):
    """Who a person is."""

    gender: Literal["MALE", "FEMALE"] | None = None
    id_number: Text | None = None
    id_number_expiration_date: DateTime | None = None
    passport_number: Text | None = None
    passport_number_expiration_date: DateTime | None = None
    social_security_number: Text | None = None
    date_of_birth: Day | None = None
    name_day: Day | None = None
    country_of_residence: Country | None = None
    id_issued_by_country: Country | None = None
    passport_issued_by_country: Country | None = None
    industry: Industry | None = None
    industry_sector: Industry | None = None


class CompanyProfile(_Part):
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
    registered_in_country: Country | None = None
    industry: Industry | None = None
    industry_sector: Industry | None = None


class Contact(Record):
    """A customer: a person or a company. The contact's own `type` is `contact_type` here."""

    type: Literal["contact"]
    contact_type: Literal["PERSON", "COMPANY"] = "PERSON"
    life_cycle_state: Literal["MARKETING", "FINANCIAL"] = "FINANCIAL"
    first_name: Text | None = None
    middle_name: Text | None = None
    last_name: Text | None = None
    title: Text | None = None
    company_name: Text | None = None
    demographics: Demographics | None = None
    company_profile: CompanyProfile | None = None


class Participant(_Part):
    """An account's enrolment in the rewards programme."""

    id: Identifier
    number: Code | None = None
    life_cycle_state: Literal["EFFECTIVE", "TERMINATED"] = "EFFECTIVE"


class AutomaticSpend(_Part):
    """When a wallet pays by itself, and how much, in the system currency; at any merchant where none is named.

    `minimum_wallet_balance` is what the wallet has to hold for it, not what it has to keep.
    """

    enabled: StrictBool = False
    minimum_wallet_balance: NotNegative | None = None
    minimum_amount: NotNegative | None = None
    maximum_amount: NotNegative | None = None
    merchants: list[Annotated[Code, Ref("business_unit")]] = []


class Account(Record):
    """An account (accounts receivable) and so a wallet. A contact's purchases go to its `primary` account."""

    unique = ("number", "participant.id", "participant.number")
    naming = ("name",)
    type: Literal["account"]
    number: Code
    name: Code | None = None
    contact: Annotated[Code, Ref("contact")] | None = None
    primary: StrictBool = True
    life_cycle_state: Literal["ACTIVE", "SUSPENDED", "TERMINATED"] = "ACTIVE"
    currency: Annotated[Code, Ref("currency")] | None = None
    classification: Annotated[Code, Ref("classification")] | None = None
    participant: Participant | None = None
    automatic_spend: AutomaticSpend | None = None


class AccessToken(Record):
    """What a customer shows: a card, a phone, a code (CIM). A `pass_code` is kept as a hash only."""

    unique = ("authentication_code", "identifier")
    type: Literal["access_token"]
    account: Annotated[Code, Ref("account")]
    number: Code | None = None
    authentication_code: Code | None = None
    identifier: Code | None = None
    pass_code: Text | None = None
    life_cycle_state: State = "EFFECTIVE"
    card_masked_number: Text | None = None
    classification: Annotated[Code, Ref("classification")] | None = None
    udf_string_1: Text | None = None
    udf_string_2: Text | None = None
    udf_string_3: Text | None = None
    udf_string_4: Text | None = None
    udf_string_5: Text | None = None
    udf_string_6: Text | None = None
    udf_string_7: Text | None = None
    udf_string_8: Text | None = None
    udf_float_1: Number | None = None
    udf_float_2: Number | None = None
    udf_float_3: Number | None = None
    udf_float_4: Number | None = None
    udf_date_1: DateTime | None = None
    udf_date_2: DateTime | None = None
    udf_date_3: DateTime | None = None
    udf_date_4: DateTime | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.authentication_code is None and self.identifier is None:
            raise ValueError("needs an authentication_code or an identifier")
        return self


class Invoice(Record):
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


class RewardScheme(Record):
    """What offers belong to, and the merchants that take part; all of them where none is named."""

    unique = ("name",)
    type: Literal["reward_scheme"]
    name: Text
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    merchants: list[Annotated[Code, Ref("business_unit")]] = []


class Conditions(_Part):
    """When an offer applies. All that are set must hold; an empty one holds, even one that is not known here."""

    business_units: list[Annotated[Code, Ref("business_unit")]] = []
    taps: list[Annotated[Code, Ref("tap")]] = []
    products: list[Annotated[Code, Ref("product")]] = []
    product_types: list[Annotated[Code, Ref("product_type")]] = []
    classifications: list[Annotated[Code, Ref("classification")]] = []
    payment_medium_brands: list[Annotated[Code, Ref("payment_medium_brand")]] = []
    payment_medium_types: list[Annotated[Code, Ref("payment_medium_type")]] = []
    weekdays: list[Weekday] = []
    time_from: TimeOfDay | None = None
    time_to: TimeOfDay | None = None
    minimum_total_amount: NotNegative | None = None
    minimum_quantity: NotNegative | None = None
    account_classifications: list[Annotated[Code, Ref("classification")]] = []

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, conditions: object) -> object:
        if not isinstance(conditions, dict):
            return conditions
        return {name: setting for name, setting in conditions.items() if setting not in (None, [], "")}

    @model_validator(mode="after")
    def _window_is_one(self) -> Self:
        if self.time_from is not None and self.time_from == self.time_to:
            raise ValueError("time_from and time_to are the same; leave both out for the whole day")
        return self


class Tier(_Part):
    """From this base on, this award."""

    from_: Annotated[NotNegative, Field(alias="from")]
    value: NotNegative


class Award(_Part):
    """What an offer gives.

    `value`, the values of tiers and `maximum_per_event` are in `currency`, but for a percentage; `step` and the bases
    at which tiers start are in the system currency. TIERED has `tiers` in place of `value`; PER_STEP needs `step` too.
    """

    method: Method
    value: NotNegative | None = None
    step: Positive | None = None
    tiers: Annotated[list[Tier], Field(min_length=1)] | None = None
    base: Base = Base.NET
    currency: AwardCurrency = AwardCurrency.SYSTEM
    maximum_per_event: NotNegative | None = None
    rounding: Rounding = Rounding.HALF_UP
    spend: Literal["NONE", "INSTANT"] = "NONE"

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> Self:
        needed = {Method.TIERED: {"tiers"}, Method.PER_STEP: {"value", "step"}}.get(self.method, {"value"})
        given = {name for name in ("value", "step", "tiers") if getattr(self, name) is not None}
        if given != needed:
            raise ValueError(f"of value, step and tiers, {self.method} takes {' and '.join(sorted(needed))}")
        starts = [tier.from_ for tier in self.tiers or ()]
        if len(starts) != len(set(starts)):
            raise ValueError("two tiers start at the same base")
        return self


class RewardOffer(Record):
    """An offer: under these conditions, this award. In force from `effective_from` until before `effective_to`.

    The lines of an EXCLUSIVE offer that applies earn under no other; of several, the one of the highest priority has
    them.
    """

    unique = ("name",)
    type: Literal["reward_offer"]
    name: Text
    scheme: Annotated[Code, Ref("reward_scheme")]
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    priority: StrictInt = 0
    stacking: Stacking = Stacking.COMBINE
    conditions: Conditions = Conditions()
    award: Award


class SpendSettings(Record):
    """Whether wallets may pay at a business unit, and how much at a time; everywhere where none is named."""

    unique = ("business_unit",)
    type: Literal["spend_settings"]
    business_unit: Annotated[Code, Ref("business_unit")] | None = None
    allow_spending: StrictBool = True
    minimum_spend_amount_per_transaction: NotNegative | None = None
    maximum_spend_amount_per_transaction: NotNegative | None = None
    reduction_method: ReductionMethod = ReductionMethod.FRONT_END


class PromotionCampaign(Record):
    """What promo codes belong to."""

    unique = ("name",)
    type: Literal["promotion_campaign"]
    name: Text
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None


class PromoCode(Record):
    """A code that a customer brings to a purchase."""

    unique = ("code",)
    type: Literal["promo_code"]
    code: Code
    promotion_campaign: Annotated[Code, Ref("promotion_campaign")]
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    maximum_uses: Annotated[StrictInt, Field(ge=1)] | None = None
    maximum_uses_per_account: Annotated[StrictInt, Field(ge=1)] | None = None


class VoucherType(Record):
    """A kind of voucher; FIXED ones carry their value here."""

    unique = ("name", "alternative_code")
    type: Literal["voucher_type"]
    name: Text
    alternative_code: Code | None = None
    value_options: Literal["FIXED", "VARIABLE"]
    value: Number | None = None
    classification: Text | None = None
    description: Text | None = None


class OpeningBalance(Record):
    """A balance brought over from elsewhere, in the wallet's currency; posted once as an ADJUSTMENT event."""

    type: Literal["opening_balance"]
    account: Annotated[Code, Ref("account")]
    amount: Positive
    performed_on: PerformedOn


class User(_Part):
    """Who stands behind a partner's calls in `log_information`."""

    id: Identifier
    username: Text
    person_name: Text | None = None
    email: Text | None = None


class Partner(Record):
    """An API client. Its keys say which merchants it may act for."""

    type: Literal["partner"]
    name: Text
    unit: Annotated[Code, Ref("unit")] | None = None
    user: User | None = None


RECORD_TYPES: Mapping[str, type[Record]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in Record.__subclasses__()
}
"""Record type by the name that a record's `type` has."""


def references(model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where a record type's references stand, and to which type each leads; `*` stands for every place in a list.

    For an offer, among others: (("conditions", "products", "*"), "product").
    """
    for name, field in model.model_fields.items():
        yield from _references_in(Annotated[field.annotation, *field.metadata, None], (name,))


def _references_in(annotation: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Looks into `Annotated[...]`, `... | None`, `list[...]` and nested models."""
    yield from ((path, mark.target) for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Ref))
    for inner in get_args(annotation):
        yield from _references_in(inner, (*path, "*") if get_origin(annotation) is list else path)
    if isinstance(annotation, type) and issubclass(annotation, _Part):
        yield from ((path + rest, target) for rest, target in references(annotation))
