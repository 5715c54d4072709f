"""Promo codes, which a customer brings to a purchase and which open a campaign; and what becomes of vouchers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

PROMO_CODE = "/promo_code"
"""Where both APIs have it."""


@dataclass(frozen=True, slots=True)
class PromoCode:
    """A promo code that is in force. `campaign_id` is what conditions of offers name; None means no limit of uses."""

    id: str
    code: str
    campaign_id: str
    maximum_uses: int | None = None
    maximum_uses_per_account: int | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The code of a `promo_code` record."""
        return cls(
            id=record["id"],
            code=record["code"],
            campaign_id=record["promotion_campaign"],
            maximum_uses=record.get("maximum_uses"),
            maximum_uses_per_account=record.get("maximum_uses_per_account"),
        )

    @property
    def subject(self) -> str:
        """What an account's uses are remembered under: never an offer's id, as no id has a `#`."""
        return f"promo_code#{self.id}"


class VoucherState(StrEnum):
    """State of a voucher that an offer gave; VOIDED where its purchase was taken back."""

    ISSUED = "ISSUED"
    VOIDED = "VOIDED"
