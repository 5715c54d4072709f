"""Fields that several shapes share."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

Date = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")]
"""A date of the classic form (row 17), by the clock of the place."""


def _any_of_them(schema: dict[str, Any]) -> None:
    schema.pop("required", None)


selected = with_config(ConfigDict(json_schema_extra=_any_of_them))
"""Decorates a shape of which `fields_set` may select some fields, so that an answer need not have all of them (Q5)."""


class NamedObject(TypedDict):
    """A classification, or a sector of an industry."""

    id: str
    name: str | None
    alternative_code: str | None


class Described(NamedObject):
    """A payment medium's brand or type."""

    description: str | None


class UserDefined(TypedDict):
    """The free fields of an access token (contract, `udf_block`)."""

    udf_string_1: str | None
    udf_string_2: str | None
    udf_string_3: str | None
    udf_string_4: str | None
    udf_string_5: str | None
    udf_string_6: str | None
    udf_string_7: str | None
    udf_string_8: str | None
    udf_float_1: Decimal | None
    udf_float_2: Decimal | None
    udf_float_3: Decimal | None
    udf_float_4: Decimal | None
    udf_date_1: Date | None
    udf_date_2: Date | None
    udf_date_3: Date | None
    udf_date_4: Date | None


class PurchaseUserDefined(UserDefined):
    """The free fields of a purchase."""

    udf_string_9: str | None
    udf_string_10: str | None
    udf_string_11: str | None
    udf_string_12: str | None
    udf_string_13: str | None
    udf_string_14: str | None
    udf_string_15: str | None
    udf_string_16: str | None
