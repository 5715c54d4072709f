"""The answers of the classic API's operations in `data`, and the envelope around it."""

from decimal import Decimal
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from loyalty.api.classic.shapes.base import selected
from loyalty.api.classic.shapes.events import (
    AwardRewardTransaction,
    CreatedPurchase,
    PurchaseCustomerEvent,
    SpendRequestCustomerEvent,
)
from loyalty.domain.errors import Code
from loyalty.domain.programme.spend_settings import ReductionMethod


class SuccessStatus(TypedDict):
    """The status of what was done."""

    code: Literal["OK"]
    description: str
    message: str


class FailureStatus(TypedDict):
    """The status of what was refused."""

    code: Code
    description: str
    message: str


class Refusal(TypedDict):
    """The envelope of what was refused."""

    status: FailureStatus
    data: None


class Nothing(TypedDict):
    """The answer of a call that only does something."""


class TokenData(TypedDict):
    """A token, good for `expires_in` seconds."""

    token: str
    token_type: Literal["Bearer"]
    expires_in: int


@selected
class PasswordData(TypedDict):
    """A one-time password of twelve digits, good for `expires_in` seconds and one purchase."""

    one_time_password: str
    expires_in: int


class ListedPurchases(TypedDict):
    """A page of an account's purchases, newest first; `fields_set` selects fields of each. `next` is null on the last
    page; `missing` are the numbers in the wallet's journal of what the index does not have yet."""

    purchase_customer_events_set: list[PurchaseCustomerEvent]
    next: str | None
    missing: list[int]


@selected
class ShownAward(AwardRewardTransaction):
    """An award of a posted purchase."""


@selected
class RequestedSpendAnswer(SpendRequestCustomerEvent):
    """The spend request that came with a purchase."""


class CreatedSpend(TypedDict, total=False):
    """A purchase and its spend request (contract, operation 3); of both, just what `fields_set` asks for."""

    purchase_customer_event: CreatedPurchase
    spend_request_customer_event: RequestedSpendAnswer


class ProcessedEntry(TypedDict):
    """An entry of a bulk call that was posted, now or before; `fields_set` may leave out all but the caller's id."""

    request_unique_identifier: str
    id: NotRequired[str]
    number: NotRequired[str]


class UnprocessedEntry(TypedDict):
    """An entry of a bulk call that was refused; `fields_set` may leave out all but the caller's id."""

    request_unique_identifier: str
    error_code: NotRequired[Code]
    error_description: NotRequired[str]


class BulkOutcome(TypedDict):
    """The outcome of each entry (contract, operation 2), both sets in the order of the call."""

    processed_customer_events_set: list[ProcessedEntry]
    unprocessed_customer_events_set: list[UnprocessedEntry]


class AcceptedUpload(TypedDict):
    """The upload that a bulk call became which is done later."""

    upload_id: str


class VoucherTypeAnswer(TypedDict):
    """A kind of voucher."""

    id: str
    name: str
    alternative_code: str | None
    value_options: Literal["FIXED", "VARIABLE"]
    classification: str | None
    description: str | None


class AppliedRewardOffer(TypedDict):
    """An offer that a purchase would meet."""

    id: str
    name: str
    scheme_name: str


@selected
class PreviewedPurchase(TypedDict):
    """The effect of posting a purchase (contract, operation 4, response), in the system currency, except for the
    wallet's balance."""

    total_award_amount: Decimal
    total_award_alternative_amount: NotRequired[Decimal]
    total_instant_spend_amount: Decimal
    total_automatic_spend_amount: Decimal
    total_additional_spend_amount: Decimal
    minimum_spend_amount_per_transaction: Decimal | None
    maximum_spend_amount_per_transaction: Decimal | None
    reduction_method: ReductionMethod
    rewards_participant_id: str | None
    rewards_participant_name: str | None
    wallet_balance: Decimal
    wallet_alternative_balance: NotRequired[Decimal]
    allow_spending: bool
    voucher_types_set: list[VoucherTypeAnswer]
    applied_reward_offers_set: list[AppliedRewardOffer]
