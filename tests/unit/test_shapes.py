"""The shapes of the classic API's answers are those of the contract's tables."""

from typing import Any

import pytest

from loyalty.api.classic import answers
from loyalty.api.classic.shapes import base, customers, events, organisation, products
from tests.contract import fields_of, objects

SHAPES: dict[str, Any] = {
    "voucher_type": answers.VoucherTypeAnswer,
    "applied_reward_offer": answers.AppliedRewardOffer,
    "processed_customer_event": answers.ProcessedEntry,
    "unprocessed_customer_event": answers.UnprocessedEntry,
    "status": answers.SuccessStatus,
    "purchase_customer_event_product": events.PurchaseCustomerEventProduct,
    "spend_request_customer_event": events.SpendRequestCustomerEvent,
    "spend_reward_transaction": events.SpendRewardTransaction,
    "award_reward_transaction": events.AwardRewardTransaction,
    "accounts_receivable": customers.AccountsReceivable,
    "rewards_participant": customers.RewardsParticipant,
    "contact_information": customers.ContactInformation,
    "demographics": customers.Demographics,
    "company_profile": customers.CompanyProfile,
    "country": customers.Country,
    "access_token": customers.AccessToken,
    "unit": organisation.Unit,
    "business_unit": organisation.BusinessUnit,
    "transaction_acquiring_point": organisation.TransactionAcquiringPoint,
    "currency": organisation.Currency,
    "currency_rate_period": organisation.CurrencyRatePeriod,
    "invoice": customers.Invoice,
    "product": products.Product,
    "product_type": products.ProductType,
    "global_rate": products.GlobalRate,
    "period": products.Period,
    "log_information": organisation.LogInformation,
    "customer_event_classification": base.NamedObject,
    "access_token_classification": base.NamedObject,
    "payment_medium_brand": base.Described,
    "payment_medium_type": base.Described,
    "industry": customers.Industry,
    "industry_sector": base.NamedObject,
    "user": organisation.User,
    "date_of_birth": customers.DateOfBirth,
    "name_day": customers.NameDay,
    "country_flag": customers.CountryFlag,
    "file": customers.File,
    "usage_detail_record_type": products.UsageDetailRecordType,
    "meter_reading_type": products.MeterReadingType,
    "unit_of_measurement": products.UnitOfMeasurement,
}


def test_every_object_of_the_contracts_answers_has_a_shape() -> None:
    assert set(objects()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_the_fields_of_the_contracts_object(name: str) -> None:
    assert set(SHAPES[name].__annotations__) == set(objects()[name])


@pytest.mark.parametrize(
    ("operation", "shape"),
    [
        (2, answers.BulkOutcome),
        (3, answers.CreatedSpend),
        (4, answers.PreviewedPurchase),
        (5, events.PurchaseCustomerEvent),
    ],
    ids=str,
)
def test_an_answer_has_the_fields_of_the_contracts_table(operation: int, shape: Any) -> None:
    assert set(shape.__annotations__) == set(fields_of(operation, "### Response"))
