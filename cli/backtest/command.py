"""`loyalty backtest`: what a programme would have cost, and given to whom."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import CommandFailure, err, out, step
from cli.options import AsJson, Days, Files, From, Region, Stack, To, in_a_folder
from cli.processes import Processes, processors
from cli.target import Target

if TYPE_CHECKING:
    from cli.backtest.history import PastPurchases, Source
    from cli.backtest.report import Report
    from cli.backtest.run import Crew, Programmes
    from loyalty.domain.programme.programme import Programme
    from loyalty.store.table import Table

Purchases = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Purchases of a file, as `loyalty upload` takes it."),
]
Reference = Annotated[
    list[Path] | None,
    typer.Option(exists=True, dir_okay=False, help="What those purchases refer to, and the current programme if any."),
]
FromJourney = Annotated[
    bool, typer.Option("--journey", help="The purchases of the Complete Journey, of the year 2017.")
]
Html = Annotated[Path | None, typer.Option(dir_okay=False, callback=in_a_folder, help="Write a page with charts, too.")]


def backtest_command(
    files: Files,
    purchases: Purchases = None,
    reference: Reference = None,
    journey: FromJourney = False,
    start: From = None,
    end: To = None,
    html: Html = None,
    stack: Stack = None,
    region: Region = None,
    processes: Processes = None,
    as_json: AsJson = False,
) -> None:
    """Price past purchases as if programme files had been imported, beside the programme without them.

    The purchases are those of the stack, the local one unless --stack names another, and so is the programme that the
    files are laid on top of. With --purchases or --journey no stack is needed: the files lie on top of the programme in
    --reference, or that of `loyalty replay`. To take an offer out, let it be NOT_EFFECTIVE. Nothing is written but the
    page.

    Customers are sharded among processes, unless an offer has a budget, or a purchase brings a promo code, that all of
    them share: a programme for which that is so is priced in one process.
    """
    from cli.backtest.run import Crew, Programmes
    from cli.backtest.text import print_report
    from cli.programme.draft import ProgrammeDraft
    from loyalty import exactjson

    now, days, crew = datetime.now(UTC), Days.between(start, end), Crew(processes or processors())
    if journey:
        source = _journey(days, crew.processes)
    elif purchases:
        source = _file(purchases, reference or [], days)
    else:
        source = _journal(Target.load(stack, region), days)
    with step("Reading programmes"):
        base = source.base(now)
        draft = ProgrammeDraft.of(files, base, now)
        draft.require_good()
        programmes = Programmes(draft.accepted(now)[0], _current(base, now))
    report = _report(source.history(draft.table, now), programmes, ", ".join(file.name for file in files), crew)
    if not report.draft.purchases:
        raise CommandFailure(_nothing_priced(report))
    if html:
        from cli.backtest.page import page

        html.write_text(page(report), encoding="utf-8")
        err.print(f"[green]✓[/] {html} written")
    if as_json:
        out.print(exactjson.dumps(report.as_json()), markup=False)
    else:
        print_report(report)


def _report(history: "PastPurchases", programmes: "Programmes", title: str, crew: "Crew") -> "Report":
    """Return the report of a backtest, which begins again where purchases turn out to be out of order, or customers to
    share something; and tell how customers are sharded."""
    from cli.backtest.order import OutOfOrder
    from cli.backtest.programme_run import UsesShared
    from cli.backtest.run import backtest
    from cli.progress import progress

    if crew.processes > 1 and crew.shards:
        for programme in programmes.with_budgets().values():
            name = "the draft" if programme is programmes.draft else "the current programme"
            offers = ", ".join(sorted(programme.with_budget))
            err.print(f"All customers share the budget of {offers}, so {name} is priced in one process.")
    try:
        return backtest(history, programmes, title, crew, lambda: progress("Pricing purchases", history.total))
    except OutOfOrder as found:
        assert history.in_order
        err.print(f"{found}, so all of them are sorted first, which takes longer.")
        return _report(history.in_order(), programmes, title, crew)
    except UsesShared as found:
        err.print(f"All customers share the uses of promo code {found}, so each programme is priced in one process.")
        return _report(history, programmes, title, crew._replace(shards=False))


def _nothing_priced(report: "Report") -> str:
    refused = [f"{count:,} {code}" for code, count in report.draft.refused.items()]
    reasons = "; ".join([*report.reasons(), *refused]) or "it has none on these days"
    return (
        f"no purchase of {report.source} could be priced: {reasons} (docs/errors.md lists the codes; what purchases "
        "refer to must be in the stack, or in the files of --reference)"
    )


def _current(base: "Table | None", now: datetime) -> "Programme | None":
    """Return the programme without the draft; None if there is none, or none with offers."""
    from cli.programme.draft import ProgrammeDraft

    if base is None:
        return None
    programme, _ = ProgrammeDraft.of([], base, now).accepted(now)
    return programme if programme.offers else None


def _journey(days: Days, processes: int) -> "Source":
    from cli.backtest.journey import Journey
    from cli.journey.baskets import Choice
    from cli.journey.source import departments

    with step("Choosing baskets"):
        return Journey(Choice(days), departments(), processes)


def _file(purchases: Path, reference: Sequence[Path], days: Days) -> "Source":
    from cli.backtest.file import FileOfPurchases

    return FileOfPurchases(purchases, reference, days)


def _journal(target: Target, days: Days) -> "Source":
    from cli.backtest.events import PostedPurchases

    return PostedPurchases(target.open_table(), days)
