"""A customer with a card: an access token that has every field, and what it needs; for tests of what is shown."""

import json
from datetime import UTC, datetime
from typing import Any

from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.import_records import import_records

CODE, IDENTIFIER, PASS_CODE = "9500009500009500", "ELENI-CARD", "2468"
BY_CODE = {"authentication_code": CODE}
BY_PASS_CODE = {"identifier": IDENTIFIER, "pass_code": PASS_CODE}
ACCOUNT_NUMBER = "0000000001"
AMERICAN_EXPRESS, CREDIT_CARD = "A01DB55EE5624E80ADA3CD7AF166AF30", "0EC912D6358341B4BAE55CFA70FE0F2D"

CLASSIFICATION = {
    "type": "classification",
    "id": "CREDIT-CARDS",
    "applies_to": "ACCESS_TOKEN",
    "name": "Credit cards",
    "alternative_code": "CCA",
    "payment_medium_brand": "AE",
    "payment_medium_type": "CC",
}
CARD: dict[str, Any] = {
    "type": "access_token",
    "id": "T-CARD",
    "number": "17",
    "account": ACCOUNT_NUMBER,
    "authentication_code": CODE,
    "identifier": IDENTIFIER,
    "pass_code": PASS_CODE,
    "card_masked_number": "9500********9500",
    "classification": "CREDIT-CARDS",
    "udf_string_8": "silver",
    "udf_float_4": 4,
    "udf_date_1": "2016-03-24T15:49:59",
}
CAMPAIGN = {"type": "promotion_campaign", "id": "SUMMER", "name": "Summer"}
PROMO_CODE = {"type": "promo_code", "id": "PC-1", "code": "COLD-BREW", "promotion_campaign": "SUMMER"}


def bring(table: DynamoTable, *records: dict[str, Any]) -> None:
    """Import records, the card and its classification if none are named."""
    lines = [json.dumps(record).encode() for record in records or (CLASSIFICATION, CARD)]
    assert not import_records(lines, table=table, now=datetime.now(UTC)).refused
