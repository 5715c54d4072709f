"""The settings of what wallets may pay."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.money import decimal_in


class ReductionMethod(StrEnum):
    """Who takes an instant or automatic spend off the price (contract, preview)."""

    FRONT_END = "FRONT_END_REDUCTION"
    BACK_END = "BACK_END_REDUCTION"


class SpendSettings(Struct, frozen=True):
    """Whether a wallet may pay, and how much each spend may take (system currency; None means no limit)."""

    allow_spending: bool = True
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    reduction_method: ReductionMethod = ReductionMethod.FRONT_END

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """Return the settings of a `spend_settings` record."""
        return cls(
            allow_spending=record["allow_spending"],
            minimum=decimal_in(record, "minimum_spend_amount_per_transaction"),
            maximum=decimal_in(record, "maximum_spend_amount_per_transaction"),
            reduction_method=ReductionMethod(record["reduction_method"]),
        )
