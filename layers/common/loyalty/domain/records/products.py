"""Records of what is bought."""

from typing import Annotated, Literal

from pydantic import StrictBool, StrictInt

from loyalty.domain.fields import Code, Identifier, Number, Text
from loyalty.domain.records.base import Part, Record, Ref


class UnitOfMeasurement(Part):
    """What usage is measured in."""

    id: Identifier
    name: Text | None = None
    description: Text | None = None
    alternative_code: Code | None = None


class UsageType(Part):
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


class TimePeriod(Part):
    """A length of time."""

    time_period_value: Number
    time_period_uot: Literal["MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]


class GlobalRate(Part):
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
