"""`python -m bench.growth`: how the cost of a purchase grows with its lines, with the lots of its wallet, with what was
used of limited offers before and with the programme; docs/performance.md has its figures from here. A minute.

Functions run in this process, over the emulator, which counts requests and capacity. Each figure is of a container that
is warm and has read the programme and the products; of the CPU, the least of several calls counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from types import ModuleType
from typing import Any

from bench.container import LambdaContext
from bench.emulated import Taken, emulator, load_function, stock_table, time_call
from bench.memory import item_bytes
from bench.setting import METHOD_ARN
from bench.usage import usage
from cli.target import AwsAccount
from loyalty import exactjson
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.keys import Key
from loyalty.usecases.reference.import_records import import_records

LINES = (1, 10, 100, 1000)
LOTS = (0, 1, 12, 60)
USES = (12, 60, 365)
OFFERS = (10, 100, 1000)
ROUNDS = 7
MERCHANT = "EK123456"

Body = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """The cost of purchases where something has grown to `size`; the event and the wallet in bytes, as DynamoDB counts
    them. The calls are to a warm container."""

    size: int
    posting: Taken
    preview: Taken
    event: int
    wallet: int

    def __str__(self) -> str:
        posted, previewed = self.posting, self.preview
        return (
            f"{self.size:7,}{1000 * posted.cpu_seconds:9.1f}{posted.requests:9}{posted.written:7.0f}{posted.read:7.1f}"
            f"{1000 * previewed.cpu_seconds:9.1f}{previewed.requests:9}{previewed.read:7.1f}"
            f"{self.event:9,}{self.wallet:8,}"
        )


@dataclass
class Shop:
    """Functions that wait for purchases, on one table."""

    table: DynamoTable
    create: ModuleType
    preview: ModuleType
    authorizer: Body
    numbers: "count[int]" = field(default_factory=count)

    @classmethod
    def on(cls, account: AwsAccount, name: str) -> "Shop":
        """Return a shop on a new table that holds the demo programme."""
        table, key = stock_table(account, name)
        event = {"type": "REQUEST", "methodArn": METHOD_ARN, "headers": {"api_key": key}}
        authorizer = load_function("authorizer", account, table).handler(event, LambdaContext())["context"]
        create, preview = (load_function(f"{verb}_purchase", account, table) for verb in ("create", "preview"))
        return cls(table, create, preview, authorizer)

    def know(self, *records: Body) -> None:
        """Import records."""
        lines = [exactjson.dumps(record).encode() for record in records]
        summary = import_records(lines, table=self.table, now=datetime.now(UTC))
        assert not summary.refused, summary.refused

    def cost(self, size: int, body: Body, account: str) -> Cost:
        """Return the cost of a purchase of an account."""
        ids, posted = zip(*(self.post(body) for _ in range(ROUNDS)), strict=True)
        previewed = [self._call(self.preview, body)[1] for _ in range(ROUNDS)]
        event, wallet = self._bytes(keys.event(ids[-1])), self._bytes(keys.wallet(account))
        return Cost(size, _least(posted), _least(previewed), event, wallet)

    def post(self, body: Body) -> tuple[str, Taken]:
        """Post a purchase; return its id, and what it takes."""
        answer, taken = self._call(self.create, body)
        return answer["id"], taken

    def _call(self, app: ModuleType, body: Body) -> tuple[Body, Taken]:
        whole = exactjson.dumps(body | {"reference_number": f"R{next(self.numbers)}"})
        event = {"headers": {}, "requestContext": {"authorizer": self.authorizer}, "body": whole}
        answer, taken = time_call(app.table.client, lambda: app.handler(event, LambdaContext()))
        assert answer["statusCode"] == 200, answer
        return exactjson.loads(answer["body"]), taken

    def _bytes(self, key: Key) -> int:
        typed: Any = {name: {"S": value} for name, value in key._asdict().items()}
        found: Any = self.table.client.get_item(TableName=self.table.name, Key=typed)
        return item_bytes(found["Item"])


def by_lines(account: AwsAccount) -> Iterator[Cost]:
    """Yield the cost of purchases of so many lines, each of another product."""
    shop = Shop.on(account, "lines")
    shop.know(*_customer("LINES"), *map(_product, range(max(LINES))))
    for lines in LINES:
        yield shop.cost(lines, _purchase("LINES", range(lines)), "LINES")


def by_lots(account: AwsAccount) -> Iterator[Cost]:
    """Yield the cost of purchases of ten lines whose wallet holds so many lots."""
    shop, lots = Shop.on(account, "lots"), range(max(LOTS))
    without_lots = range(len(lots), len(lots) + 10)
    shop.know(*map(_product, range(without_lots.stop)))
    shop.know(*(_offer(number, {"value": 90, "expires_after": f"P{number + 1}M"}) for number in lots))
    for size in LOTS:
        shop.know(*_customer(f"LOTS-{size}"))
        if size:
            shop.post(_purchase(f"LOTS-{size}", lots[:size]))
        yield shop.cost(size, _purchase(f"LOTS-{size}", without_lots), f"LOTS-{size}")


def by_uses(account: AwsAccount) -> Iterator[Cost]:
    """Yield the cost of purchases of ten lines by a customer who has used so many offers with a limit a day."""
    shop, limited = Shop.on(account, "uses"), range(max(USES))
    without_limits = range(len(limited), len(limited) + 10)
    shop.know(*map(_product, range(without_limits.stop)))
    shop.know(*({**_offer(number), "limits": {"per_account": 1, "period": "P1D"}} for number in limited))
    for size in USES:
        shop.know(*_customer(f"USES-{size}"))
        shop.post(_purchase(f"USES-{size}", limited[:size]))
        yield shop.cost(size, _purchase(f"USES-{size}", without_limits), f"USES-{size}")


def by_offers(account: AwsAccount) -> Iterator[Cost]:
    """Yield the cost of purchases of ten lines in programmes of so many offers, ten of which apply."""
    for offers in OFFERS:
        shop = Shop.on(account, f"offers-{offers}")
        shop.know(*_customer("OFFERS"), *map(_product, range(offers)), *map(_offer, range(offers)))
        yield shop.cost(offers, _purchase("OFFERS", range(10)), "OFFERS")


def _customer(name: str) -> list[Body]:
    opening = {"amount": 500, "performed_on": "2026-01-01T00:00:00"}
    return [
        {"type": "account", "id": name, "number": name},
        {"type": "access_token", "id": name, "account": name, "authentication_code": name},
        {"type": "opening_balance", "id": name, "account": name, **opening},
    ]


def _product(number: int) -> Body:
    return {"type": "product", "id": f"P{number}", "code": f"P{number}", "description": f"Article {number}"}


def _offer(number: int, award: Body | None = None) -> Body:
    return {
        "type": "reward_offer",
        "id": f"OFFER-{number}",
        "name": f"2% of article {number}",
        "scheme": "SALES",
        "conditions": {"business_units": [MERCHANT], "products": [f"P{number}"]},
        "award": {"method": "PERCENTAGE", "value": 2} | (award or {}),
    }


def _purchase(card: str, products: Iterable[int]) -> Body:
    amounts = {"net_amount": 10, "tax_amount": 2, "total_amount": 12, "quantity": 1}
    return {
        "cim": card,
        "currency_code": "EUR",
        "products": [{"product_sku": f"P{number}", **amounts} for number in products],
        "spend_request": {"amount": 1},
        "merchant_tap": {"code": MERCHANT},
    }


def _least(taken: Iterable[Taken]) -> Taken:
    return min(taken, key=lambda each: each.cpu_seconds)


COSTS = {"lines": by_lines, "lots": by_lots, "uses": by_uses, "offers": by_offers}
"""What grows, and what yields the cost."""


def main() -> None:
    """Print a table for each thing that grows."""
    with emulator() as account:
        for what, costs in COSTS.items():
            print(f"{what:>7}   ms CPU requests    WCU    RCU  preview requests    RCU    event  wallet")
            for cost in costs(account):
                print(cost, flush=True)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    main()
