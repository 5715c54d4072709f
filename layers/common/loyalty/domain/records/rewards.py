"""Records of the reward programme: schemes, offers, spend settings, campaigns, vouchers."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, WithJsonSchema, model_validator

from loyalty.domain.fields import LARGEST, Code, Count, DateTime, NotNegative, Positive, Text, WholeNumber
from loyalty.domain.ledger.windows import LimitPeriod
from loyalty.domain.patterns import TIME_OF_DAY
from loyalty.domain.period import SPAN_PATTERN, Span
from loyalty.domain.programme.award_rules import AwardCurrency, Base, Method, Rounding
from loyalty.domain.programme.conditions import Weekday
from loyalty.domain.programme.offers import Stacking
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.records.base import BaseRecord, RecordPart, Ref, State

TimeOfDay = Annotated[str, Field(pattern=TIME_OF_DAY, examples=["07:00"])]
"""A time of day, `HH:MM` from `00:00` to `23:59`."""


class RewardSchemeRecord(BaseRecord):
    """A scheme that offers belong to, and the merchants that take part; all of them if none is named.

    `contribution_percentage` is the merchant's share of each award. It is told with the award and changes no amount.
    """

    unique = ("name",)
    type: Literal["reward_scheme"]
    name: Text
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    merchants: list[Annotated[Code, Ref("business_unit")]] = []
    contribution_percentage: Annotated[NotNegative, Field(le=100)] | None = None


class Conditions(RecordPart):
    """When an offer applies. All that are set must hold; an empty one holds, even one that is not known here."""

    business_units: list[Annotated[Code, Ref("business_unit")]] = []
    taps: list[Annotated[Code, Ref("tap")]] = []
    products: list[Annotated[Code, Ref("product")]] = []
    product_types: list[Annotated[Code, Ref("product_type")]] = []
    classifications: list[Annotated[Code, Ref("classification")]] = []
    payment_medium_brands: list[Annotated[Code, Ref("payment_medium_brand")]] = []
    payment_medium_types: list[Annotated[Code, Ref("payment_medium_type")]] = []
    weekdays: list[Weekday] = []
    time_from: TimeOfDay | None = None
    time_to: TimeOfDay | None = None
    minimum_total_amount: NotNegative | None = None
    minimum_quantity: NotNegative | None = None
    account_classifications: list[Annotated[Code, Ref("classification")]] = []
    promotion_campaign: Annotated[Code, Ref("promotion_campaign")] | None = None
    first_purchase: StrictBool | None = None
    every_nth_purchase: Annotated[StrictInt, Field(ge=2, le=LARGEST)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, conditions: object) -> object:
        if not isinstance(conditions, dict):
            return conditions
        return {name: setting for name, setting in conditions.items() if setting not in (None, [], "")}

    @model_validator(mode="after")
    def _window_is_one(self) -> Self:
        if self.time_from is not None and self.time_from == self.time_to:
            raise ValueError("time_from and time_to are the same; leave both out for the whole day")
        return self


class TierRecord(RecordPart):
    """From this base on, this award."""

    from_: Annotated[NotNegative, Field(alias="from")]
    value: NotNegative


def _span(text: str) -> str:
    Span.of(text)
    return text


ExpiresAfter = Annotated[
    str,
    AfterValidator(_span),
    WithJsonSchema({"type": "string", "pattern": SPAN_PATTERN, "examples": ["P90D", "P12M", "P1Y"]}),
]


class AwardRecord(RecordPart):
    """What an offer gives.

    `value`, the values of tiers and `maximum_per_event` are in `currency`, but for a percentage; `step` and the bases
    at which tiers start are in the system currency. TIERED has `tiers` in place of `value`; PER_STEP needs `step` too.
    With `maximum` BASE it is never more than the base of its lines, so that one that is spent at once leaves nothing in
    the wallet. `expires_after` is a number of days, months or years (`P90D`, `P12M`, `P1Y`), at most ten years.
    """

    method: Method
    value: NotNegative | None = None
    step: Positive | None = None
    tiers: Annotated[list[TierRecord], Field(min_length=1)] | None = None
    base: Base = Base.NET
    currency: AwardCurrency = AwardCurrency.SYSTEM
    maximum_per_event: NotNegative | None = None
    maximum: Literal["BASE"] | None = None
    rounding: Rounding = Rounding.HALF_UP
    spend: Literal["NONE", "INSTANT"] = "NONE"
    expires_after: ExpiresAfter | None = None

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> Self:
        needed = {Method.TIERED: {"tiers"}, Method.PER_STEP: {"value", "step"}}.get(self.method, {"value"})
        given = {name for name in ("value", "step", "tiers") if getattr(self, name) is not None}
        if given != needed:
            raise ValueError(f"{self.method} takes {' and '.join(sorted(needed))} of value, step and tiers")
        starts = [tier.from_ for tier in self.tiers or ()]
        if len(starts) != len(set(starts)):
            raise ValueError("two tiers start at the same base")
        return self


class OfferLimits(RecordPart):
    """The most that an offer gives: `per_account` awards and `per_account_amount` to one account, each within a
    calendar `period` (a day, week, month or year; for ever if it is missing); `budget` to all accounts together, for
    ever. Amounts are in the award's currency."""

    per_account: Count | None = None
    per_account_amount: Positive | None = None
    period: LimitPeriod | None = None
    budget: Positive | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.period and self.per_account is None and self.per_account_amount is None:
            raise ValueError("a period needs a per_account or a per_account_amount")
        return self


class RewardOfferRecord(BaseRecord):
    """An offer: under these conditions, this award. In force from `effective_from` until before `effective_to`.

    With a `voucher_type` that has a value of its own, it gives such a voucher and has no `award`; with one of VARIABLE
    value, `award` says what the voucher is worth.

    The lines of an EXCLUSIVE offer that applies earn under no other; of several, the one of the highest priority has
    them.
    """

    unique = ("name",)
    type: Literal["reward_offer"]
    name: Text
    scheme: Annotated[Code, Ref("reward_scheme")]
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    priority: WholeNumber = 0
    stacking: Stacking = Stacking.COMBINE
    conditions: Conditions = Conditions()
    award: AwardRecord | None = None
    voucher_type: Annotated[Code, Ref("voucher_type")] | None = None
    limits: OfferLimits | None = None

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        if self.award is None and self.voucher_type is None:
            raise ValueError("needs an award or a voucher_type")
        if self.award and self.voucher_type and (self.award.spend == "INSTANT" or self.award.expires_after):
            raise ValueError("a voucher cannot be spent instantly, and does not expire")
        return self


class SpendSettingsRecord(BaseRecord):
    """Whether wallets may pay at a business unit, and how much at a time; everywhere where none is named."""

    unique_within = {"business_unit": "type"}
    kept = ("allow_spending",)
    type: Literal["spend_settings"]
    business_unit: Annotated[Code, Ref("business_unit")] | None = None
    allow_spending: StrictBool = True
    minimum_spend_amount_per_transaction: NotNegative | None = None
    maximum_spend_amount_per_transaction: NotNegative | None = None
    reduction_method: ReductionMethod = ReductionMethod.FRONT_END


class PromotionCampaignRecord(BaseRecord):
    """A campaign that promo codes belong to."""

    unique = ("name",)
    type: Literal["promotion_campaign"]
    name: Text
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None


class PromoCodeRecord(BaseRecord):
    """A code that a customer brings to a purchase."""

    unique = ("code",)
    type: Literal["promo_code"]
    code: Code
    promotion_campaign: Annotated[Code, Ref("promotion_campaign")]
    life_cycle_state: State = "EFFECTIVE"
    effective_from: DateTime | None = None
    effective_to: DateTime | None = None
    maximum_uses: Count | None = None
    maximum_uses_per_account: Count | None = None


class VoucherTypeRecord(BaseRecord):
    """A kind of voucher; FIXED ones carry their value here."""

    unique = ("name", "alternative_code")
    type: Literal["voucher_type"]
    name: Text
    alternative_code: Code | None = None
    value_options: Literal["FIXED", "VARIABLE"]
    value: Positive | None = None
    classification: Text | None = None
    description: Text | None = None

    @model_validator(mode="after")
    def _has_its_value(self) -> Self:
        if (self.value is None) == (self.value_options == "FIXED"):
            raise ValueError("a FIXED voucher type needs a value, a VARIABLE one must not have one")
        return self
