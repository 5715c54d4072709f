"""Types of single fields, as both APIs and the import read them."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from msgspec import Struct
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from loyalty.domain import dates, patterns
from loyalty.domain.invisible import invisible_end
from loyalty.domain.money import MAX_DECIMALS, MAX_INTEGER_DIGITS, is_noise, plain, rounded

MAX_CODE = 255
MAX_TEXT = 2000

LARGEST = 10**MAX_INTEGER_DIGITS - 1
"""The largest whole number, on its own or before the point of an amount."""

_DATE_TIME_SCHEMA = {"type": "string", "pattern": dates.PATTERN, "examples": ["2026-01-31T00:00:00"]}


def json_number(value: object) -> Decimal:
    """Return a number as JSON has it, with at most 12 digits before and 4 after the point; neither trailing zeros
    count, nor the noise that a sum of binary fractions leaves behind (`money.is_noise`).

    Raises:
        PydanticCustomError: it is not such a number.
    """
    if type(value) not in (int, Decimal):  # a bool is an int to isinstance
        raise PydanticCustomError("number", "must be a JSON number")
    return _amount(value)


@lru_cache(maxsize=10_000)  # prices recur: the Complete Journey, a year of a grocer's lines, has 5,003 different ones
def _amount(value: int | Decimal) -> Decimal:
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= MAX_INTEGER_DIGITS:
        raise PydanticCustomError("number", f"must have at most {MAX_INTEGER_DIGITS} digits before the point")
    meant = rounded(number, MAX_DECIMALS)
    if number != meant and not is_noise(number, meant):
        raise PydanticCustomError("number", f"must have at most {MAX_DECIMALS} decimals")
    return plain(meant)


def _positive(value: object) -> Decimal:
    amount = json_number(value)
    if amount <= 0:
        raise PydanticCustomError("number", "must be above zero")
    return amount


def _not_negative(value: object) -> Decimal:
    amount = json_number(value)
    if amount < 0:
        raise PydanticCustomError("number", "must not be negative")
    return amount


def _place_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("date", dates.NO_DATE)
    try:
        return dates.read_date(value)
    except ValueError as error:
        raise PydanticCustomError("date", str(error)) from error


def _date_time(value: object) -> str:
    return _digits(_place_time(value))


def _digits(told: datetime) -> str:
    return told.replace(tzinfo=None).isoformat()


EARLIEST_YEAR, LATEST_YEAR = 1970, 2199
"""Years in which something may have been performed: any day has neighbours then, in any time zone."""


Told = TypeVar("Told", str, datetime)


def _performed_on(told: Told) -> Told:
    year = int(told[:4]) if isinstance(told, str) else told.year
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise PydanticCustomError("date", f"must lie between the years {EARLIEST_YEAR} and {LATEST_YEAR}")
    return told


def _visible_ends(text: str) -> str:
    if found := invisible_end(text):
        raise PydanticCustomError("invisible", f"begins or ends with {found}, which is invisible: remove it")
    return text


Identifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=patterns.MAX_IDENTIFIER, pattern=patterns.IDENTIFIER),
    AfterValidator(_visible_ends),
]
"""An id: opaque, without white space or `#` (which separates the parts of our keys)."""

PartnerId = Annotated[
    str, StringConstraints(min_length=1, max_length=patterns.MAX_IDENTIFIER, pattern=patterns.PARTNER_ID)
]
"""A partner's id: it names the folder of the partner's files, so it has no `/`, and is neither `.` nor `..`."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CODE), AfterValidator(_visible_ends)]
"""A code, number or other short text that names something. What cannot be seen at its ends is refused, not taken off:
what was posted under such a code has to stay what it is."""

_CODE: TypeAdapter[str] = TypeAdapter(Code)


def code_in(value: object) -> str | None:
    """Return the code or number that a raw value is, if it is one."""
    try:
        return _CODE.validate_python(value)
    except ValidationError:
        return None


Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
"""Free text."""


class ReadBy(Struct, frozen=True):
    """How a type of amounts is read: by one call, which raises `PydanticCustomError`. pydantic's own checks of a
    decimal would be two more, and find nothing new."""

    check: Callable[[object], Decimal]

    def __get_pydantic_core_schema__(self, *_: Any) -> CoreSchema:
        """Return how pydantic reads the type."""
        return no_info_plain_validator_function(self.check)


Number = Annotated[Decimal, ReadBy(json_number), WithJsonSchema({"type": "number"})]
"""A JSON number with at most 4 decimals and 12 integer digits; never a string, never a float on the way."""

Positive = Annotated[
    Decimal,
    ReadBy(_positive),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": LARGEST}),
]
NotNegative = Annotated[
    Decimal, ReadBy(_not_negative), WithJsonSchema({"type": "number", "minimum": 0, "maximum": LARGEST})
]

WholeNumber = Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)]
Count = Annotated[StrictInt, Field(ge=1, le=LARGEST)]

DateTime = Annotated[str, BeforeValidator(_date_time), WithJsonSchema(_DATE_TIME_SCHEMA)]
"""A date in any of the forms that are taken (`dates.FORMS`), kept as text in one: `YYYY-MM-DDThh:mm:ss`, UTC."""

PlaceTime = Annotated[
    datetime,
    BeforeValidator(_place_time),
    PlainSerializer(_digits, when_used="json"),
    WithJsonSchema(_DATE_TIME_SCHEMA),
]
"""A date in any of the forms that are taken: a moment in UTC or, without an offset, without a zone, by the clock of
the place where something is performed. As JSON, which fingerprints are made from, it is `YYYY-MM-DDThh:mm:ss` either
way, as it was before places had clocks."""

PerformedOn = Annotated[PlaceTime, AfterValidator(_performed_on)]
"""When a purchase was performed."""

RecordedOn = Annotated[DateTime, AfterValidator(_performed_on)]
"""When something was performed that a record tells of."""
