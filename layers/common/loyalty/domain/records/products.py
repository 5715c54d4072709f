"""Records of what is bought."""

from typing import Annotated, Literal

from pydantic import StrictBool

from loyalty.domain.fields import Code, Identifier, Number, Text, WholeNumber
from loyalty.domain.records.base import BaseRecord, RecordPart, Ref


class UnitOfMeasurementRecord(RecordPart):
    """What usage is measured in."""

    id: Identifier
    name: Text | None = None
    description: Text | None = None
    alternative_code: Code | None = None


class UsageTypeRecord(RecordPart):
    """A usage detail record type, or a meter reading type."""

    id: Identifier
    name: Text | None = None
    alternative_code: Code | None = None
    classification: Text | None = None
    description: Text | None = None
    unit_of_measurement: UnitOfMeasurementRecord | None = None


class ProductTypeRecord(BaseRecord):
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
    udr_type: UsageTypeRecord | None = None
    meter_reading_type: UsageTypeRecord | None = None


class TimePeriodRecord(RecordPart):
    """A length of time."""

    time_period_value: Number
    time_period_uot: Literal["MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]


class GlobalRateRecord(RecordPart):
    """A product's price in the global price plan."""

    id: Identifier
    rate_model: Text | None = None
    global_base_amount: Number | None = None
    base_rate_applied_per: Text | None = None
    uot: Text | None = None
    time_period: TimePeriodRecord | None = None
    uom: Text | None = None


class ProductRecord(BaseRecord):
    """What is bought. `code` is what the newest API calls `product_sku`."""

    unique = ("code", "alternative_code")
    type: Literal["product"]
    code: Code
    alternative_code: Code | None = None
    description: Text | None = None
    priority_level: WholeNumber | None = None
    global_rate: GlobalRateRecord | None = None
    product_type: Annotated[Code, Ref("product_type")] | None = None
