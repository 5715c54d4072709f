"""Loading a large programme: `python -m bench.programme`, two minutes. Process CPU of a container, and what it reads,
from a table that another process serves. `--layer FOLDER` measures the layer of another checkout beside it, such as
that of an earlier release.

Of the offers, six in ten name one or two business units; the others, and some of these, name up to five products.
Business units have random ids.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figure import Figure
from bench.memory import Memory
from bench.setting import ENVIRONMENT, ROOT, TABLE
from bench.stub import Answer, Call, serve
from bench.usage import tell, usage
from loyalty import exactjson
from loyalty.store import keys
from loyalty.store.attributes import key_of, pack, pack_key, size_of, unpack
from loyalty.store.memory_table import MemoryTable
from loyalty.store.programme_snapshot import read_version
from loyalty.usecases.reference.import_records import import_records

SIZES = ((5_000, 1_000), (20_000, 5_000))
"""Offers and business units."""

MAX_MS = 150
"""The goal for the largest of them, from its snapshot."""

PRODUCTS = 5_000
OUTLETS = 9
"""Of each merchant."""

BASKETS = 20
PAGE = 1_500
"""Records of a page: a megabyte, of this size."""

HEADERS = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "0" * 52}
READ_UNIT = 4096
"""Bytes that one unit of capacity reads, consistently; twice as many, eventually consistently."""

LAYER = ROOT / "layers" / "common"

Record = dict[str, Any]


def records(offers: int, units: int) -> list[Record]:
    """Return the records of a programme."""
    chance = random.Random(offers)
    shops = list(_shops(units, chance))
    schemes = [{"type": "reward_scheme", "id": f"SCHEME-{number}", "name": f"Scheme {number}"} for number in range(40)]
    return [
        {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"},
        *schemes,
        *shops,
        *({"type": "product", "id": f"P{number:06}", "code": f"P{number:06}"} for number in range(PRODUCTS)),
        *(_offer(number, shops, chance) for number in range(offers)),
    ]


def _shops(units: int, chance: random.Random) -> Iterator[Record]:
    for number in range(units // (OUTLETS + 1)):
        merchant = f"{chance.getrandbits(128):032X}"
        yield {"type": "business_unit", "id": merchant, "name": f"Merchant {number}", "code": f"M{number:05}"}
        for outlet in range(OUTLETS):
            name = {"name": f"Merchant {number}, shop {outlet}", "code": f"S{number:05}{outlet}"}
            own = f"{chance.getrandbits(128):032X}"
            yield {"type": "business_unit", "id": own, **name, "parent_business_unit": merchant}


def _offer(number: int, shops: list[Record], chance: random.Random) -> Record:
    conditions: Record = {}
    if chance.random() < 0.6:
        conditions["business_units"] = sorted({chance.choice(shops)["id"] for _ in range(chance.randint(1, 2))})
    if not conditions or chance.random() < 0.4:
        wanted = {f"P{chance.randrange(PRODUCTS):06}" for _ in range(chance.randint(1, 5))}
        conditions["products"] = sorted(wanted)
    return {
        "type": "reward_offer",
        "id": f"OFFER-{number:05}",
        "name": f"Offer {number}: {chance.randint(1, 20)}% of this week",
        "scheme": f"SCHEME-{number % 40}",
        "effective_from": f"2026-01-{chance.randint(1, 28):02}T00:00:00",
        "priority": chance.randint(0, 9),
        "conditions": conditions,
        "award": {"method": "PERCENTAGE", "value": chance.randint(1, 40) / 2},
        **({"limits": {"per_account": chance.randint(1, 5), "period": "P1M"}} if chance.random() < 0.3 else {}),
    }


@dataclass(slots=True)
class Metered(Memory):
    """A table that reckons what reading it takes, in units of capacity, and tells the calls. It answers queries page by
    page, as DynamoDB does."""

    read: float = 0.0
    calls: list[str] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        """Return what DynamoDB would answer."""
        asked = json.loads(call.body)
        told = self._page(asked) if call.operation == "Query" else Memory.answer(self, call)
        found = json.loads(told[2])
        asked = asked.get("RequestItems", {}).get(TABLE, asked)
        each = [found["Item"]] if "Item" in found else found.get("Responses", {}).get(TABLE, [])
        sizes = [_size(item) for item in each] or [sum(map(_size, found.get("Items", ())))]
        units = sum(max(1, -(-size // READ_UNIT)) for size in sizes)
        self.calls.append(call.operation)
        self.read += units * (1 if asked.get("ConsistentRead") else 0.5)
        return told

    def _page(self, asked: Any) -> Answer:
        """Return a page of the programme's records, which are all that is queried."""
        if not self.pages:
            own = sorted((sk, item) for (pk, sk), item in self.items.items() if pk == keys.PROGRAMME_VERSION.pk)
            self.pages = [[item for _, item in own[at : at + PAGE]] for at in range(0, len(own), PAGE)]
        number = int(asked.get("ExclusiveStartKey", {"page": {"N": "0"}})["page"]["N"])
        more = {"LastEvaluatedKey": {"page": {"N": str(number + 1)}}} if number + 1 < len(self.pages) else {}
        return 200, HEADERS, json.dumps({"Items": self.pages[number], **more}).encode()


def _size(item: Any) -> int:
    return size_of(unpack(item))


def table_of(programme: list[Record]) -> MemoryTable:
    """Return a table into which a programme was imported."""
    table = MemoryTable()
    told = import_records((exactjson.dumps(one).encode() for one in programme), table=table, now=datetime.now(UTC))
    assert not told.refused, told.refused[:3]
    return table


def items_of(table: MemoryTable, *, published: bool) -> Metered:
    """Return its items as DynamoDB has them; if it is not to be `published`, as an older version leaves them."""
    version = read_version(table, consistent=True)
    own = {keys.PROGRAMME_VERSION: {"version": version.version}} if not published else {}
    items = {key_of(item): item for item in table.partition(keys.PROGRAMME_VERSION.pk)} | own
    items |= table.get_many(version.part_keys) if published else {}
    told = {(key.pk, key.sk): {**pack_key(key), **pack(item)} for key, item in items.items()}
    return Metered({place: json.loads(exactjson.dumps(item)) for place, item in told.items()})


def measure(table: Metered, baskets: Sequence[Any], layer: Path) -> dict[str, Any]:
    """Return what bench/ours/programme.py measures; `read` and `calls` are of one round of it."""
    path = os.pathsep.join([str(layer), *sys.path])
    with serve(table.answer) as url:
        process = subprocess.run(
            [sys.executable, str(ROOT / "bench" / "ours" / "programme.py"), json.dumps(baskets)],
            env=ENVIRONMENT | {"AWS_ENDPOINT_URL": url, "PATH": os.environ["PATH"], "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    told: dict[str, Any] = json.loads(process.stdout)
    calls = Counter(table.calls)
    shown = ", ".join(f"{count // told['rounds']} {name}" for name, count in calls.items())
    return told | {"read": table.read / told["rounds"], "calls": shown}


def baskets_at(programme: Sequence[Record]) -> list[tuple[str, str, list[str]]]:
    """Return purchases at some outlets."""
    chance = random.Random(1)
    outlets = [record for record in programme if record.get("parent_business_unit")]
    return [
        (shop["parent_business_unit"], shop["id"], [f"P{chance.randrange(PRODUCTS):06}" for _ in range(5)])
        for shop in (chance.choice(outlets) for _ in range(BASKETS))
    ]


def figures() -> Iterator[Figure]:
    """Yield what the largest programme takes to load from its snapshot."""
    offers, units = SIZES[-1]
    tell(what := f"loading a programme of {offers:,} offers")
    programme = records(offers, units)
    told = measure(items_of(table_of(programme), published=True), baskets_at(programme), LAYER)
    yield Figure(what, "ms CPU", MAX_MS, None, told["load"])
    yield Figure("", "read units", None, None, told["read"])


def main(layer: Path | None) -> int:
    """Print a table; 1 where the largest programme takes too long to load from its snapshot.

    Raises:
        AssertionError: purchases are awarded something else by one of the ways.
    """
    print(f"Python {sys.version.split()[0]} at {sys.executable}")
    print(f"offers  units  how                    ms CPU  {BASKETS} purchases      RCU  calls")
    for offers, units in SIZES:
        programme = records(offers, units)
        table, baskets = table_of(programme), baskets_at(programme)
        ways = [("its snapshot", True, LAYER), ("record by record", False, LAYER)]
        awarded = set()
        for name, published, own in [*ways, *([("record by record, LAYER", False, layer)] if layer else [])]:
            told = measure(items_of(table, published=published), baskets, own)
            awarded |= set(told["awarded"])
            if published:
                from_snapshot = told["load"]
            told_figures = f"{told['load']:8.0f}  {told['price']:12.1f}  {told['read']:7.1f}  {told['calls']}"
            print(f"{offers:6,}  {units:5,}  {name:23}{told_figures}", flush=True)
        assert len(awarded) == 1, awarded
    print(f"goal: {offers:,} offers from their snapshot in at most {MAX_MS} ms CPU")
    return int(from_snapshot > MAX_MS)


if __name__ == "__main__":
    parser = usage(__doc__)
    parser.add_argument("--layer", type=Path, help="the folder `layers/common` of another checkout")
    sys.exit(main(parser.parse_args().layer))
