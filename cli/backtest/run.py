"""Running a backtest: every purchase through each programme, in one go, and customers in several processes where they
share nothing."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from cli.backtest.history import EVERYBODY, CustomerShare, Elsewhere, LeftOutPurchases, PastPurchases, Visit
from cli.backtest.programme_run import ProgrammeRun
from cli.backtest.report import ProgrammeLine, Report
from cli.backtest.tallies import Tallies
from cli.processes import Tell, in_processes
from loyalty.domain.programme.programme import Programme


class Programmes(NamedTuple):
    """The draft, and the current programme if there is one."""

    draft: Programme
    current: Programme | None

    def by_place(self) -> dict[int, Programme]:
        """Return those that there are, the draft first."""
        return {place: one for place, one in enumerate(self) if one}

    def with_budgets(self) -> dict[int, Programme]:
        """Return those of which an offer has a budget, which all customers draw on in the order of their purchases."""
        return {place: one for place, one in self.by_place().items() if one.with_budget}


class Crew(NamedTuple):
    """The processes that there may be; `shards`, if customers may be sharded among them."""

    processes: int = 1
    shards: bool = True


@dataclass(slots=True)
class _Job:
    """A share of the customers under some programmes; whether it is one of those that tell of progress."""

    programmes: Mapping[int, Programme]
    share: CustomerShare = EVERYBODY
    tells: bool = True


@dataclass(slots=True)
class _Priced:
    """The outcome of a job: tallies by the places of its programmes, what was left out of the history that it read, and
    when the first and the last purchase of all were performed."""

    tallies: dict[int, Tallies]
    left_out: LeftOutPurchases
    first: datetime | None
    last: datetime | None


def _silent() -> AbstractContextManager[Tell]:
    return nullcontext(lambda _: None)


def backtest(
    history: PastPurchases,
    programmes: Programmes,
    title: str,
    crew: Crew = Crew(),  # noqa: B008 - it cannot be changed
    progress: Callable[[], AbstractContextManager[Tell]] = _silent,
) -> Report:
    """Price a history under each programme. `progress` hears of each purchase.

    Raises:
        UsesShared: a purchase brings a promo code whose uses all customers share, so they must not be sharded.
    """
    jobs = _jobs(programmes, crew)
    with in_processes([partial(_price, job, history) for job in jobs]) as collect, progress() as tell:
        priced = collect(tell)
    return _report(history, programmes, title, priced)


def _jobs(programmes: Programmes, crew: Crew) -> list[_Job]:
    """Return one job for all, where there is one process. Else a programme with budgets is priced in one process, as
    all are if customers cannot be sharded; for the others, each process that is left has a share of the customers."""
    if crew.processes == 1:
        return [_Job(programmes.by_place())]
    whole = programmes.with_budgets() if crew.shards else programmes.by_place()
    sharded = {place: one for place, one in programmes.by_place().items() if place not in whole}
    count = max(crew.processes - len(whole), 1)
    shares = [CustomerShare(number, count) for number in range(count)] if sharded else []
    alone = [_Job({place: one}, tells=not shares and place == min(whole)) for place, one in whole.items()]
    return [*(_Job(sharded, share) for share in shares), *alone]


def _price(job: _Job, history: PastPurchases, tell: Tell) -> _Priced:
    runs = {place: ProgrammeRun(one, history.customers, job.share) for place, one in job.programmes.items()}
    first: datetime | None = None
    last: datetime | None = None
    for event in history.events(job.share):
        for run in runs.values():
            run.take(event)
        match event:
            case Visit(_, purchase):
                first, last = first or purchase.performed_on, purchase.performed_on
                tell(job.tells)
            case Elsewhere(at, is_visit=True):
                first, last = first or at, at
    return _Priced({place: run.finish() for place, run in runs.items()}, history.left_out, first, last)


def _report(history: PastPurchases, programmes: Programmes, title: str, priced: list[_Priced]) -> Report:
    lines = {}
    for place, programme in programmes.by_place().items():
        shares = (one.tallies[place] for one in priced if place in one.tallies)
        lines[place] = ProgrammeLine.of(programme, Tallies.together(shares))
    whole = priced[0]  # of which all but the tallies is that of all
    return Report(
        title=title,
        source=history.source,
        currency=programmes.draft.system_currency.code,
        start=whole.first,
        end=whole.last,
        left_out={reason: count for reason, count in whole.left_out.counts.items() if count},
        first_rows=whole.left_out.first_rows,
        draft=lines[0],
        current=lines.get(1),
    )
