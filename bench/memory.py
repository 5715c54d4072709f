"""DynamoDB as a dictionary, as far as posting and importing use it: reads answer what was written, conditions are not
looked at. Counts what is asked of it, and the capacity that DynamoDB would charge for transactions."""

import base64
import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import Any

from bench.stub import Answer, Call
from loyalty.store.keys import EXPIRY_INDEX, JOURNAL_INDEX

Item = dict[str, dict[str, Any]]
Place = tuple[str, str]

_INDEXES = {"sequence": JOURNAL_INDEX, "expires": EXPIRY_INDEX}
"""By the attribute without which an item is not in it."""


@dataclass(slots=True)
class Counts:
    """The calls and transactions that were made, and the write capacity units of the transactions."""

    calls: int = 0
    transactions: int = 0
    written: int = 0


@dataclass(slots=True)
class Memory:
    """The table. Each call is answered `delay` seconds after it came."""

    items: dict[Place, Item] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    delay: float = 0.0
    lock: Lock = field(default_factory=Lock, repr=False)

    def answer(self, call: Call) -> Answer:
        """Return what DynamoDB would answer."""
        time.sleep(self.delay)
        request = json.loads(call.body)
        with self.lock:  # calls come side by side, and what they add up to is to be right
            self.counts.calls += 1
            body = json.dumps(_OPERATIONS[call.operation](self, request)).encode()
        return 200, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "0" * 52}, body

    def _get(self, request: Any) -> Any:
        item = self.items.get(_place(request["Key"]))
        return {"Item": item} if item else {}

    def _batch_get(self, request: Any) -> Any:
        found = {
            table: [self.items[at] for at in map(_place, wanted["Keys"]) if at in self.items]
            for table, wanted in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, request: Any) -> Any:
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        return {"Items": [item for (partition, _), item in sorted(self.items.items()) if partition == pk]}

    def _put(self, request: Any) -> Any:
        self.items[_place(request["Item"])] = request["Item"]
        return {}

    def _update(self, request: Any) -> Any:
        item = self._updated(request)
        self.items[_place(item)] = item
        return {"Attributes": item}

    def _transact(self, request: Any) -> Any:
        self.counts.transactions += 1
        for write in request["TransactItems"]:
            ((kind, parameters),) = write.items()
            if kind == "Delete":
                self.items.pop(_place(parameters["Key"]), None)
                continue
            item = parameters["Item"] if kind == "Put" else self._updated(parameters)
            before = self.items.get(_place(item), {})
            self.counts.written += 2 * _units(item) + sum(
                attribute in item and item.get(attribute) != before.get(attribute) for attribute in _INDEXES
            )
            self.items[_place(item)] = item
        return {}

    def _updated(self, request: Any) -> Item:
        item = dict(self.items.get(_place(request["Key"]), request["Key"]))
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        clause = name = ""
        for word in request["UpdateExpression"].replace(",", " ").replace("=", " ").split():
            if word in ("SET", "ADD", "REMOVE"):
                clause = word
            elif not word.startswith(":"):
                name = names.get(word, word)
                if clause == "REMOVE":
                    item.pop(name, None)
            elif clause == "SET":
                item[name] = values[word]
            else:
                item[name] = {"N": str(Decimal(item.get(name, {"N": "0"})["N"]) + Decimal(values[word]["N"]))}
        return item


_OPERATIONS = {
    "GetItem": Memory._get,
    "BatchGetItem": Memory._batch_get,
    "PutItem": Memory._put,
    "Query": Memory._query,
    "UpdateItem": Memory._update,
    "TransactWriteItems": Memory._transact,
}


def _place(key: Item) -> Place:
    return key["pk"]["S"], key["sk"]["S"]


def _units(item: Item) -> int:
    return -(-item_bytes(item) // 1024)


def item_bytes(item: Item) -> int:
    """Return the bytes that DynamoDB counts for an item."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: dict[str, Any]) -> int:
    """Return the bytes that DynamoDB counts for a value."""
    ((kind, content),) = value.items()
    match kind:
        case "L":
            return 3 + sum(1 + _size(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
        case "B":
            return len(content if isinstance(content, bytes) else base64.b64decode(content))
        case "N":
            return len(str(content)) // 2 + 2
        case _:
            return len(str(content).encode())
