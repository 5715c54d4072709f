"""The bulk call as it is usually written: one model, one read per item and one transaction per event, one by one.

On the same table and for the same entries. Left out, in its favour: programmes, rates, limits, outlets, replays.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError
from pydantic import BaseModel, Field, ValidationError, model_validator

CENT = Decimal("0.01")


class Named(BaseModel):
    number: str | None = None
    code: str | None = None
    name: str | None = None
    access_token_identifier: dict[str, str] | None = None


class Product(BaseModel):
    product_identifier: Named
    quantity: Decimal = Field(default=Decimal(1), gt=0, max_digits=16, decimal_places=4)
    net_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)
    vat_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)
    total_amount: Decimal = Field(ge=0, max_digits=16, decimal_places=4)


class SpendRequest(BaseModel):
    spend_amount: Decimal = Field(gt=0, max_digits=16, decimal_places=4)


class Entry(BaseModel):
    request_unique_identifier: str
    accounts_receivable_identifier: Named
    rewards_participant_identifier: None = None
    performed_by_business_unit_identifier: Named | None = None
    performed_by_unit_identifier: Named | None = None
    performed_on: str
    reference_number: str = Field(min_length=1, max_length=255)
    external_system: str | None = None
    external_system_reference_number: str | None = None
    products_set: list[Product] = Field(min_length=1, max_length=1000)
    spend_request: SpendRequest | None = None
    udf_string_1: str | None = None

    @model_validator(mode="after")
    def adds_up(self) -> "Entry":
        for line in self.products_set:
            if abs(line.total_amount - line.net_amount - line.vat_amount) > CENT:
                raise ValueError("total_amount must be net_amount plus vat_amount")
        return self


class Refused(Exception):  # noqa: N818
    pass


def create(body: str, table: Any) -> dict[str, Any]:
    """Return what became of each entry."""
    processed, unprocessed = [], []
    for number, raw in enumerate(json.loads(body, parse_float=Decimal)["purchase_customer_events_set"]):
        own_id = raw["request_unique_identifier"]
        try:
            event_id = post(Entry.model_validate(raw), number, table)
        except (ValidationError, Refused) as error:
            unprocessed.append({"request_unique_identifier": own_id, "error_description": str(error)})
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            unprocessed.append({"request_unique_identifier": own_id, "error_description": "Conflict"})
        else:
            processed.append({"request_unique_identifier": own_id, "id": event_id})
    return {"processed_customer_events_set": processed, "unprocessed_customer_events_set": unprocessed}


def post(entry: Entry, number: int, table: Any) -> str:
    customer = entry.accounts_receivable_identifier
    if customer.access_token_identifier:
        found = read(table, f"TOKEN#{customer.access_token_identifier['authentication_code']}", "TOKEN")
    else:
        found = read(table, f"ALIAS#account.number#{customer.number}", "ALIAS")
    account = read(table, f"ACCOUNT#{found['account_id']}", "ACCOUNT")
    if json.loads(account["record"])["life_cycle_state"] != "ACTIVE":
        raise Refused("The account is not active")
    wallet = table.get_item(Key={"pk": account["pk"], "sk": "WALLET"}, ConsistentRead=True).get("Item")
    wallet = wallet or {"pk": account["pk"], "sk": "WALLET", "version": 0, "balance": Decimal(0)}
    codes = [line.product_identifier.code for line in entry.products_set]
    products = [read(table, f"ALIAS#product.code#{code}", "ALIAS") for code in codes]
    offer = json.loads(str(read(table, "PROGRAMME", "reward_offer#OFFER-5PC")["record"]), parse_float=Decimal)
    base = sum((line.net_amount for line in entry.products_set if line.product_identifier.code == "FREDESPR001"), 0)
    awarded = (Decimal(base) * offer["award"]["value"] / 100).quantize(CENT, rounding=ROUND_HALF_UP)
    spent = entry.spend_request.spend_amount if entry.spend_request else Decimal(0)
    if spent > wallet["balance"]:
        raise Refused("Insufficient balance")
    identity = f"{entry.external_system}{entry.external_system_reference_number}" if entry.external_system else number
    event_id = sha256(str(identity).encode()).hexdigest()[:32].upper()
    item = {
        "pk": f"EVENT#{event_id}",
        "sk": "EVENT",
        "account_id": found["account_id"],
        "sequence": wallet["version"] + 1,
        "products": [product["target"] for product in products],
        "purchase": entry.model_dump(exclude_none=True),
        "awarded": awarded,
        "spent": spent,
        "balance": wallet["balance"] + awarded - spent,
    }
    write(table, item, wallet)
    return event_id


def read(table: Any, pk: str, sk: str) -> dict[str, Any]:
    found: dict[str, Any] | None = table.get_item(Key={"pk": pk, "sk": sk}).get("Item")
    if found is None:
        raise Refused(f"{pk} not found")
    return found


def write(table: Any, item: dict[str, Any], wallet: dict[str, Any]) -> None:
    names = {"TableName": table.name}
    table.meta.client.transact_write_items(
        TransactItems=[
            {"Put": {**names, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
            {
                "Update": {
                    **names,
                    "Key": {"pk": wallet["pk"], "sk": wallet["sk"]},
                    "UpdateExpression": "SET balance = :balance, version = :version",
                    "ConditionExpression": "attribute_not_exists(version) OR version = :before",
                    "ExpressionAttributeValues": {
                        ":balance": item["balance"],
                        ":version": item["sequence"],
                        ":before": wallet["version"],
                    },
                }
            },
        ]
    )
