"""The table in DynamoDB: one thin class over the low-level client. Errors of the SDK become the engine's own in one
place."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.attributes import Item, key_of, pack, pack_key, unpack
from loyalty.store.backoff import Backoff
from loyalty.store.keys import EXPIRY_INDEX, JOURNAL_INDEX, Key
from loyalty.store.sdk_errors import ConditionFailed, InUse, refuse_if_busy, write_failures
from loyalty.store.table import MAX_BATCH_GET, in_flight
from loyalty.store.writes import Put, Write, addition_request, put_request, transact_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_READS = 5
"""How often at most keys that DynamoDB leaves unread are asked for."""

_BUSY = Problem(Code.RETRY_LATER, "The storage is busy. Nothing was lost; send the same request again.")
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


class DynamoTable:
    """The single table.

    Every method raises `Refused` with RETRY_LATER where DynamoDB is throttling or out of reach for longer than the
    client's own retries last, or an item in use by others for longer than a `Backoff`; other errors of the SDK are
    faults on our side and pass through.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def forget(self) -> None:
        """Close the connections; the next call opens one."""
        self.client.close()

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """Return the item at `key`, None if there is none."""
        with refuse_if_busy(_BUSY, _RETRYABLE):
            answer = self.client.get_item(TableName=self.name, Key=pack_key(key), ConsistentRead=consistent)
        return unpack(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """Return the items at `keys`, as many as exist, in as few calls as possible, several at a time. Which keys go
        into which call follows from the keys alone, not from the order of a set.

        Raises:
            Refused: RETRY_LATER, if DynamoDB leaves keys unread time and again.
        """
        unread = [pack_key(key) for key in sorted(set(keys))]
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
        raise Refused(_BUSY)

    def _batch_get(self, keys: Sequence[Any], consistent: bool) -> tuple[dict[Key, Item], Sequence[Any]]:
        """Return the items at packed keys, and the keys that were left unread."""
        with refuse_if_busy(_BUSY, _RETRYABLE):
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": keys, "ConsistentRead": consistent}})
        items = [unpack(item) for item in answer["Responses"].get(self.name, ())]
        left = answer["UnprocessedKeys"].get(self.name)
        return {key_of(item): item for item in items}, left["Keys"] if left else ()

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """Return all items of a partition, in the order of their sort keys."""
        query = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": pack({":pk": pk}),
            "ConsistentRead": consistent,
        }
        return self._pages(self.client.query, query)

    def due(self, shard: str, month: str) -> Iterator[Item]:
        """Return the keys of those wallets in a shard of the expiry index of which something expires with the end of
        `month` or should have before, the longest due first (eventually consistent)."""
        query = {
            "IndexName": EXPIRY_INDEX,
            "KeyConditionExpression": "expiry_shard = :shard AND expires <= :month",
            "ExpressionAttributeValues": pack({":shard": shard, ":month": month}),
        }
        return self._pages(self.client.query, query)

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        """Return at most `limit` journal items of an account, newest first, with a sequence number below `before`."""
        query: dict[str, Any] = {
            "IndexName": JOURNAL_INDEX,
            "KeyConditionExpression": "account_id = :account",
            "ExpressionAttributeValues": pack({":account": account_id}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if before is not None:
            query["KeyConditionExpression"] += " AND #sequence < :before"
            query["ExpressionAttributeNames"] = {"#sequence": "sequence"}
            query["ExpressionAttributeValues"] |= pack({":before": before})
        with refuse_if_busy(_BUSY, _RETRYABLE):
            answer = self.client.query(TableName=self.name, **query)
        return [unpack(item) for item in answer["Items"]]

    def scan(self) -> Iterator[Item]:
        """Return every item, in no order, read consistently page by page."""
        return self._pages(self.client.scan, {"ConsistentRead": True})

    def put(self, put: Put) -> bool:
        """Write one item; False, and nothing written, where its condition does not hold."""
        try:
            self._write(self.client.put_item, put_request(self.name, put), Backoff())
        except ConditionFailed:
            return False
        return True

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """Add to counters of an item, which start at zero; return what they are now."""
        request = addition_request(self.name, key, amounts, {}) | {"ReturnValues": "UPDATED_NEW"}
        counters = unpack(self._write(self.client.update_item, request, Backoff())["Attributes"])
        return {name: int(counters[name]) for name in amounts}

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """Do all of `writes` (at most 100, no key twice) or none. Where others are at work on the items, the same is
        sent again after each wait of `backoff`.

        Raises:
            ConditionFailed: a condition did not hold; nothing was written.
        """
        items = [transact_item(self.name, write) for write in writes]
        self._write(self.client.transact_write_items, {"TransactItems": items}, backoff or Backoff())

    def _write(self, write: Callable[..., Any], request: dict[str, Any], backoff: Backoff) -> Any:
        while True:
            try:
                with refuse_if_busy(_BUSY, _RETRYABLE), write_failures():
                    return write(**request)
            except InUse as in_use:
                if not backoff.wait():
                    raise Refused(_BUSY) from in_use

    def _pages(self, read: Callable[..., Any], parameters: dict[str, Any]) -> Iterator[Item]:
        start: dict[str, Any] = {}
        while True:
            with refuse_if_busy(_BUSY, _RETRYABLE):
                answer = read(TableName=self.name, **parameters, **start)
            yield from (unpack(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
