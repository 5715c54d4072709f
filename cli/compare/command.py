"""`loyalty compare`: what the vendor answered, and what we would."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import CommandFailure, counted, err, out, step
from cli.options import AsJson, Region, Stack, in_a_folder
from cli.target import Target

if TYPE_CHECKING:
    from cli.compare.recording import BadRecord, RecordedCall
    from cli.compare.report import ComparisonReport
    from loyalty.domain.access.partner import Partner
    from loyalty.store.table import Table


class Balances(StrEnum):
    """What wallets hold before the first recorded call."""

    PROGRAMME = "programme"
    RECORDED = "recorded"


_BALANCES = {
    Balances.PROGRAMME: "as the programme has them",
    Balances.RECORDED: "as the programme has them, until an answer in the recording tells a wallet's balance",
}

Recorded = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="Calls as .jsonl or .har; either also as .gz."),
]
Reference = Annotated[
    list[Path] | None,
    typer.Option(exists=True, dir_okay=False, help="Files to import into the sandbox, instead of what a stack has."),
]
PartnerOfCalls = Annotated[
    str | None,
    typer.Option("--partner", help="Whose calls they are; by default the only partner of --reference, if it has one."),
]
OpeningBalances = Annotated[
    Balances,
    typer.Option(
        help="What wallets begin with: what the stack or the files have, or what the first answer says that tells it."
    ),
]
Html = Annotated[Path | None, typer.Option(dir_okay=False, callback=in_a_folder, help="Write a page, too.")]


def compare(
    recorded: Recorded,
    reference: Reference = None,
    partner: PartnerOfCalls = None,
    balances: OpeningBalances = Balances.PROGRAMME,
    html: Html = None,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Answer calls that were recorded at the vendor in a sandbox, and tell where our answers differ from the vendor's.

    A line of the recording is `{"path": ..., "request": ..., "status": ..., "response": ...}`. The programme is that of
    the stack, the local one unless --stack names another, or that of the files in --reference. Calls are answered in
    their order, each after what those before it have done. Nothing is posted, and nothing is written but the page.
    Exit status 1 if there is a disagreement, or a line that is no call.
    """
    from cli.compare.comparison import Comparison
    from cli.compare.recording import recorded_calls
    from cli.compare.report import ComparisonReport

    now = datetime.now(UTC)
    with step("Reading the programme"):
        table, caller = _programme(reference or [], stack, region, partner, now)
    comparison = Comparison(table, caller, now, from_recording=balances is Balances.RECORDED)
    with closing(ComparisonReport(recorded.name, _BALANCES[balances])) as report:
        comparison.run(_told_bad(recorded, recorded_calls(recorded)), report)
        if not report.calls and not report.bad:
            raise CommandFailure(_nothing_compared(report))
        _tell(report, html, as_json=as_json)
    if report.bad:
        raise CommandFailure(
            f"{counted(report.bad, 'line or entry', 'lines or entries')} not compared: no recorded calls, as told above"
        )
    if report.disagreeing:
        raise typer.Exit(1)


def _tell(report: "ComparisonReport", html: Path | None, *, as_json: bool) -> None:
    if html:
        from cli.compare.page import write_page

        write_page(report, html)
        err.print(f"[green]✓[/] {html} written")
    if as_json:
        _print_json(report)
    else:
        from cli.compare.text import print_report

        print_report(report)


def _programme(
    files: list[Path], stack: str | None, region: str | None, partner: str | None, now: datetime
) -> "tuple[Table, Partner]":
    """Return the table to answer on top of, and who calls."""
    from cli.programme.draft import ProgrammeDraft
    from cli.programme.draft_preview import ANYBODY
    from loyalty.domain.access.partner import EVERY_MERCHANT, Partner, Scope
    from loyalty.store import keys

    if not files:
        table: Table = Target.load(stack, region).open_table()
    else:
        draft = ProgrammeDraft.of(files, None, now)
        draft.require_good()
        draft.accepted(now)
        table = draft.table
        records = (line.record or {} for line in draft.lines)
        partners = {str(record["id"]) for record in records if record.get("type") == "partner"}
        partner = partner or (partners.pop() if len(partners) == 1 else None)
    if partner is None:
        return table, ANYBODY
    if table.get(keys.record("partner", partner)) is None:
        raise CommandFailure(f"there is no partner {partner}: import its record, or name another one with --partner")
    return table, Partner(partner, frozenset(Scope), frozenset({EVERY_MERCHANT}))


def _told_bad(recorded: Path, calls: "Iterable[RecordedCall | BadRecord]") -> "Iterator[RecordedCall | BadRecord]":
    """Hand on calls, and tell what is none as it comes up."""
    from cli.compare.recording import BadRecord

    for call in calls:
        if isinstance(call, BadRecord):
            err.print(f"{recorded}:{call.place}: {call.pointer or '/'}: {call.reason}", style="red", markup=False)
        yield call


def _nothing_compared(report: "ComparisonReport") -> str:
    left_out = "; ".join(f"{count:,} of {path}" for path, count in report.not_compared.most_common(5))
    return (
        f"{report.title} has no call that can be compared ({left_out or 'it is empty'}); docs/comparing.md lists the "
        "routes that can"
    )


def _print_json(report: "ComparisonReport") -> None:
    """Print the report, with all disagreements, one a line: there may be more than memory has room for."""
    from loyalty import exactjson

    out.print(exactjson.dumps(report.as_json())[:-1] + ',"disagreements":[', markup=False)
    comma = ""
    for one in report.disagreements():
        out.print(comma + exactjson.dumps(one._asdict()), markup=False)
        comma = ","
    out.print("]}", markup=False)
