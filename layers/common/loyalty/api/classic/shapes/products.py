"""What is bought."""

from decimal import Decimal
from typing import Literal

from typing_extensions import TypedDict

from loyalty.api.classic.shapes.base import Described


class UnitOfMeasurement(TypedDict):
    """What usage is measured in."""

    id: str
    name: str | None
    description: str | None
    alternative_code: str | None


class UsageDetailRecordType(Described):
    """How usage is recorded."""

    unit_of_measurement: UnitOfMeasurement | None


class MeterReadingType(UsageDetailRecordType):
    """How a meter is read."""

    classification: str | None


class ProductType(TypedDict):
    """A kind of product."""

    id: str
    name: str
    alternative_code: str | None
    description: str | None
    classification: Literal["SERVICES", "PHYSICALGOODS"] | None
    service_type: Literal["TERMED", "USAGE", "ONETIME", "EXPENSE"] | None
    physical_good_type: Literal["TRACEABLE", "NONTRACEABLE"] | None
    composition_method: Literal["FLAT", "FLEXIBLEBUNDLE", "FIXEDBUNDLE"] | None
    used_for_provisioning: bool | None
    udr_type: UsageDetailRecordType | None
    meter_reading_type: MeterReadingType | None


class Period(TypedDict):
    """A length of time."""

    time_period_value: Decimal
    time_period_uot: Literal["MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]


class GlobalRate(TypedDict):
    """A product's price in the global price plan."""

    id: str
    rate_model: str | None
    global_base_amount: Decimal | None
    base_rate_applied_per: str | None
    uot: str | None
    time_period: Period | None
    uom: str | None


class Product(TypedDict):
    """A product; it has no name (row 28)."""

    id: str
    code: str
    alternative_code: str | None
    description: str | None
    priority_level: int | None
    global_rate: GlobalRate | None
    product_type: ProductType | None
