"""What is sent to DynamoDB and read from its answers, past botocore's models and through them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from loyalty.store.client import CONFIG
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.wire import pass_as_is
from loyalty.store.writes import Add, Delete, Put, Update

KEY = Key("ACCOUNT#1", "WALLET")
KEY_ON_THE_WIRE = {"pk": {"S": KEY.pk}, "sk": {"S": KEY.sk}}
ITEM: dict[str, Any] = {"text": "ü\u2028", "number": Decimal("1.50"), "bytes": b"\x00\xff", "yes": True, "list": ["a"]}
ITEM_ON_THE_WIRE = KEY_ON_THE_WIRE | {
    "text": {"S": "ü\u2028"},
    "number": {"N": "1.5"},
    "bytes": {"B": "AP8="},
    "yes": {"BOOL": True},
    "list": {"L": [{"S": "a"}]},
}


@dataclass
class Wire:
    """A client whose calls end here: what it sent, and what each call is answered."""

    client: Any
    status: int
    answer: Any
    sent: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, answer: Any, status: int = 200) -> "Wire":
        session = botocore.session.Session()
        session.set_credentials("key", "secret")
        wire = cls(session.create_client("dynamodb", region_name="eu-west-1", config=CONFIG), status, answer)
        wire.client.meta.events.register("before-send.dynamodb", wire.send)
        return wire

    def send(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        self.sent.append((target if isinstance(target, str) else target.decode(), json.loads(request.body)))
        return AWSResponse(request.url, self.status, HTTPHeaders(), _Raw(json.dumps(self.answer).encode()))


@dataclass
class _Raw:
    content: bytes

    def stream(self) -> list[bytes]:
        return [self.content]


CALLS: dict[str, tuple[Callable[[DynamoTable], Any], Any]] = {
    "get": (lambda table: table.get(KEY, consistent=True), {"Item": ITEM_ON_THE_WIRE}),
    "get nothing": (lambda table: table.get(KEY), {}),
    "get_many": (
        lambda table: table.get_many([KEY]),
        {"Responses": {"table": [ITEM_ON_THE_WIRE]}, "UnprocessedKeys": {}},
    ),
    "partition": (lambda table: list(table.partition(KEY.pk)), {"Items": [ITEM_ON_THE_WIRE], "Count": 1}),
    "journal": (lambda table: table.journal("1", before=7, limit=3), {"Items": [ITEM_ON_THE_WIRE]}),
    "scan": (lambda table: list(table.scan()), {"Items": []}),
    "put": (lambda table: table.put(Put(KEY, ITEM, "version = :v", {":v": 1})), {}),
    "add": (lambda table: table.add(KEY, {"number": 3}), {"Attributes": {"number": {"N": "10"}}}),
    "transact": (
        lambda table: table.transact(
            [
                Put(KEY, ITEM, "attribute_not_exists(pk)"),
                Update(KEY, {"balance": Decimal("-0.00"), "gone": None}, "version = :before", {":before": 2}),
                Add(KEY, Decimal("0.5"), 9, {"event_id": "E"}),
                Delete(KEY, "attribute_exists(pk)"),
            ]
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_requests_and_answers_are_the_same_as_through_the_models(name: str) -> None:
    call, answer = CALLS[name]
    modelled, direct = Wire.of(answer), Wire.of(answer)
    pass_as_is(direct.client)

    assert call(DynamoTable(direct.client, "table")) == call(DynamoTable(modelled.client, "table"))
    ((operation, body),) = direct.sent
    ((same_operation, same_body),) = modelled.sent
    assert ("ClientRequestToken" in body) == (name == "transact")
    assert body.pop("ClientRequestToken", "") != same_body.pop("ClientRequestToken", None)
    assert (operation, body) == (same_operation, same_body)


def test_a_retried_transaction_is_the_same_one() -> None:
    wire = Wire.of({"__type": "InternalServerError"}, status=500)
    pass_as_is(wire.client)

    with pytest.raises(Exception, match="busy"):
        DynamoTable(wire.client, "table").transact([Delete(KEY)])

    assert len({json.dumps(body) for _, body in wire.sent}) == 1 < len(wire.sent)


def test_a_cancelled_transaction_tells_the_items_that_were_found() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": ITEM_ON_THE_WIRE}]
    answer = {"__type": "com.amazonaws.dynamodb#TransactionCanceledException", "CancellationReasons": reasons}
    wire = Wire.of(answer, status=400)
    pass_as_is(wire.client)

    with pytest.raises(ConditionFailed) as failed:
        DynamoTable(wire.client, "table").transact([Delete(KEY), Delete(KEY)])

    found = ITEM | {"pk": KEY.pk, "sk": KEY.sk}
    assert failed.value.found == {1: found}
