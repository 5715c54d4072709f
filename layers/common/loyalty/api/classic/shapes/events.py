"""Purchases, what they gave and what was paid."""

from decimal import Decimal
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from loyalty.api.classic.shapes.base import Date, Described, NamedObject, PurchaseUserDefined, selected
from loyalty.api.classic.shapes.customers import AccessToken, AccountsReceivable, Invoice, RewardsParticipant
from loyalty.api.classic.shapes.organisation import (
    BusinessUnit,
    Currency,
    CurrencyRatePeriod,
    LogInformation,
    TransactionAcquiringPoint,
    Unit,
)
from loyalty.api.classic.shapes.products import Product
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.store.events import EventState


class PurchaseCustomerEventProduct(TypedDict):
    """A line of a purchase."""

    id: str
    quantity: Decimal
    net_amount: Decimal
    vat_amount: Decimal
    total_amount: Decimal
    intended_product_identifier: str | None
    intended_product_value: str | None
    product: Product | None


class AwardRewardTransaction(TypedDict):
    """An award of an offer, in the wallet's currency."""

    id: str
    number: str
    amount: Decimal
    alternative_amount: NotRequired[Decimal | None]
    life_cycle_state: EventState
    contribution_percentage: Decimal | None
    initiated_currency: Currency | None
    currency_rate_period: CurrencyRatePeriod | None
    accounts_receivable: AccountsReceivable | None
    rewards_participant: RewardsParticipant | None


class SpendRewardTransaction(TypedDict):
    """A spend from the wallet, in its currency."""

    id: str
    number: str
    total_amount: Decimal
    net_amount: Decimal
    vat_amount: Decimal
    life_cycle_state: EventState
    spend_method: SpendMethod
    currency_rate_period: CurrencyRatePeriod | None
    accounts_receivable: AccountsReceivable | None
    rewards_participant: RewardsParticipant | None


class SpendRequestCustomerEvent(TypedDict):
    """The request behind a spend, in the system currency; without a spend where it named no amount (row 30)."""

    id: str
    number: str
    type: Literal["SPEND_REQUEST"]
    life_cycle_state: EventState
    performed_on: Date
    description: str | None
    process_immediately: bool | None
    spend_amount: Decimal | None
    spend_alternative_amount: NotRequired[Decimal | None]
    instant_spend: bool
    automatic_spend: bool
    reduction_method: ReductionMethod
    initiated_currency: Currency | None
    classification: NamedObject | None
    accounts_receivable: AccountsReceivable | None
    performed_by_unit: Unit | None
    performed_by_business_unit: BusinessUnit | None
    log_information: LogInformation
    spend_reward_transaction: SpendRewardTransaction | None
    currency: Currency | None


class ReducedPurchase(TypedDict):
    """The part of a purchase that operation 3 always returns (row 29)."""

    id: str
    number: str
    type: Literal["PURCHASE"]
    life_cycle_state: EventState
    performed_on: Date
    description: str | None
    process_immediately: bool | None
    reference_number: str
    payment_medium_identifier: str | None
    total_amount: Decimal
    net_amount: Decimal
    vat_amount: Decimal
    disable_instant_spend: bool
    classification: NamedObject | None
    accounts_receivable: AccountsReceivable | None
    performed_by_unit: Unit | None
    log_information: LogInformation
    instant_spend_request: SpendRequestCustomerEvent | None
    automatic_spend_request: SpendRequestCustomerEvent | None
    currency: Currency | None
    payment_medium_brand: Described | None
    payment_medium_type: Described | None
    award_reward_transactions_set: list[AwardRewardTransaction]


@selected
class CreatedPurchase(ReducedPurchase, PurchaseUserDefined):
    """A purchase as operation 3 answers it; what the vendor's examples do not have (row 29), only where it was sent."""

    external_system: str | None
    external_system_reference_number: str | None
    invoice: Invoice | None


@selected
class PurchaseCustomerEvent(CreatedPurchase):
    """A purchase, complete (contract, operation 5, response). The total of awards is in the wallet's currency, those of
    spends are in the system currency (Q2)."""

    requested_spend_amount: Decimal | None
    requested_spend_alternative_amount: NotRequired[Decimal | None]
    total_awarded_amount: Decimal
    total_awarded_alternative_amount: NotRequired[Decimal]
    total_spend_amount: Decimal
    total_spend_alternative_amount: NotRequired[Decimal]
    total_instant_spend_amount: Decimal
    total_instant_spend_alternative_amount: NotRequired[Decimal]
    total_automatic_spend_amount: Decimal
    total_automatic_spend_alternative_amount: NotRequired[Decimal]
    total_additional_spend_amount: Decimal
    total_additional_spend_alternative_amount: NotRequired[Decimal]
    terminal_identifier: str | None
    performed_by_business_unit: BusinessUnit | None
    performed_by_tap: TransactionAcquiringPoint | None
    authorized_by_access_token: AccessToken | None
    products_set: list[PurchaseCustomerEventProduct]
    spend_reward_transactions_set: list[SpendRewardTransaction]
    spend_requests_set: list[SpendRequestCustomerEvent]
