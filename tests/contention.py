"""Many callers at once whose purchases all want one item: a counter (an offer's budget, and uses of a promo code), or a
wallet.

No emulator here answers TransactionConflict, so the table is one of ours, in the process, in which a transaction takes
its items for 10 ms and refuses any other one that wants one of them meanwhile. Time is not the machine's but reckoned:
whoever waits is woken when it is his turn, and whatever else the engine does takes none. So a run comes out the same
wherever it runs, and says nothing of how fast the engine is.
"""

import heapq
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Refused
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records

READ_SECONDS = 0.005
TRANSACTION_SECONDS = 0.010
CONFLICT_SECONDS = 0.005
"""Until a transaction is told that others are at work on its items."""

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PARTNER = Partner("P", frozenset(), frozenset({"*"}))


class ReckonedTime:
    """Time that passes only while all who work in it wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self._order = count()
        self._waiting: list[tuple[float, int, Event]] = []

    def run(self, works: Iterable[Callable[[], None]]) -> None:
        """Do all of `works` at the same time; returns when they are done."""
        work = [(work, self._turn(0)) for work in works]
        with ThreadPoolExecutor(len(work)) as threads:
            done = [threads.submit(self._do, *one) for one in work]
            self._wake()
        for one in done:
            one.result()

    def sleep(self, seconds: float) -> None:
        """Let others work until so many seconds have passed."""
        turn = self._turn(seconds)
        self._wake()
        turn.wait()

    def _turn(self, seconds: float) -> Event:
        turn = Event()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._order), turn))
        return turn

    def _wake(self) -> None:
        if self._waiting:
            self.now, _, turn = heapq.heappop(self._waiting)
            turn.set()

    def _do(self, work: Callable[[], None], turn: Event) -> None:
        turn.wait()
        try:
            work()
        finally:
            self._wake()


class ContendedTable(DynamoTable):
    """A table whose transactions meet, as DynamoDB's do; what was written lies in `items`."""

    def __init__(self, items: MemoryTable, time: ReckonedTime) -> None:  # it has neither a client nor a name
        self.transactions = 0
        self._items = items
        self._time = time
        self._in_use: set[Key] = set()

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        """As `Table.get`."""
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`; without keys there is no request."""
        if keys:
            self._time.sleep(READ_SECONDS)
        return self._items.get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`."""
        self._time.sleep(READ_SECONDS)
        return self._items.partition(pk, consistent=consistent)

    def add(self, key: Key, amounts: Mapping[str, int]) -> dict[str, int]:
        """As `Table.add`."""
        self._time.sleep(READ_SECONDS)
        return self._items.add(key, amounts)

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`, with all that a table makes of a conflict."""
        self._write(self._transact_once, {"writes": writes}, backoff or Backoff(self._time.sleep))

    def _transact_once(self, writes: Sequence[Write]) -> None:
        self.transactions += 1
        wanted = {write.key for write in writes}
        if not wanted.isdisjoint(self._in_use):
            self._time.sleep(CONFLICT_SECONDS)
            error: Any = {"Error": {"Code": "TransactionCanceledException"}}
            raise ClientError(error | {"CancellationReasons": [{"Code": "TransactionConflict"}]}, "TransactWriteItems")
        self._in_use |= wanted
        self._time.sleep(TRANSACTION_SECONDS)
        self._in_use -= wanted
        self._items.transact(writes)


@dataclass
class Crowd:
    """What became of the purchases of some callers: seconds that each took from call to answer; how many were rewarded,
    and how many put off (503); how many transactions there were, and how many seconds it all took."""

    seconds: list[float] = field(default_factory=list)
    rewarded: int = 0
    put_off: int = 0
    transactions: int = 0
    lasted: float = 0


def crowd(callers: int, purchases: int, *, budget: int = 1_000_000) -> tuple[Crowd, MemoryTable]:
    """Let so many callers, each with an account of his own, post so many purchases one after the other, each rewarded
    with 1 out of the `budget`, and with a promo code; answers what became of them, and the table after it."""

    def purchase(caller: int, reference_number: str) -> dict[str, Any]:
        return _purchase(caller, reference_number) | {"promo_code": "HOT"}

    return _crowd(callers, purchases, _records(callers, {"limits": {"budget": budget}}), purchase)


def crowd_of_one_wallet(callers: int, purchases: int) -> tuple[Crowd, MemoryTable]:
    """Let so many callers post so many purchases each of one account; answers as `crowd` does."""
    return _crowd(callers, purchases, _records(1, {}), lambda _, reference_number: _purchase(0, reference_number))


def _crowd(
    callers: int,
    purchases: int,
    records: Iterable[dict[str, Any]],
    purchase: Callable[[int, str], dict[str, Any]],
) -> tuple[Crowd, MemoryTable]:
    items, time, told = MemoryTable(), ReckonedTime(), Crowd()
    lines = [json.dumps(record).encode() for record in records]
    summary = import_records(lines, table=items, now=NOW)
    assert not summary.refused, summary.refused
    table = ContendedTable(items, time)

    def call(caller: int) -> None:
        engine = Engine.on(table, pause=time.sleep)
        # Not on the way: a cached property is no place to wait in, as Python 3.11 locks it.
        engine.numbers.reserve(purchases)
        for number in range(purchases):
            began = time.now
            request = read_purchase(purchase(caller, f"{caller}-{number}"), NOW)
            try:
                posting = post_purchase(engine, request, PARTNER, now=NOW)
            except Refused as refused:
                if refused.problems[0].code is not Code.RETRY_LATER:
                    raise
                told.put_off += 1
            else:
                told.rewarded += bool(posting.event.purchase_document.awards)
            told.seconds.append(time.now - began)

    time.run([lambda caller=caller: call(caller) for caller in range(callers)])  # type: ignore[misc]
    told.transactions, told.lasted = table.transactions, time.now
    return told, items


def _records(accounts: int, limits: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "currency", "id": "EUR", "code": "EUR", "exponent": 2, "role": "SYSTEM"}
    yield {"type": "business_unit", "id": "M", "code": "M", "name": "Merchant"}
    yield {"type": "product", "id": "COFFEE", "code": "COFFEE"}
    yield {"type": "reward_scheme", "id": "S", "name": "Scheme"}
    award = {"method": "FIXED", "value": 1}
    yield {"type": "reward_offer", "id": "O", "name": "O", "scheme": "S", "award": award, **limits}
    yield {"type": "promotion_campaign", "id": "C", "name": "Campaign"}
    code = {"id": "HOT", "code": "HOT", "promotion_campaign": "C", "maximum_uses": 1_000_000}
    yield {"type": "promo_code", **code}
    for caller in range(accounts):
        yield {"type": "account", "id": f"A{caller}", "number": f"N{caller}"}
        yield {"type": "access_token", "id": f"T{caller}", "account": f"A{caller}", "authentication_code": f"C{caller}"}


def _purchase(caller: int, reference_number: str) -> dict[str, Any]:
    return {
        "cim": f"C{caller}",
        "reference_number": reference_number,
        "merchant_tap": {"code": "M"},
        "products": [{"product_sku": "COFFEE", "net_amount": 10, "tax_amount": 2, "total_amount": 12}],
    }
