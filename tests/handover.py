"""Merchants whose codes change hands, and containers that know it or not."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Refused
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.events import Event, event_of, is_event
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.reservations import is_reservation
from loyalty.store.writes import Put, Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchase, post_purchases
from loyalty.usecases.reference.import_records import import_records

Body = dict[str, Any]

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PARTNER = Partner("P", frozenset(), frozenset({"*"}))
OUTLETS = {"A1": "A", "A2": "A", "B1": "B", "C1": "C"}
"""With their merchants."""
PROGRAMME: list[Body] = [
    {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"},
    *({"type": "business_unit", "id": name, "name": name} for name in "ABC"),
    *(
        {"type": "business_unit", "id": name, "name": name, "parent_business_unit": merchant}
        for name, merchant in OUTLETS.items()
    ),
    {"type": "product", "id": "TEA", "code": "TEA"},
    *({"type": "account", "id": name, "number": name, "contact": f"C-{name}"} for name in "12"),
    *({"type": "contact", "id": f"C-{name}"} for name in "12"),
]
CODES = ("X", "Y")
CONTAINERS = OLD, NEW = 0, 1
"""Of which either may know a programme that is newer than the other's."""


def request(code: str, customer: str, quantity: int, own_id: str | None) -> Body:
    """Return one of the requests that all have the same reference number."""
    line = {"product_sku": "TEA", "quantity": quantity, "net_amount": 1, "tax_amount": 0, "total_amount": 1}
    tap = {"outlet_tap": {"code": code}}
    return {"id": own_id, "contact_id": f"C-{customer}", "reference_number": "R", "products": [line], **tap}


REQUESTS = [
    request(code, customer, quantity, own_id)
    for code, customer, quantity, own_id in (
        ("X", "1", 1, None),
        ("X", "1", 2, None),
        ("Y", "1", 1, None),
        ("Y", "2", 1, None),
        ("X", "1", 1, "I"),
        ("Y", "1", 1, "I"),
    )
]


class Listed(MemoryTable):
    """A table that tells all that it holds."""

    def items(self) -> list[Item]:
        """Return all items, with their keys."""
        return [
            {**item, "pk": pk, "sk": sk}
            for pk, partition in self._written.items()
            for sk, item in partition.items()
            if item
        ]


class Watched(MemoryTable):
    """A container's view of the table, before whose n-th call something else happens, once."""

    def __init__(self, table: MemoryTable) -> None:
        super().__init__()
        self.table = table
        self.left = 0
        self.between: Callable[[], None] = lambda: None

    def _call(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.between()

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        self._call()
        return self.table.get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        self._call()
        return iter(list(self.table.partition(pk, consistent=consistent)))

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        self._call()
        self.table.transact(writes, backoff)

    def put(self, put: Put) -> bool:
        return self.table.put(put)

    def add(self, key: Key, amounts: Any) -> dict[str, int]:
        return self.table.add(key, amounts)


@dataclass
class World:
    """A table, and containers that know a programme of it until they are told to look again."""

    table: Listed = field(default_factory=Listed)
    views: list[Watched] = field(default_factory=list)
    containers: list[Engine] = field(default_factory=list)
    answers: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bring(PROGRAMME)
        self.views = [Watched(self.table) for _ in CONTAINERS]
        self.containers = [Engine.on(view, pause=lambda _: None) for view in self.views]
        for at in CONTAINERS:
            self.move(("A1", "B1"), at)

    def bring(self, records: list[Body]) -> None:
        lines = [exactjson.dumps(record).encode() for record in records]
        assert not import_records(lines, table=self.table, now=NOW).refused

    def move(self, owners: Sequence[str], knowing: int) -> None:
        """Give the codes to these outlets, in one transaction, of which a container knows at once."""
        codes = dict(zip(owners, CODES, strict=True))
        units = [record for record in PROGRAMME if record["id"] in OUTLETS]
        self.bring([{**record, "code": codes.get(record["id"])} for record in units])
        self.refresh(knowing)

    def refresh(self, at: int) -> None:
        """Let a container look for a newer programme."""
        self.containers[at].catalogue.renew(NOW, at_once=True)

    def post(self, at: int, bodies: Sequence[Body], now: datetime = NOW) -> list[Code | None]:
        """Post requests together at a container; return the code of each refusal."""
        requests = [read_purchase(body, now) for body in bodies]
        outcomes = list[Any]()
        if len(requests) == 1:
            try:
                outcomes = [post_purchase(self.containers[at], requests[0], PARTNER, now=now)]
            except Refused as refused:
                outcomes = [refused]
        else:
            outcomes = list(post_purchases(self.containers[at], requests, PARTNER, now=now))
        for body, outcome in zip(bodies, outcomes, strict=True):
            if not isinstance(outcome, Refused):
                self.answers.setdefault(exactjson.dumps(body), set()).add(outcome.event.entry.event_id)
        return [outcome.problems[0].code if isinstance(outcome, Refused) else None for outcome in outcomes]

    def told(self, body: Body) -> set[str]:
        """Return the ids that were told of a request."""
        return self.answers.get(exactjson.dumps(body), set())

    def events(self) -> list[Event]:
        """Return all events, in no order."""
        return [event_of(item) for item in self.table.items() if is_event(item)]

    def reserved(self) -> list[Item]:
        """Return the items that just reserve an id."""
        return [item for item in self.table.items() if is_reservation(item)]


Step = Callable[[World], Any]


def posting(at: int, bodies: list[Body], nth: int, between: Step) -> Step:
    """Return the step that posts requests at a container, and does another one before the n-th call of the table, if
    there are as many; it tells whether there were."""

    def step(world: World) -> bool:
        view = world.views[at]
        view.left, view.between = nth, lambda: between(world)
        world.post(at, bodies)
        was_disturbed, view.left = view.left <= 0, 0
        return was_disturbed

    return step
