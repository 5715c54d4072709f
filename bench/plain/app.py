"""POST /purchases as it is usually written: resources, one model, one read per item, one transaction.

The same work on the same table: the token is checked, the body validated, customer and products are read, one offer is
priced, event and wallet are written. Left out, in its favour: programmes, rates, limits, outlets, replays.
"""

import json
import os
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

import boto3
import jwt
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from pydantic import BaseModel, Field, ValidationError

logger = Logger()
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
signing_keys: dict[str, bytes] = {}


class Named(BaseModel):
    id: str | None = None
    code: str | None = None


class Product(BaseModel):
    product_sku: str = Field(min_length=1, max_length=255)
    quantity: Decimal = Field(default=Decimal(1), gt=0, max_digits=16, decimal_places=4)
    net_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)
    tax_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)
    total_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)


class SpendRequest(BaseModel):
    amount: Decimal = Field(gt=0, max_digits=16, decimal_places=4)


class Purchase(BaseModel):
    cim: str
    reference_number: str = Field(min_length=1, max_length=255)
    classification: Named | None = None
    currency_code: str | None = None
    payment_medium_identifier: str | None = None
    performed_on: int | None = None
    merchant_tap: Named
    outlet_tap: Named | None = None
    products: list[Product] = Field(min_length=1, max_length=1000)
    spend_request: SpendRequest | None = None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    token = event["requestContext"]["authorizer"]["token"]
    key_id = jwt.get_unverified_header(token)["kid"]
    if key_id not in signing_keys:
        signing_keys[key_id] = bytes(read("SIGNING_KEY", key_id)["secret"])
    try:
        claims = jwt.decode(token, signing_keys[key_id], algorithms=["HS256"])
        purchase = Purchase.model_validate(json.loads(event["body"], parse_float=Decimal))
    except jwt.InvalidTokenError:
        return answer(401, {"message": "Unauthorized"})
    except (ValidationError, json.JSONDecodeError) as error:
        return answer(400, {"message": str(error)})
    customer = read(f"TOKEN#{purchase.cim}", "TOKEN")
    account = read(f"ACCOUNT#{customer['account_id']}", "ACCOUNT")
    wallet = read(f"ACCOUNT#{customer['account_id']}", "WALLET")
    products = [read(f"ALIAS#product.code#{line.product_sku}", "ALIAS") for line in purchase.products]
    offer = json.loads(str(read("PROGRAMME", "reward_offer#OFFER-5PC")["record"]), parse_float=Decimal)
    spent = purchase.spend_request.amount if purchase.spend_request else Decimal(0)
    if spent > wallet["balance"]:
        return answer(422, {"message": "Insufficient balance"})
    item = event_item(
        purchase, account["target"], claims["sub"], wallet, products, calculate_award(purchase, offer), spent
    )
    try:
        post(item, wallet)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        return answer(409, {"message": "Conflict"})
    event_id = item["pk"].removeprefix("EVENT#")
    logger.info("posted", extra={"event_id": event_id})
    return answer(200, {"id": event_id})


def calculate_award(purchase: Purchase, offer: dict[str, Any]) -> Decimal:
    base = sum((line.net_amount for line in purchase.products), Decimal(0))
    exact: Decimal = base * offer["award"]["value"] / 100
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def event_item(
    purchase: Purchase,
    account_id: str,
    partner_id: str,
    wallet: dict[str, Any],
    products: list[dict[str, Any]],
    awarded: Decimal,
    spent: Decimal,
) -> dict[str, Any]:
    name = f"{purchase.merchant_tap.code}{purchase.reference_number}"
    return {
        "pk": f"EVENT#{sha256(name.encode()).hexdigest()[:32].upper()}",
        "sk": "EVENT",
        "account_id": account_id,
        "sequence": wallet["version"] + 1,
        "partner_id": partner_id,
        "posted_on": int(datetime.now(UTC).timestamp()),
        "products": [product["target"] for product in products],
        "purchase": purchase.model_dump(exclude_none=True),
        "awarded": awarded,
        "spent": spent,
        "balance": wallet["balance"] + awarded - spent,
    }


def read(pk: str, sk: str) -> dict[str, Any]:
    return table.get_item(Key={"pk": pk, "sk": sk})["Item"]


def post(item: dict[str, Any], wallet: dict[str, Any]) -> None:
    table.meta.client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": table.name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
            {
                "Update": {
                    "TableName": table.name,
                    "Key": {"pk": wallet["pk"], "sk": wallet["sk"]},
                    "UpdateExpression": "SET balance = :balance, version = :version",
                    "ConditionExpression": "version = :before",
                    "ExpressionAttributeValues": {
                        ":balance": item["balance"],
                        ":version": item["sequence"],
                        ":before": wallet["version"],
                    },
                }
            },
        ]
    )


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
