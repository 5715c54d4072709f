"""What callers do: each operation is a function, registered here; it answers how many operations it counts for.

To add one, write a function that takes a `Caller`, and decorate it with `operation` and how often it is drawn beside
the others. Whatever it sends goes through `Caller.send`, which asks again as a client would until it has an answer.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from loyalty import exactjson
from tests.simulation.deployment import KNOWN
from tests.simulation.world import Answer, World
from tests.tables import scenario

UNKNOWN = frozenset({0, 429, 500, 502, 503, 504})
"""Statuses that say nothing of what became of a call: it is sent again."""

MAX_TRIES = 60
TOKEN_SECONDS = 3600.0
FEW = (1, 8)
MANY = (50, 1200)
MANY_SHARE = 0.02
"""Of files and bulk calls: as many rows as take several chunks, entries as take several transactions."""

ENTRIES_MAX = 100


class Stuck(Exception):  # noqa: N818 - reads as what it says
    """A call is not answered, however often it is sent."""


@dataclass(frozen=True)
class Told:
    """A call and what it was answered in the end, after so many tries, by a caller for a partner, between two times."""

    caller: str
    operation: str
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    answer: Answer
    tries: int
    began: float
    ended: float
    partner: str


@dataclass(frozen=True)
class SentFile:
    """A file that was dropped, when, and its rows: purchases or, in the folder of reference data, records."""

    key: str
    at: datetime
    rows: tuple[Mapping[str, Any], ...]


@dataclass
class Load:
    """What all callers of a run know: who there is to buy, what was bought, and what was answered."""

    api_keys: Mapping[str, str]
    wallets: list[str] = field(default_factory=list)
    bought: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """Purchases of the newest API, by their ids."""
    told: list[Told] = field(default_factory=list)
    files: list[SentFile] = field(default_factory=list)
    records: dict[tuple[str, str], list[Mapping[str, Any]]] = field(default_factory=dict)
    """All that files have said of a record, by its type and id."""
    operations: int = 0
    names: int = 0

    def name(self) -> str:
        """Return a name that nothing else has."""
        self.names += 1
        return str(self.names)

    def keep(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep what a file says of records."""
        for row in rows:
            if "type" in row:
                self.records.setdefault((row["type"], row["id"]), []).append(row)


@dataclass
class Caller:
    """A partner's software, which does one thing after the other."""

    name: str
    world: World
    load: Load
    chance: random.Random
    operation: str = ""
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def work(self, operations: int) -> None:
        """Do so many operations."""
        done = 0
        while done < operations:
            [chosen] = self.chance.choices(OPERATIONS, WEIGHTS)
            self.operation = chosen.__name__
            count = chosen(self)
            done += count
            self.load.operations += count

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, partner: str = "POS"
    ) -> Answer:
        """Send a call of the newest API until it is answered."""
        return self._asked(method, path, body, {"api_key": self.load.api_keys[partner], **(headers or {})}, partner)

    def send_classic(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, partner: str = "POS"
    ) -> Answer:
        """Send a call of the classic API until it is answered."""
        bearer = {"Authorization": f"Bearer {self._token(partner)}"}
        return self._asked("POST", path, body, {**bearer, **(headers or {})}, partner)

    def drop(self, key: str, rows: list[Mapping[str, Any]], data: bytes) -> None:
        """Put a file into the upload bucket."""
        self.world.put_file(KNOWN["UploadBucket"], key, data)
        self.load.files.append(SentFile(key, self.world.time(), tuple(rows)))
        self.load.keep(rows)

    def wallet(self) -> str:
        """Return somebody to buy."""
        return self.chance.choice(self.load.wallets)

    def count(self) -> int:
        """Return of how many rows a file is: few as a rule, many at times."""
        return self.chance.randint(*(MANY if self.chance.random() < MANY_SHARE else FEW))

    def now(self) -> datetime:
        """Return when something was performed: a while ago."""
        return datetime.fromtimestamp(int(self.world.scheduler.now), UTC) - timedelta(minutes=self.chance.randrange(60))

    def _token(self, partner: str) -> str:
        until, text = self._tokens.get(partner, (0.0, ""))
        if self.world.scheduler.now >= until:
            until = self.world.scheduler.now + TOKEN_SECONDS
            key = {"api_key": self.load.api_keys[partner]}
            answer = self._asked("POST", "/authentication/web_api_key/token", None, key, partner)
            text = answer.body["data"]["token"]
            self._tokens[partner] = (until, text)
        return text

    def _asked(self, method: str, path: str, body: Any, headers: Mapping[str, str], partner: str) -> Answer:
        began = self.world.scheduler.now
        text = body if body is None or isinstance(body, str) else exactjson.dumps(body)
        for tries in range(1, MAX_TRIES + 1):
            answer = self.world.request(method, path, text, headers)
            if answer.status not in UNKNOWN:
                told = Told(
                    self.name,
                    self.operation,
                    method,
                    path,
                    body,
                    headers,
                    answer,
                    tries,
                    began,
                    self.world.scheduler.now,
                    partner,
                )
                self.load.told.append(told)
                return answer
            self.world.scheduler.sleep(self.chance.uniform(0.05, 0.5 * tries))
        raise Stuck(f"{method} {path}: {answer.status}")


Operation = Callable[[Caller], int]

OPERATIONS: list[Operation] = []
WEIGHTS: list[int] = []


def operation(weight: int) -> Callable[[Operation], Operation]:
    """Register an operation, which is drawn so often beside the others."""

    def register(chosen: Operation) -> Operation:
        OPERATIONS.append(chosen)
        WEIGHTS.append(weight)
        return chosen

    return register


@operation(30)
def create_purchase(caller: Caller) -> int:
    """Post a purchase, known by its reference number or by an id of the caller's."""
    name = caller.load.name()
    fields = {"id": f"GIVEN-{name}"} if caller.chance.random() < 0.3 else {}
    return _create(caller, _purchase(caller, name, **fields))


@operation(8)
def create_again(caller: Caller) -> int:
    """Post a purchase that was posted before: as it was, or with other goods under the same name."""
    if not caller.load.bought:
        return create_purchase(caller)
    _, body = caller.chance.choice(caller.load.bought)
    if caller.chance.random() < 0.3:
        body = {**body, "products": [scenario.line("CAKE", "77.07")]}
        caller.send("POST", "/purchases", body)
        return 1
    caller.send("POST", "/purchases", body)
    return 1


@operation(6)
def spend(caller: Caller) -> int:
    """Post a purchase that spends, maybe more than there is."""
    amount = Decimal(caller.chance.choice(("0.5", "2.12", "7", "40")))
    return _create(caller, _purchase(caller, caller.load.name(), spend_request={"amount": amount}))


@operation(6)
def preview_purchase(caller: Caller) -> int:
    """Ask what a purchase would do."""
    caller.send("POST", "/purchases/preview", _purchase(caller, caller.load.name()))
    return 1


@operation(6)
def show_purchase(caller: Caller) -> int:
    """Look at a purchase."""
    if caller.load.bought:
        caller.send("GET", f"/purchases/{caller.chance.choice(caller.load.bought)[0]}")
    return 1


@operation(5)
def cancel_purchase(caller: Caller) -> int:
    """Cancel a purchase, which may be cancelled already."""
    if caller.load.bought:
        caller.send("POST", f"/purchases/{caller.chance.choice(caller.load.bought)[0]}/cancel")
    return 1


@operation(8)
def return_products(caller: Caller) -> int:
    """Return goods, which may be returned already."""
    if caller.load.bought:
        purchase_id, body = caller.chance.choice(caller.load.bought)
        place = caller.chance.randrange(len(body["products"]))
        quantity = {"quantity": 1} if caller.chance.random() < 0.6 else {}
        back = {"reference_number": f"RET-{caller.load.name()}", "products": [{"line": place, **quantity}]}
        caller.send("POST", f"/purchases/{purchase_id}/returns", back)
    return 1


@operation(6)
def show_wallet(caller: Caller) -> int:
    """Look at a wallet."""
    caller.send("GET", f"/wallets/N-{caller.wallet()}")
    return 1


@operation(3)
def show_journal(caller: Caller) -> int:
    """Look at a wallet's journal, a page or all of it."""
    path = f"/wallets/N-{caller.wallet()}/journal"
    limit = caller.chance.choice(("", "?limit=3"))
    answer = caller.send("GET", f"{path}{limit}")
    if limit and answer.status == 200 and answer.body["next"]:
        caller.send("GET", f"{path}{limit}&next={answer.body['next']}")
    return 1


@operation(10)
def classic_create(caller: Caller) -> int:
    """Post a purchase of the classic API, under a key."""
    name = caller.load.name()
    call = scenario.classic(name, caller.now(), {"number": f"N-{caller.wallet()}"}, key=f"KEY-{name}")
    caller.send_classic("/customer_events/purchases/create", call.body, call.headers)
    return 1


@operation(4)
def classic_bulk(caller: Caller) -> int:
    """Post many purchases of the classic API in one call, under a key."""
    name, count = caller.load.name(), min(caller.count(), ENTRIES_MAX)
    entries = [
        scenario.entry(
            str(place),
            caller.now(),
            f"BULK-{name}-{place}",
            accounts_receivable_identifier={"number": f"N-{caller.wallet()}"},
        )
        for place in range(count)
    ]
    call = scenario.bulk(name, entries, f"KEY-{name}")
    caller.send_classic("/customer_events/bulk/purchases/create", call.body, call.headers, partner="OFFICE")
    return count


@operation(3)
def upload(caller: Caller) -> int:
    """Drop a file of purchases, in JSON Lines or CSV; some of its rows were sent before."""
    name, count = caller.load.name(), caller.count()
    rows = [_row(caller, f"{name}-{place}") for place in range(count)]
    if caller.load.bought and caller.chance.random() < 0.3:
        rows.append(dict(caller.chance.choice(caller.load.bought)[1]))
    if caller.chance.random() < 0.5:
        data = _lines(rows)
        caller.drop(f"uploads/OFFICE/{name}.jsonl", list(rows), data)
    else:
        rows = [_row(caller, f"{name}-{place}") for place in range(count)]
        caller.drop(f"uploads/OFFICE/{name}.csv", list(rows), _csv(rows))
    return count


@operation(1)
def import_customer(caller: Caller) -> int:
    """Drop a file of records of somebody new, who buys at once; the programme is another one from then on."""
    name = f"W{caller.load.name()}"
    records = customer(name, caller.chance.randint(0, 40))
    records.append({"type": "reward_scheme", "id": "SALES", "name": f"Sales {name}"})
    caller.drop(f"reference/{name}.jsonl", list(records), _lines(records))
    caller.load.wallets.append(name)
    return len(records)


def customer(name: str, balance: int) -> list[dict[str, Any]]:
    """Return the records of a customer whose wallet holds this much."""
    records: list[dict[str, Any]] = [
        {"type": "contact", "id": f"C-{name}"},
        {"type": "account", "id": f"A-{name}", "number": f"N-{name}", "contact": f"C-{name}"},
        {"type": "access_token", "id": f"T-{name}", "account": f"A-{name}", "authentication_code": f"CIM-{name}"},
    ]
    if balance:
        opening = {"account": f"A-{name}", "amount": balance, "performed_on": "2026-01-01T00:00:00"}
        records.append({"type": "opening_balance", "id": f"O-{name}", **opening})
    return records


def _lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(f"{exactjson.dumps(row)}\n" for row in rows).encode()


def _create(caller: Caller, body: Mapping[str, Any]) -> int:
    answer = caller.send("POST", "/purchases", body)
    if answer.status == 200:
        caller.load.bought.append((answer.body["id"], body))
    return 1


def _purchase(caller: Caller, name: str, **fields: Any) -> dict[str, Any]:
    merchant, chance = caller.chance.choice(("CF", "CF", "BK", "KI")), caller.chance
    goods = [
        scenario.line(
            chance.choice(("TEA", "CAKE", "NOVEL")), f"{chance.randint(50, 6000) / 100:.2f}", chance.randint(1, 3)
        )
        for _ in range(chance.randint(1, 3))
    ]
    wallet = caller.wallet()
    shown = {"contact_id": f"C-{wallet}"} if chance.random() < 0.2 else {"cim": f"CIM-{wallet}"}
    when = caller.now() if chance.random() < 0.7 else None
    body: dict[str, Any] = scenario.newest(name, when, merchant=merchant, products=goods, **shown, **fields).body
    return body


def _row(caller: Caller, name: str) -> dict[str, Any]:
    merchant = caller.chance.choice(("CF", "BK", "KI"))
    goods = [
        scenario.line(caller.chance.choice(("TEA", "CAKE", "NOVEL")), f"{caller.chance.randint(50, 2000) / 100:.2f}")
    ]
    shown = {"cim": f"CIM-{caller.wallet()}"}
    body: dict[str, Any] = scenario.newest(name, caller.now(), merchant=merchant, products=goods, **shown).body
    return body


COLUMNS = (
    "cim",
    "reference_number",
    "performed_on",
    "merchant_tap.code",
    "products.product_sku",
    "products.quantity",
    "products.net_amount",
    "products.tax_amount",
    "products.total_amount",
)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    lines = [",".join(COLUMNS)]
    for row in rows:
        [goods] = row["products"]
        cells = (
            row["cim"],
            row["reference_number"],
            row["performed_on"],
            row["merchant_tap"]["code"],
            *(goods[name.partition(".")[2]] for name in COLUMNS[4:]),
        )
        lines.append(",".join(map(str, cells)))
    return ("\n".join(lines) + "\n").encode()
