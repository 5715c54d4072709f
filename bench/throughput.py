"""Posting many purchases: those of an eighth of the households of the Complete Journey, in the order of the year, with
real pricing under the demo programme and the retailer's own, against a table that answers after 8 ms.

Counted is the process that posts, from chunk to outcomes; not the table, which another process serves over HTTP. The
quickest of several runs counts, each on a table where nothing was posted yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench.figure import Figure
from bench.memory import Counts, Item, Memory, Place
from bench.setting import DEMO, OUT, REGION, ROOT, TABLE, Variant, run_isolated
from bench.stub import serve
from bench.usage import tell
from cli.journey.baskets import Choice, JourneyBasket, LeftOutBaskets, account, purchase
from cli.journey.reference import PROGRAMME, Needs, records
from cli.journey.source import departments
from cli.target import AwsAccount
from loyalty import exactjson
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.reference.import_records import import_records

SECONDS_TO_ANSWER = 0.008
BATCH = 1000
BATCHES = 5
"""One of them warms up."""

RUNS = 3

SHARD, SHARDS = 0, 8
"""A worker's share of the households."""

SHORT = 10
"""The lines of a short purchase, at most."""


@dataclass(frozen=True)
class Rate:
    """The cost of one of many purchases: process CPU and wall clock in microseconds, and its share of the requests."""

    cpu_us: float
    wall_us: float
    calls: float
    transactions: float
    written: float


@dataclass(frozen=True)
class Setting:
    """Purchases, a file with one in each line, and the table before they are posted; how many of them have to be posted
    while plain posting posts one."""

    what: str
    rows: Path
    items: dict[Place, Item]
    times_plain: float | None = None

    def measure(self, app: Path, path: Sequence[Path]) -> Rate:
        """Post them with `app`, whose `post` takes a batch of rows and sees what is in `path`."""
        return min((self._run(app, path) for _ in range(RUNS)), key=lambda run: run.cpu_us)

    def _run(self, app: Path, path: Sequence[Path]) -> Rate:
        memory = Memory(dict(self.items), delay=SECONDS_TO_ANSWER)
        job = {"app": str(app), "rows": str(self.rows), "batch": BATCH}
        with serve(memory.answer) as url:
            result = run_isolated("throughput_container.py", job, (ROOT, *path), url)
        return _shares(result, memory.counts)


def _shares(result: dict[str, float], counts: Counts) -> Rate:
    events = BATCH * BATCHES
    return Rate(
        cpu_us=1e6 * result["cpu"] / result["events"],
        wall_us=1e6 * result["wall"] / result["events"],
        calls=counts.calls / events,
        transactions=counts.transactions / events,
        written=counts.written / events,
    )


def figures(*variants: Variant | None) -> Iterator[Figure]:
    """Yield the figures of posting many purchases, with the packages that each variant sees; the last one is plain."""
    tell("importing the year's baskets")
    settings = prepare()
    for setting in settings:
        tell(setting.what)
        rates = [setting.measure(one.throughput, one.create.path) if one else None for one in variants]
        yield from _lines(setting, rates)


def _lines(setting: Setting, rates: Sequence[Rate | None]) -> Iterator[Figure]:
    plain = rates[-1]
    assert plain
    yield Figure(setting.what, "us CPU", None, *(rate.cpu_us if rate else None for rate in rates))
    times = (plain.cpu_us / rate.cpu_us if rate else None for rate in rates)
    yield Figure("", "times plain", setting.times_plain, *times, at_least=True)
    yield Figure("", "us wall clock", None, *(rate.wall_us if rate else None for rate in rates))
    yield Figure("", "write units", None, *(rate.written if rate else None for rate in rates))
    yield Figure("", "calls", None, *(rate.calls if rate else None for rate in rates))
    yield Figure("", "transactions", None, *(rate.transactions if rate else None for rate in rates))


def prepare() -> tuple[Setting, Setting]:
    """Short purchases, and purchases as they are."""
    short = list(islice(_baskets(SHORT), BATCH * BATCHES))
    all_sizes = list(islice(_baskets(), BATCH * BATCHES))
    items = _import_baskets([*short, *all_sizes])
    return (
        Setting(f"one of many, up to {SHORT} lines", _write_rows("short", short), items, 8),
        Setting("one of many, the year as it is", _write_rows("all", all_sizes), items, 7),
    )


def _baskets(lines: int | None = None) -> Iterator[JourneyBasket]:
    for basket in Choice().baskets(LeftOutBaskets()):
        if basket.household % SHARDS == SHARD and (lines is None or len(basket.lines) <= lines):
            yield basket


def _write_rows(name: str, baskets: Sequence[JourneyBasket]) -> Path:
    file = OUT / f"{name}.jsonl"
    file.write_text("".join(exactjson.dumps(purchase(basket)) + "\n" for basket in baskets))
    return file


def _import_baskets(baskets: Sequence[JourneyBasket]) -> dict[Place, Item]:
    """Return the table with all that the baskets refer to. Each wallet holds something, so it is there to be read."""
    memory, needs = Memory(), Needs.of(baskets)
    lines = [*DEMO.read_bytes().splitlines(), *PROGRAMME.read_bytes().splitlines()]
    lines += [exactjson.dumps(record).encode() for record in records(needs, departments())]
    for household in sorted(needs.households):
        opening = {"type": "opening_balance", "id": f"O-{household}", "account": account(household), "amount": 5}
        lines.append(exactjson.dumps(opening | {"performed_on": "2017-01-01T00:00:00"}).encode())
    with serve(memory.answer) as url:
        client = AwsAccount(region=REGION, aws_endpoint_url=url).client("dynamodb")
        summary = import_records(lines, table=DynamoTable(client, TABLE), now=datetime.now(UTC))
    assert not summary.refused, summary.refused
    return memory.items
