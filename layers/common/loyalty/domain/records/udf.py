"""The free fields that an organisation gives a meaning of its own (contract, `udf_block`)."""

from pydantic import BaseModel

from loyalty.domain.fields import DateTime, Number, Text


class UserDefinedFields(BaseModel):
    """Those that access tokens have; purchases have eight more strings."""

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
