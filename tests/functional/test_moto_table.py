"""What stands in for DynamoDB in these tests is quicker than moto alone, and does the same."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import JSONFileLoader

from loyalty.store.client import connect
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from tests.moto_table import kept

WRITTEN: dict[str, Any] = {
    "pk": {"S": "A"},
    "sk": {"S": "1"},
    "parts": {"L": [{"N": "1"}]},
    "named_as_types": {"M": {"S": {"BOOL": False}, "L": {"M": {}}}},
}
OTHERS: dict[str, Any] = {"pk": {"S": "B"}, "sk": {"S": "1"}, "text": {"S": ""}, "nothing": {"NULL": True}}


def test_a_transaction_that_is_cancelled_leaves_everything_as_it_was(table: DynamoTable) -> None:
    for item in (WRITTEN, OTHERS):
        table.client.put_item(TableName=table.name, Item=item)
    before = told(table)
    key = {"pk": WRITTEN["pk"], "sk": WRITTEN["sk"]}
    update = {"Key": key, "UpdateExpression": "SET parts[0] = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    new = {"Item": {**OTHERS, "sk": {"S": "2"}}}
    refused = {"Item": {**OTHERS, "pk": {"S": "C"}}, "ConditionExpression": "attribute_exists(pk)"}
    writes: Any = [{"Update": update}, {"Put": new}, {"Put": refused}]
    for write in writes:
        for one in write.values():
            one["TableName"] = table.name

    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.client.transact_write_items(TransactItems=writes)

    assert told(table) == before


def test_the_model_of_a_service_is_read_once(table: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(table.name)
    monkeypatch.setattr(JSONFileLoader, "load_file", None)

    assert connect(table.name).get(Key("A", "1")) is None


def told(table: DynamoTable) -> list[Any]:
    """Return all items of a table, past what moto answers."""
    return [item.to_json() for items in kept(table).values() for item in items.values()]


@pytest.mark.parametrize("item", [WRITTEN, OTHERS])
def test_an_item_is_read_as_it_was_written(table: DynamoTable, item: dict[str, Any]) -> None:
    table.client.put_item(TableName=table.name, Item=item)

    found = table.client.get_item(TableName=table.name, Key={"pk": item["pk"], "sk": item["sk"]})

    assert found["Item"] == item
