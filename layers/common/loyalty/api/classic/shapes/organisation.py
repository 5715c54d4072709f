"""Units, currencies, rates, and who writes records."""

from decimal import Decimal
from typing import Literal

from typing_extensions import TypedDict

from loyalty.api.classic.shapes.base import Date


class Unit(TypedDict):
    """A unit."""

    id: str
    name: str
    group_name: str | None
    community_name: str | None
    alternative_code: str | None
    description: str | None


class BusinessUnit(TypedDict):
    """A business unit."""

    id: str
    name: str
    code: str | None
    unified_code: str | None
    description: str | None
    parent_business_unit_name: str | None


class TransactionAcquiringPoint(TypedDict):
    """A till."""

    id: str
    name: str
    code: str | None
    description: str | None
    business_unit_name: str | None
    unit_name: str | None
    group_name: str | None


class User(TypedDict):
    """The user behind a partner's calls."""

    id: str
    username: str
    person_name: str | None
    email: str | None


class LogInformation(TypedDict):
    """The author of a record, and the time."""

    created_date: Date
    updated_date: Date
    created_by_unit: Unit | None
    created_by_business_unit: BusinessUnit | None
    created_by_user: User | None
    updated_by_unit: Unit | None
    updated_by_business_unit: BusinessUnit | None
    updated_by_user: User | None


class Currency(TypedDict):
    """A currency."""

    id: str
    code: str
    prefix_symbol: str | None
    suffix_symbol: str | None
    life_cycle_state: Literal["EFFECTIVE", "NOT_EFFECTIVE"]
    integer_part_name: str | None
    decimal_part_name: str | None


class CurrencyRatePeriod(TypedDict):
    """A rate, and the days on which it holds."""

    id: str
    rate: Decimal
    inverse_rate: Decimal | None
    from_date: Date | None
    to_date: Date | None
    currency: Currency | None
