"""DynamoDB in memory, as its client is asked: what it does is done at once, and is seen late where that may be."""

import base64
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.expressions import (
    Attributes,
    InvalidExpression,
    Names,
    Unmodelled,
    comparable,
    holds,
    key_condition,
    meets,
    number,
    updated,
)

MAX_BATCH_GET = 100
MAX_TRANSACTION = 100
MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024
MAX_PAGE_BYTES = 1024 * 1024
MAX_BATCH_BYTES = 16 * 1024 * 1024

STALE_SECONDS = 1.0
"""For how long a read that is not consistent may tell an older version."""

TOKEN_SECONDS = 600.0
"""For how long a transaction that is sent again with its token is known."""

Key = tuple[str, str]
Request = Mapping[str, Any]


class Kept(dict[str, Any]):
    """An item as it is kept, with about as many bytes as it has: characters that take several count as one; and what
    was read of it so far (`readings.py`)."""

    __slots__ = ("has_lists", "readings", "size")

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        super().__init__(attributes)
        self.size = 0
        self.has_lists = False
        self.readings: dict[Any, Any] = {}
        for name, typed in self.items():
            for kind, value in typed.items():
                self.size += len(name) + (len(value) if kind in ("S", "N") else 1)
                if kind == "B":
                    self.size += len(value) * 3 // 4  # in base64
                if kind == "L":
                    self.has_lists = True
                    self.size += sum(1 + len(text["S"]) for text in value)


@dataclass
class Sight:
    """How much of the newest writes a call sees, and what else gets in its way. `versions` says of an item whether an
    older version is told, `lag` how many seconds an index is late, `left` which keys of a batch are left unread, `held`
    which places of a transaction others hold, and why."""

    versions: Callable[[], bool] = lambda: False
    lag: Callable[[], float] = lambda: 0.0
    left: Callable[[int], int] = lambda _: 0
    held: Callable[[int], Mapping[int, str]] = lambda _: {}


@dataclass
class Index:
    """A global secondary index: what it shows of the table, once it has heard of it."""

    hash_name: str
    range_name: str
    shown: frozenset[str]
    """Attributes, beside those of the keys."""
    partitions: dict[str, list[tuple[Any, str, str]]] = field(default_factory=dict)
    items: dict[Key, tuple[str, Any, Attributes]] = field(default_factory=dict)
    pending: deque[tuple[float, Key, Kept | None]] = field(default_factory=deque)
    announced: set[Key] = field(default_factory=set)

    def hear(self, key: Key, item: Kept | None, now: float, lag: Callable[[], float]) -> None:
        """Learn of a write, late maybe, but never before an earlier one."""
        has = item is not None and self.hash_name in item and self.range_name in item
        if not has and key not in self.announced:
            return
        (self.announced.add if has else self.announced.discard)(key)
        due = max(now + lag(), self.pending[-1][0] if self.pending else 0.0)
        self.pending.append((due, key, item if has else None))

    def catch_up(self, now: float) -> None:
        """Show what was to be shown by now."""
        while self.pending and self.pending[0][0] <= now:
            _, key, item = self.pending.popleft()
            if key in self.items:
                partition, place, _ = self.items.pop(key)
                entries = self.partitions[partition]
                del entries[bisect_left(entries, (place, *key))]
            if item is not None:
                partition, place = comparable(item[self.hash_name]), comparable(item[self.range_name])
                insort(self.partitions.setdefault(partition, []), (place, *key))
                self.items[key] = (partition, place, self._shown(item))

    def _shown(self, item: Kept) -> Kept:
        return Kept({name: value for name, value in item.items() if name in self.shown})


@dataclass
class DynamoService:
    """One table. `now` tells the time, `description` what CreateTable is told of the table."""

    name: str
    description: Mapping[str, Any]
    now: Callable[[], float]
    partitions: dict[str, dict[str, Kept]] = field(default_factory=dict)
    older: dict[Key, tuple[float, Kept | None]] = field(default_factory=dict)
    """The version of an item before the newest one, and when that was written."""
    gone: dict[str, set[str]] = field(default_factory=dict)
    """Sort keys of items that were deleted, by partition."""
    tokens: dict[str, tuple[float, Any]] = field(default_factory=dict)
    written: list[tuple[float, Key, Kept | None]] = field(default_factory=list)
    """All that was written, in the order in which it was committed."""
    indexes: dict[str, Index] = field(init=False)

    def __post_init__(self) -> None:
        self.indexes = {one["IndexName"]: _index(one) for one in self.description["GlobalSecondaryIndexes"]}

    # ---------------------------------------------------------------- reading

    def get_item(self, request: Request, sight: Sight) -> Any:
        self._check(request, "Key", "ConsistentRead")
        item = self._seen(_key(request["Key"]), None if request.get("ConsistentRead") else sight)
        return {} if item is None else {"Item": item}

    def batch_get_item(self, request: Request, sight: Sight) -> Any:
        _only(request, "RequestItems")
        [(name, asked)] = request["RequestItems"].items()
        self._check({"TableName": name, **asked}, "Keys", "ConsistentRead")
        keys = asked["Keys"]
        places = [_key(key) for key in keys]
        if not 1 <= len(keys) <= MAX_BATCH_GET:
            raise refused("BatchGetItem", "ValidationException", "from 1 to 100 keys")
        if len(set(places)) != len(places):
            raise refused("BatchGetItem", "ValidationException", "Provided list of item keys contains duplicates")
        left = min(sight.left(len(keys)), len(keys))
        seen = None if asked.get("ConsistentRead") else sight
        found: list[Attributes] = []
        size = 0
        for place in places[left:]:
            item = self._seen(place, seen)
            if item is not None:
                size += item.size
                if size > MAX_BATCH_BYTES:
                    raise Unmodelled("a batch of more than 16 MB")
                found.append(item)
        unread = {name: {**asked, "Keys": keys[:left]}} if left else {}
        return {"Responses": {name: found}, "UnprocessedKeys": unread}

    def query(self, request: Request, sight: Sight) -> Any:
        self._check(
            request,
            "IndexName",
            "KeyConditionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ConsistentRead",
            "ScanIndexForward",
            "Limit",
            "ExclusiveStartKey",
        )
        names = _names(request)
        with _as_refusal("Query"):
            terms = key_condition(request["KeyConditionExpression"], names)
            names.check_all_used()
        rows = self._of_index(request, terms) if "IndexName" in request else self._of_table(request, terms, sight)
        return _page(rows, request)

    def scan(self, request: Request, sight: Sight) -> Any:
        self._check(request, "ConsistentRead", "ExclusiveStartKey", "Limit")
        seen = None if request.get("ConsistentRead") else sight
        rows = [
            ((pk, sk), item)
            for pk, partition in self.partitions.items()
            for sk in sorted(partition)
            if (item := self._seen((pk, sk), seen)) is not None
        ]
        start = request.get("ExclusiveStartKey")
        if start:
            places = [place for place, _ in rows]
            rows = rows[places.index(_key(start)) + 1 :]
        return _page([(item, _key_of(place)) for place, item in rows], {"Limit": request.get("Limit")})

    def _of_table(
        self, request: Request, terms: list[tuple[str, str, Any]], sight: Sight
    ) -> Iterator[tuple[Attributes, Attributes]]:
        first, *others = terms
        if first[:2] != ("pk", "=") or any(name != "sk" for name, _, _ in others):
            raise refused("Query", "ValidationException", "Query condition missed key schema element: pk")
        pk = first[2]["S"]
        partition = self.partitions.get(pk, {})
        seen = None if request.get("ConsistentRead") else sight
        after = _key(request["ExclusiveStartKey"])[1] if "ExclusiveStartKey" in request else None
        backwards = not request.get("ScanIndexForward", True)
        # What was just deleted may still be seen.
        sks = sorted({*partition, *(self._lately_gone(pk) if seen else ())}, reverse=backwards)
        for sk in sks:
            if after is not None and (sk >= after if backwards else sk <= after):
                continue
            if all(meets(operator, {"S": sk}, value) for _, operator, value in others):
                item = self._seen((pk, sk), seen)
                if item is not None:
                    yield item, _key_of((pk, sk))

    def _of_index(self, request: Request, terms: list[tuple[str, str, Any]]) -> Iterator[tuple[Attributes, Attributes]]:
        if request.get("ConsistentRead"):
            raise refused("Query", "ValidationException", "Consistent reads are not supported on global indexes")
        if request["IndexName"] not in self.indexes:
            raise refused("Query", "ValidationException", "The table does not have the specified index")
        index = self.indexes[request["IndexName"]]
        index.catch_up(self.now())
        first, *others = terms
        if first[:2] != (index.hash_name, "=") or any(name != index.range_name for name, _, _ in others):
            raise refused("Query", "ValidationException", "Query condition missed key schema element")
        entries = index.partitions.get(comparable(first[2]), [])
        low, high = 0, len(entries)
        for _, operator, value in others:
            bound = comparable(value)
            at = (bisect_left if operator in ("<", ">=") else bisect_right)(entries, bound, key=lambda entry: entry[0])
            low, high = (max(low, at), high) if operator in (">", ">=") else (low, min(high, at))
            if operator == "=":
                raise Unmodelled("a query of an index for one place of a partition")
        backwards = not request.get("ScanIndexForward", True)
        if "ExclusiveStartKey" in request:
            start = request["ExclusiveStartKey"]
            after = (comparable(start[index.range_name]), *_key({"pk": start["pk"], "sk": start["sk"]}))
            if backwards:
                high = min(high, bisect_left(entries, after))
            else:
                low = max(low, bisect_right(entries, after))
        for at in range(high - 1, low - 1, -1) if backwards else range(low, high):
            item = index.items[entries[at][1:]][2]
            yield item, {name: item[name] for name in ("pk", "sk", index.hash_name, index.range_name)}

    def _seen(self, place: Key, sight: Sight | None) -> Kept | None:
        """Return an item as a call sees it: one that reads consistently has no sight of older versions."""
        if sight and place in self.older and self.now() - self.older[place][0] < STALE_SECONDS and sight.versions():
            return self.older[place][1]
        return self.partitions.get(place[0], {}).get(place[1])

    def _lately_gone(self, pk: str) -> list[str]:
        return [sk for sk in self.gone.get(pk, ()) if self.now() - self.older[pk, sk][0] < STALE_SECONDS]

    # ---------------------------------------------------------------- writing

    def put_item(self, request: Request, sight: Sight) -> Any:
        self._check(request, *_PUT)
        place, after = self._put(request, "PutItem", _single("PutItem"))
        self._write(place, after, sight)
        return {}

    def update_item(self, request: Request, sight: Sight) -> Any:
        self._check(request, *_UPDATE, "ReturnValues")
        place, after, touched = self._update(request, "UpdateItem", _single("UpdateItem"))
        self._write(place, after, sight)
        match request.get("ReturnValues", "NONE"):
            case "NONE":
                return {}
            case "UPDATED_NEW":
                return {"Attributes": {name: after[name] for name in touched if name in after}}
        raise Unmodelled(f"ReturnValues {request['ReturnValues']}")

    def transact_write_items(self, request: Request, sight: Sight) -> Any:
        _only(request, "TransactItems", "ClientRequestToken")
        token = request["ClientRequestToken"]
        if token in self.tokens and self.now() - self.tokens[token][0] < TOKEN_SECONDS:
            if self.tokens[token][1] != request["TransactItems"]:
                raise refused("TransactWriteItems", "IdempotentParameterMismatchException", "another transaction")
            return {}
        writes = self._transaction(request["TransactItems"], sight.held(len(request["TransactItems"])))
        for place, after in writes:
            self._write(place, after, sight)
        self.tokens[token] = (self.now(), request["TransactItems"])
        return {}

    def _transaction(
        self, items: Sequence[Mapping[str, Any]], held: Mapping[int, str]
    ) -> list[tuple[Key, Kept | None]]:
        """Return what a transaction writes.

        Raises:
            ClientError: conditions do not hold, or others hold some of the items; or it is not one.
        """
        if not 1 <= len(items) <= MAX_TRANSACTION:
            raise refused("TransactWriteItems", "ValidationException", "from 1 to 100 items")
        writes: list[tuple[Key, Kept | None]] = []
        reasons: list[dict[str, Any]] = []
        for item in items:
            reason: dict[str, Any] = {"Code": "None"}
            [(action, request)] = item.items()
            try:
                writes.append(self._asked(action, request))
            except _ConditionFailed as failed:
                writes.append((failed.place, None))
                reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
                if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and failed.found is not None:
                    reason["Item"] = failed.found
            reasons.append(reason)
        if len({place for place, _ in writes}) != len(writes):
            raise refused("TransactWriteItems", "ValidationException", "one item twice in a transaction")
        if sum(after.size for _, after in writes if after) > MAX_TRANSACTION_BYTES:
            raise refused("TransactWriteItems", "ValidationException", "more than 4 MB")
        for at, why in held.items():
            reasons[at] = {"Code": why, "Message": "held by others"}
        if any(reason["Code"] != "None" for reason in reasons):
            raise cancelled(reasons)
        return writes

    def _asked(self, action: str, request: Request) -> tuple[Key, Kept | None]:
        old = "ReturnValuesOnConditionCheckFailure"
        operation = "TransactWriteItems"
        if action == "Put":
            self._check(request, *_PUT, old)
            return self._put(request, operation, _raise_failed)
        if action == "Update":
            self._check(request, *_UPDATE, old)
            place, updated_item, _ = self._update(request, operation, _raise_failed)
            return place, updated_item
        if action == "Delete":
            self._check(request, *_DELETE, old)
            place = _key(request["Key"])
            self._check_condition(request, place, operation, _raise_failed)
            return place, None
        raise Unmodelled(f"{action} in a transaction")

    def _put(self, request: Request, operation: str, failed: "_Failed") -> tuple[Key, Kept]:
        item = request["Item"]
        place = _key({name: item[name] for name in ("pk", "sk") if name in item})
        self._check_condition(request, place, operation, failed)
        return place, self._kept(item, operation)

    def _update(self, request: Request, operation: str, failed: "_Failed") -> tuple[Key, Kept, set[str]]:
        place, names = _key(request["Key"]), _names(request)
        before = self.partitions.get(place[0], {}).get(place[1])
        condition = request.get("ConditionExpression")
        with _as_refusal(operation):
            met = condition is None or holds(condition, before or {}, names)
            after, touched = updated(request["UpdateExpression"], before or dict(request["Key"]), names)
            names.check_all_used()
        if not met:
            failed(place, before)
        if touched & {"pk", "sk"}:
            raise refused(operation, "ValidationException", "Cannot update attribute: it is part of the key")
        return place, self._kept(after, operation), touched

    def _check_condition(self, request: Request, place: Key, operation: str, failed: "_Failed") -> None:
        names, item = _names(request), self.partitions.get(place[0], {}).get(place[1])
        with _as_refusal(operation):
            met = "ConditionExpression" not in request or holds(request["ConditionExpression"], item or {}, names)
            names.check_all_used()
        if not met:
            failed(place, item)

    def _kept(self, item: Mapping[str, Any], operation: str) -> Kept:
        """Return an item as it is kept: numbers as they are told, bytes in base64."""
        with _as_refusal(operation):
            kept = Kept({name: _kept_value(typed) for name, typed in item.items()})
        if kept.size > MAX_ITEM_BYTES:
            raise refused(operation, "ValidationException", "Item size has exceeded the maximum allowed size")
        return kept

    def _write(self, place: Key, after: Kept | None, sight: Sight) -> None:
        pk, sk = place
        partition = self.partitions.setdefault(pk, {})
        now = self.now()
        self.older[place] = (now, partition.get(sk))
        self.written.append((now, place, after))
        if after is None:
            if partition.pop(sk, None) is not None:
                self.gone.setdefault(pk, set()).add(sk)
        else:
            partition[sk] = after
        if not partition:
            del self.partitions[pk]
        for index in self.indexes.values():
            index.hear(place, after, now, sight.lag)

    def end(self, chance: Callable[[], bool]) -> int:
        """Remove items whose time is over, if `chance` says so of each: TTL is late. Answers how many."""
        now, sight = self.now(), Sight()
        over = [
            (pk, sk)
            for pk, partition in self.partitions.items()
            for sk, item in partition.items()
            if "expires_at" in item and int(item["expires_at"]["N"]) <= now and chance()
        ]
        for place in over:
            self._write(place, None, sight)
        return len(over)

    def _check(self, request: Request, *known: str) -> None:
        _only(request, "TableName", *known)
        if request["TableName"] != self.name:
            raise Unmodelled(f"another table: {request['TableName']}")


_EXPRESSIONS = ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues")
_PUT = ("Item", *_EXPRESSIONS)
_UPDATE = ("Key", "UpdateExpression", *_EXPRESSIONS)
_DELETE = ("Key", *_EXPRESSIONS)

_Failed = Callable[[Key, "Kept | None"], None]
"""What becomes of a condition that does not hold: of which item, and what that is."""


class _ConditionFailed(Exception):  # noqa: N818 - reads as what it says
    def __init__(self, place: Key, found: Kept | None) -> None:
        self.place = place
        self.found = found


def _raise_failed(place: Key, found: Kept | None) -> None:
    raise _ConditionFailed(place, found)


def _single(operation: str) -> _Failed:
    def failed(_: Key, __: Kept | None) -> None:
        raise refused(operation, "ConditionalCheckFailedException", "The conditional request failed")

    return failed


@contextmanager
def _as_refusal(operation: str) -> Iterator[None]:
    try:
        yield
    except InvalidExpression as error:
        raise refused(operation, "ValidationException", str(error)) from error


def refused(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """Return what the client raises where a service refuses."""
    about: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(about, operation)


def cancelled(reasons: Sequence[Mapping[str, Any]]) -> ClientError:
    """Return what the client raises where a transaction was cancelled."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    error = refused(
        "TransactWriteItems",
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
    )
    told: Any = error.response
    told["CancellationReasons"] = list(reasons)
    return error


def _index(told: Mapping[str, Any]) -> Index:
    names = {key["KeyType"]: key["AttributeName"] for key in told["KeySchema"]}
    shown = {"pk", "sk", *names.values(), *told["Projection"].get("NonKeyAttributes", ())}
    if told["Projection"]["ProjectionType"] not in ("INCLUDE", "KEYS_ONLY"):
        raise Unmodelled("an index of all attributes")
    return Index(names["HASH"], names["RANGE"], frozenset(shown))


def _only(request: Request, *known: str) -> None:
    if not request.keys() <= set(known):
        raise Unmodelled(f"parameters that are not known: {sorted(request.keys() - set(known))}")


def _names(request: Request) -> Names:
    return Names(request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {}))


def _key(told: Mapping[str, Any]) -> Key:
    if told.keys() != {"pk", "sk"} or not told["pk"].get("S") or not told["sk"].get("S"):
        raise refused("Any", "ValidationException", "The provided key element does not match the schema")
    pk, sk = told["pk"]["S"], told["sk"]["S"]
    if len(pk.encode()) > MAX_PARTITION_KEY_BYTES or len(sk.encode()) > MAX_SORT_KEY_BYTES:
        raise refused("Any", "ValidationException", "Size of a key has exceeded the maximum size limit")
    return pk, sk


def _key_of(place: Key) -> Attributes:
    return {"pk": {"S": place[0]}, "sk": {"S": place[1]}}


def _kept_value(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    [(kind, value)] = typed.items()
    if kind == "N":
        told = number(value)
        return typed if told is value else {"N": told}
    if kind == "B":
        return {"B": base64.b64encode(value).decode() if isinstance(value, bytes) else value}
    if kind not in ("S", "BOOL", "L"):
        raise Unmodelled(f"a value of type {kind}")
    return typed


def _page(rows: Any, request: Request) -> Any:
    """Return a page of items: as many as there may be, and where the next one goes on."""
    limit, size = request.get("Limit"), 0
    items: list[Attributes] = []
    last: Kept | None = None
    for item, key in rows:
        if (limit is not None and len(items) >= limit) or size > MAX_PAGE_BYTES:
            return {"Items": items, "Count": len(items), "LastEvaluatedKey": last}
        items.append(item)
        size += item.size
        last = key
    if limit is not None and len(items) == limit and items:
        return {"Items": items, "Count": len(items), "LastEvaluatedKey": last}  # DynamoDB does not look any further
    return {"Items": items, "Count": len(items)}
