"""One-time passwords in bodies, in both APIs."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from loyalty.domain.access.pass_codes import LEFT_OUT

_ONE_TIME_PASSWORD = re.compile(r"[1-9][0-9]{11}")


def _one_time_password(value: object) -> str:
    if value != LEFT_OUT and (type(value) not in (int, str) or not _ONE_TIME_PASSWORD.fullmatch(str(value))):
        raise PydanticCustomError("one_time_password", "must be a number of 12 digits")
    return str(value)


OneTimePassword = Annotated[
    str,
    BeforeValidator(_one_time_password),
    WithJsonSchema(
        {"type": ["integer", "string"], "minimum": 10**11, "maximum": 10**12 - 1, "pattern": "^[1-9]\\d{11}$"}
    ),
]
"""Twelve digits, the first of which is not 0, as a JSON integer or as text; or what stands for one left out."""
