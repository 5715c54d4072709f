"""Promo codes, which a customer brings to a purchase and which open a campaign."""

from collections.abc import Mapping
from typing import Any, Self

from msgspec import Struct

from loyalty.domain.errors import Code, Problem

PROMO_CODE = "/promo_code"
"""Where a purchase of either API has it."""


class PromoCode(Struct, frozen=True):
    """A promo code that is in force.

    Attributes:
        id: its id.
        code: the code that customers enter.
        campaign_id: the campaign that conditions of offers name.
        maximum_uses: the most uses by all accounts; None without a limit.
        maximum_uses_per_account: the most uses by one account; None without a limit.
        pointer: where the request names it.
    """

    id: str
    code: str
    campaign_id: str
    maximum_uses: int | None = None
    maximum_uses_per_account: int | None = None
    pointer: str = PROMO_CODE

    @classmethod
    def of(cls, record: Mapping[str, Any], pointer: str = PROMO_CODE) -> Self:
        """Return the code of a `promo_code` record."""
        return cls(
            id=record["id"],
            code=record["code"],
            campaign_id=record["promotion_campaign"],
            maximum_uses=record.get("maximum_uses"),
            maximum_uses_per_account=record.get("maximum_uses_per_account"),
            pointer=pointer,
        )

    @property
    def used_up(self) -> Problem:
        """The problem of a code that is used up."""
        return Problem(Code.INVALID, f"The promo code {self.code} is used up.", self.pointer)

    @property
    def subject(self) -> str:
        """The subject of an account's uses: never an offer's id, as no id has a `#`."""
        return f"promo_code#{self.id}"
