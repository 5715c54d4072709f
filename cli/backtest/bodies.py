"""A file of purchases as past ones: JSON Lines, a body of the newest API in each, in the order of time."""

import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

from cli.backtest.history import History, Visit
from cli.options import Days
from cli.programme.draft import Draft
from cli.programme.trial import ANYBODY
from loyalty import exactjson
from loyalty.api.purchases import read_purchase
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchase import PurchaseRequest
from loyalty.store.customers import Customer, read_customers
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.resolution import Resolution, Resolved, looked_up

LINES_AT_A_TIME = 200
"""Lines whose names are looked up together."""


@dataclass(frozen=True)
class FileOfBodies:
    """The purchases of a file, as far as they fall on these days, and files of what they refer to."""

    file: Path
    reference: Sequence[Path]
    days: Days

    def base(self, now: datetime) -> Table | None:
        """What the files of reference data have."""
        if not self.reference:
            return None
        known = Draft.of(self.reference, None, now)
        known.require_good()
        return known.table

    def history(self, table: Table, now: datetime) -> History:
        """The purchases, as `table` knows what they name."""
        with _opened(self.file) as lines:
            total = sum(1 for line in lines if line.strip())
        left_out: Counter[str] = Counter()
        return History(self.file.name, _visits(self.file, self.days, table, now, left_out), total, left_out=left_out)


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def _visits(file: Path, days: Days, table: Table, now: datetime, left_out: Counter[str]) -> Iterator[Visit]:
    catalogue = Catalogue(table)
    with _opened(file) as lines:
        bodies = (line for line in lines if line.strip())
        while some := list(islice(bodies, LINES_AT_A_TIME)):
            requests = [found for line in some if (found := _read(line, now, left_out))]
            chosen = [request for request in requests if days.holds(request.performed_on)]
            left_out["outside the period"] += len(requests) - len(chosen)
            yield from _resolved(chosen, table, catalogue, now, left_out)


def _read(line: bytes, now: datetime, left_out: Counter[str]) -> PurchaseRequest | None:
    try:
        return read_purchase(_body(line), now)
    except Refused as refused:
        left_out[_told(refused)] += 1
        return None


def _body(line: bytes) -> object:
    try:
        return exactjson.loads_strictly(line.decode())
    except ValueError as error:
        raise Refused(Problem(Code.INVALID, "This is not valid JSON.")) from error


def _resolved(
    requests: list[PurchaseRequest], table: Table, catalogue: Catalogue, now: datetime, left_out: Counter[str]
) -> Iterator[Visit]:
    programme, directory = catalogue.programme(now), catalogue.directory(now)
    resolutions = [Resolution(request, ANYBODY, programme, directory) for request in requests]
    items = looked_up(resolutions, table, catalogue)
    found: list[Resolved] = []
    for resolution in resolutions:
        try:
            found.append(resolution.resolved(resolution.performer(), items, table=table, catalogue=catalogue, now=now))
        except Refused as refused:
            left_out[_told(refused)] += 1
    customers: dict[str, Customer] = read_customers(table, {one.account_id for one in found})
    for one in found:
        yield Visit(customers[one.account_id], one.purchase)


def _told(refused: Refused) -> str:
    """Codes and places, without the values, so that they can be counted."""
    problem = refused.problems[0]
    place = "/".join("*" if step.isdigit() else step for step in problem.pointer.split("/"))
    return f"{problem.code} {place}".rstrip()
