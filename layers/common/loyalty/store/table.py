"""The table as the rest of the store uses it: one thin class over the low-level client.

Attribute values pass as plain Python (str, int, Decimal, bytes, bool, list of str, None for absent); errors of the SDK
become the engine's own in one place.
"""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.money import plain
from loyalty.store.keys import EXPIRY_INDEX, JOURNAL_INDEX, Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Value = str | int | Decimal | bytes | bool | list[str]
Item = Mapping[str, Any]
"""Attributes by name; every value is a `Value`."""


MAX_BATCH_GET = 100
"""Keys in one BatchGetItem (a limit of DynamoDB)."""

MAX_READS = 5
"""How often at most keys that DynamoDB leaves unread are asked for."""

MAX_IN_FLIGHT = 8
"""Calls that are under way at a time; the client has ten connections."""

MAX_TRANSACTION = 100
"""Items in one TransactWriteItems (a limit of DynamoDB)."""

_RETRYABLE = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


@dataclass(frozen=True, slots=True)
class Put:
    """Write an item whole, on a condition if one is named."""

    key: Key
    item: Item
    condition: str | None = None
    values: Item | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Set attributes of an item, on a condition; those that are None are removed."""

    key: Key
    attributes: Item
    condition: str
    values: Item | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """Add to the counter of an item (its attribute `used`, from zero on), which must not exceed `maximum` then; and set
    attributes beside it."""

    key: Key
    amount: Decimal | int
    maximum: Decimal | int | None = None
    attributes: Item = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """Add to counters of an item, which start at zero; and set attributes beside them."""

    key: Key
    amounts: Mapping[str, int]
    attributes: Item = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item, if it is there, and on a condition if one is named."""

    key: Key
    condition: str | None = None
    values: Item | None = None


Write = Put | Update | Add | Count | Delete


CONDITION_FAILED = "ConditionalCheckFailed"
"""The reason of a write whose condition did not hold; any other one is that somebody else is at work on the item."""


class Cancelled(Exception):  # noqa: N818 - reads as what it says
    """A transaction wrote nothing. For each write, in order: why it failed (None if it did not) and the item found."""

    def __init__(self, reasons: Sequence[tuple[str | None, Item | None]]) -> None:
        super().__init__(", ".join(reason or "-" for reason, _ in reasons))
        self.reasons = reasons


class Table:
    """The single table.

    Every method raises `Refused` with RETRY_LATER where DynamoDB is throttling or out of reach for longer than the
    client's own retries last; other errors of the SDK are faults of ours and pass through.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """The item at `key`, None where there is none."""
        with _as_domain_errors():
            answer = self.client.get_item(TableName=self.name, Key=_key(key), ConsistentRead=consistent)
        return _unpacked(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """The items at `keys`, as many as exist, in as few calls as possible, several at a time.

        Raises:
            Refused: RETRY_LATER, where DynamoDB leaves keys unread time and again.
        """
        unread = [_key(key) for key in dict.fromkeys(keys)]
        found: dict[Key, Item] = {}
        for _ in range(MAX_READS):
            batches = [unread[start : start + MAX_BATCH_GET] for start in range(0, len(unread), MAX_BATCH_GET)]
            unread = []
            with in_flight(len(batches)) as over:
                for items, left in over(lambda batch: self._batch_get(batch, consistent), batches):
                    found |= items
                    unread += left
            if not unread:
                return found
        raise Refused(_busy())

    def _batch_get(self, keys: Sequence[Any], consistent: bool) -> tuple[dict[Key, Item], Sequence[Any]]:
        """The items at packed keys, and the keys that were left unread."""
        with _as_domain_errors():
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": keys, "ConsistentRead": consistent}})
        items = [_unpacked(packed) for packed in answer["Responses"].get(self.name, ())]
        left = answer["UnprocessedKeys"].get(self.name)
        return {key_of(item): item for item in items}, left["Keys"] if left else ()

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """All items of a partition, in the order of their sort keys."""
        query = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": _packed({":pk": pk}),
            "ConsistentRead": consistent,
        }
        return self._pages(self.client.query, query)

    def due(self, shard: str, month: str) -> Iterator[Item]:
        """The keys of those wallets in a shard of the expiry index of which something expires with the end of `month`
        or should have before, the longest due first (eventually consistent)."""
        query = {
            "IndexName": EXPIRY_INDEX,
            "KeyConditionExpression": "expiry_shard = :shard AND expires <= :month",
            "ExpressionAttributeValues": _packed({":shard": shard, ":month": month}),
        }
        return self._pages(self.client.query, query)

    def journal(self, account_id: str, *, before: int | None, limit: int) -> list[Item]:
        """At most `limit` journal items of an account, newest first, with a sequence number below `before`."""
        query: dict[str, Any] = {
            "IndexName": JOURNAL_INDEX,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": _packed({":account": account_id}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if before is not None:
            query["KeyConditionExpression"] += " AND #sequence < :before"
            query["ExpressionAttributeNames"] = {"#sequence": "sequence"}
            query["ExpressionAttributeValues"] |= _packed({":before": before})
        with _as_domain_errors():
            answer = self.client.query(TableName=self.name, **query)
        return [_unpacked(item) for item in answer["Items"]]

    def scan(self) -> Iterator[Item]:
        """Every item, in no order, read consistently page by page."""
        return self._pages(self.client.scan, {"ConsistentRead": True})

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        try:
            with _as_domain_errors():
                self.client.put_item(**_put(self.name, put))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; answers what they are now."""
        with _as_domain_errors():
            answer = self.client.update_item(**_addition(self.name, key, amounts, {}), ReturnValues="UPDATED_NEW")
        counters = _unpacked(answer["Attributes"])
        return {name: int(counters[name]) for name in amounts}

    def transact(self, writes: Sequence[Write]) -> None:
        """Do all of `writes` (at most 100, no key twice) or none.

        Raises:
            Cancelled: a condition did not hold, or another transaction is at work on one of the items.
        """
        items: list[Any] = [_WRITES[type(write)](self.name, write) for write in writes]
        try:
            with _as_domain_errors():
                self.client.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise Cancelled([_reason(reason) for reason in error.response["CancellationReasons"]]) from error

    def _pages(self, read: Callable[..., Any], parameters: dict[str, Any]) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with _as_domain_errors():
                answer = read(TableName=self.name, **parameters, **start)
            yield from (_unpacked(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@contextmanager
def in_flight(calls: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """What takes the place of `map` for so many calls, so that several of them are under way at a time."""
    if calls > 1:
        with ThreadPoolExecutor(min(calls, MAX_IN_FLIGHT)) as pool:
            yield pool.map
    else:
        yield map


def key_of(item: Item) -> Key:
    """The key that an item lies at."""
    return Key(str(item["pk"]), str(item["sk"]))


@contextmanager
def _as_domain_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _RETRYABLE:
            raise Refused(_busy()) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Refused(_busy()) from error


def _busy() -> Problem:
    return Problem(Code.RETRY_LATER, "The storage is busy. Nothing was lost; send the same request again.")


def _reason(reason: Mapping[str, Any]) -> tuple[str | None, Item | None]:
    code = reason.get("Code", "None")
    return None if code == "None" else code, _unpacked(reason["Item"]) if reason.get("Item") else None


def _put(table: str, put: Put) -> dict[str, Any]:
    request: dict[str, Any] = {"TableName": table, "Item": _key(put.key) | _packed(put.item)}
    if put.condition:
        request["ConditionExpression"] = put.condition
        if put.values:
            request["ExpressionAttributeValues"] = _packed(put.values)
    return request


def _transact_put(table: str, put: Put) -> dict[str, Any]:
    return {"Put": _put(table, put) | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}


def _transact_update(table: str, update: Update) -> dict[str, Any]:
    present = [name for name, value in update.attributes.items() if value is not None]
    absent = [name for name, value in update.attributes.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in present)
    values = {f":{name}": update.attributes[name] for name in present}
    return {
        "Update": {
            "TableName": table,
            "Key": _key(update.key),
            "UpdateExpression": expression + (" REMOVE " + ", ".join(f"#{name}" for name in absent) if absent else ""),
            "ConditionExpression": update.condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in update.attributes},
            "ExpressionAttributeValues": _packed(values | dict(update.values or {})),
        }
    }


def _transact_add(table: str, add: Add) -> dict[str, Any]:
    request = _addition(table, add.key, {"used": add.amount}, add.attributes)
    if add.maximum is not None:
        request["ConditionExpression"] = "attribute_not_exists(#used) OR #used <= :room"
        request["ExpressionAttributeValues"] |= _packed({":room": add.maximum - add.amount})
    return {"Update": request}


def _transact_count(table: str, count: Count) -> dict[str, Any]:
    return {"Update": _addition(table, count.key, count.amounts, count.attributes)}


def _addition(table: str, key: Key, amounts: Item, attributes: Item) -> dict[str, Any]:
    setting = " SET " + ", ".join(f"#{name} = :{name}" for name in attributes) if attributes else ""
    values = {**amounts, **attributes}
    return {
        "TableName": table,
        "Key": _key(key),
        "UpdateExpression": "ADD " + ", ".join(f"#{name} :{name}" for name in amounts) + setting,
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
        "ExpressionAttributeValues": _packed({f":{name}": value for name, value in values.items()}),
    }


def _transact_delete(table: str, delete: Delete) -> dict[str, Any]:
    request: dict[str, Any] = {"TableName": table, "Key": _key(delete.key)}
    if delete.condition:
        request["ConditionExpression"] = delete.condition
        if delete.values:
            request["ExpressionAttributeValues"] = _packed(delete.values)
    return {"Delete": request}


_WRITES: Mapping[type[Write], Callable[..., dict[str, Any]]] = {
    Put: _transact_put,
    Update: _transact_update,
    Add: _transact_add,
    Count: _transact_count,
    Delete: _transact_delete,
}

_PACK: Mapping[type, Callable[[Any], dict[str, Any]]] = defaultdict(
    lambda: lambda value: {"S": value},  # a StrEnum packs as the text it is
    {
        int: lambda value: {"N": str(value)},
        Decimal: lambda value: {"N": str(plain(value))},  # as DynamoDB keeps it, so that what was sent is what is read
        bytes: lambda value: {"B": value},
        bool: lambda value: {"BOOL": value},
        list: lambda value: {"L": [{"S": text} for text in value]},
    },
)

_UNPACK: Mapping[str, Callable[[Any], Value]] = {
    "S": str,
    "N": Decimal,
    "B": lambda value: value if isinstance(value, bytes) else base64.b64decode(value),  # see loyalty.store.wire
    "BOOL": bool,
    "L": lambda texts: [text["S"] for text in texts],
}


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _packed(item: Mapping[str, Value | None]) -> dict[str, Any]:
    return {name: _PACK[type(value)](value) for name, value in item.items() if value is not None}


def _unpacked(packed: Mapping[str, Mapping[str, Any]]) -> Item:
    return {name: _UNPACK[kind](value) for name, typed in packed.items() for kind, value in typed.items()}
