"""Promo codes: what a customer brings to a purchase, and the campaign that it opens."""

from dataclasses import dataclass

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
