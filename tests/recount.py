"""A file of the Complete Journey's purchases, recounted from its cells and the records that it refers to: by plain
arithmetic, with nothing of the engine.

The programme (cli/journey/programme.jsonl) gives 1 % of the net amount, 5 % of that of produce and flowers, 3 % of the
total of meat in summer, and 2.00 for 100.00 or more; each award is rounded once, half up. A spend is taken whole, from
what was there before, or else the purchase is refused.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path

Row = dict[str, str]

SUMMER_BEGINS, SUMMER_ENDS = (datetime(2017, month, 1, tzinfo=UTC).timestamp() for month in (6, 9))


@dataclass
class Recount:
    """What wallets hold, by account number, and what becomes of each purchase, by reference number in file order."""

    balances: dict[str, Decimal]
    statuses: dict[str, str]


def recounted(file: Path, reference: Path, before: Mapping[str, Decimal]) -> Recount:
    """Return what becomes of a file (CSV), on wallets that hold what they held `before`, or nothing."""
    records = [json.loads(line) for line in reference.read_text().splitlines()]
    types = {one["code"]: one.get("product_type", "") for one in records if one["type"] == "product"}
    balances, statuses = defaultdict(Decimal, before), {}
    for number, rows in _purchases(file):
        account = rows[0]["cim"].replace("CARD-", "")
        spent = Decimal(rows[0]["spend_request.amount"] or 0)
        is_covered = spent <= balances[account]
        if is_covered:
            balances[account] += sum(_awards(rows, types)) - spent
        statuses[number] = "posted" if is_covered else "refused"
    return Recount(balances, statuses)


def _purchases(file: Path) -> Iterator[tuple[str, list[Row]]]:
    with file.open(newline="") as lines:
        for number, rows in groupby(csv.DictReader(lines), itemgetter("reference_number")):
            yield number, list(rows)


def _awards(rows: list[Row], types: Mapping[str, str]) -> Iterator[Decimal]:
    fresh = [row for row in rows if types[row["products.product_sku"]] in ("CJ-PRODUCE", "CJ-FLORAL")]
    meat = [row for row in rows if types[row["products.product_sku"]] == "CJ-MEAT"]
    yield _percent(1, _sum(rows, "net"))
    yield _percent(5, _sum(fresh, "net"))
    if SUMMER_BEGINS <= int(rows[0]["performed_on"]) < SUMMER_ENDS:
        yield _percent(3, _sum(meat, "total"))
    if _sum(rows, "total") >= 100:
        yield Decimal(2)


def _sum(rows: Iterable[Row], amount: str) -> Decimal:
    return sum((Decimal(row[f"products.{amount}_amount"]) for row in rows), Decimal(0))


def _percent(percent: int, base: Decimal) -> Decimal:
    return (base * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
