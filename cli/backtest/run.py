"""Running a backtest: every purchase through each programme, in one go."""

from collections.abc import Callable
from datetime import datetime

from cli.backtest.history import PastPurchases, Visit
from cli.backtest.programme_run import ProgrammeRun
from cli.backtest.report import ProgrammeLine, Report
from loyalty.domain.programme.programme import Programme


def backtest(
    history: PastPurchases,
    draft: Programme,
    current: Programme | None,
    title: str,
    done: Callable[[], None] = lambda: None,
) -> Report:
    """Price a history under a draft and, if there is one, the current programme; `done` is called for each purchase."""
    runs = [ProgrammeRun(programme, history.customers) for programme in (draft, current) if programme]
    first: datetime | None = None
    last: datetime | None = None
    for event in history.events:
        for run in runs:
            run.take(event)
        match event:
            case Visit(_, purchase):
                first, last = first or purchase.performed_on, purchase.performed_on
                done()
    for run in runs:
        run.finish()
    lines = [ProgrammeLine.of(run) for run in runs]
    return Report(
        title=title,
        source=history.source,
        currency=draft.system_currency.code,
        start=first,
        end=last,
        left_out={reason: count for reason, count in history.left_out.counts.items() if count},
        first_rows=history.left_out.first_rows,
        draft=lines[0],
        current=lines[1] if current else None,
    )
