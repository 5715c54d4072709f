"""Writes to the table, and how each is asked for."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from loyalty.store.attributes import Item, pack, pack_key
from loyalty.store.keys import Key


class Put(Struct, frozen=True):
    """Write an item whole, on a condition if one is named."""

    key: Key
    item: Item
    condition: str | None = None
    values: Item | None = None


class Update(Struct, frozen=True):
    """Set attributes of an item, on a condition; those that are None are removed."""

    key: Key
    attributes: Item
    condition: str
    values: Item | None = None


class Add(Struct, frozen=True):
    """Add to the counter of an item (its attribute `used`, from zero on), which must not exceed `maximum` then; and set
    attributes beside it."""

    key: Key
    amount: Decimal | int
    maximum: Decimal | int | None = None
    attributes: Item = field(default_factory=dict)


class Count(Struct, frozen=True):
    """Add to counters of an item, which start at zero; and set attributes beside them, or remove those that are None.
    Those of `most` must not exceed that then."""

    key: Key
    amounts: Mapping[str, int]
    attributes: Item = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)


class Delete(Struct, frozen=True):
    """Remove an item, if it is there, and on a condition if one is named."""

    key: Key
    condition: str | None = None
    values: Item | None = None


Write = Put | Update | Add | Count | Delete


def transact_item(table: str, write: Write) -> dict[str, Any]:
    """Return a write as an item of TransactWriteItems."""
    return _WRITES[type(write)](table, write)


def put_request(table: str, put: Put) -> dict[str, Any]:
    """PutItem's parameters."""
    request: dict[str, Any] = {"TableName": table, "Item": pack_key(put.key) | pack(put.item)}
    if put.condition:
        request["ConditionExpression"] = put.condition
        if put.values:
            request["ExpressionAttributeValues"] = pack(put.values)
        if names := re.findall(r"#(\w+)", put.condition):  # words that DynamoDB reserves
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in names}
    return request


def _transact_put(table: str, put: Put) -> dict[str, Any]:
    return {"Put": put_request(table, put) | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}


def _transact_update(table: str, update: Update) -> dict[str, Any]:
    present = [name for name, value in update.attributes.items() if value is not None]
    absent = [name for name, value in update.attributes.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
    values = {f":{name}": update.attributes[name] for name in present}
    return {
        "Update": {
            "TableName": table,
            "Key": pack_key(update.key),
            "UpdateExpression": expression + (" REMOVE " + ", ".join(f"#{name}" for name in absent) if absent else ""),
            "ConditionExpression": update.condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in update.attributes},
            "ExpressionAttributeValues": pack(values | dict(update.values or {})),
        }
    }


def _transact_add(table: str, add: Add) -> dict[str, Any]:
    request = addition_request(table, add.key, {"used": add.amount}, add.attributes)
    if add.maximum is not None:
        request = _bounded(request, {"used": add.amount}, {"used": add.maximum})
    return {"Update": request}


def _transact_count(table: str, count: Count) -> dict[str, Any]:
    request = addition_request(table, count.key, count.amounts, count.attributes)
    if count.most:
        request = _bounded(request, count.amounts, count.most)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {"Update": request}


def _bounded(request: dict[str, Any], amounts: Item, most: Item) -> dict[str, Any]:
    """Return an addition on the condition that counters do not exceed `most` then; one that is absent is at zero."""
    room = {name: limit - amounts[name] for name, limit in most.items()}
    bounds = {name: f"#{name} <= :room_of_{name}" for name in room}
    terms = [
        f"(attribute_not_exists(#{name}) OR {bound})" if room[name] >= 0 else bound for name, bound in bounds.items()
    ]
    values = pack({f":room_of_{name}": left for name, left in room.items()})
    return request | {
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeValues": request["ExpressionAttributeValues"] | values,
    }


def addition_request(table: str, key: Key, amounts: Item, attributes: Item) -> dict[str, Any]:
    """UpdateItem's parameters that add to counters, and set attributes beside them, or remove those that are None."""
    present = {name: value for name, value in attributes.items() if value is not None}
    absent = [f"#{name}" for name, value in attributes.items() if value is None]
    setting = " SET " + ", ".join(f"#{name} = :{name}" for name in present) if present else ""
    removing = " REMOVE " + ", ".join(absent) if absent else ""
    return {
        "TableName": table,
        "Key": pack_key(key),
        "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in amounts) + setting + removing,
        "ExpressionAttributeNames": {f"#{name}": name for name in (*amounts, *attributes)},
        "ExpressionAttributeValues": pack({f":{name}": value for name, value in {**amounts, **present}.items()}),
    }


def _transact_delete(table: str, delete: Delete) -> dict[str, Any]:
    request: dict[str, Any] = {"TableName": table, "Key": pack_key(delete.key)}
    if delete.condition:
        request["ConditionExpression"] = delete.condition
        if delete.values:
            request["ExpressionAttributeValues"] = pack(delete.values)
    return {"Delete": request}


_WRITES: Mapping[type[Write], Callable[..., dict[str, Any]]] = {
    Put: _transact_put,
    Update: _transact_update,
    Add: _transact_add,
    Count: _transact_count,
    Delete: _transact_delete,
}
