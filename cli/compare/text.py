"""A comparison as tables on a terminal."""

from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from cli.compare.report import WHOLE, ComparisonReport
from cli.console import counted, out

MOST_TOLD = 25
"""Disagreements that a terminal shows; `--json` and `--html` have more."""


def print_report(report: ComparisonReport) -> None:
    """Print whether both sides agree, what it is worth if not, and where."""
    out.print(f"[bold]{escape(report.title)}[/]: {escape(headline(report))}", "")
    if report.worth:
        out.print(_worth(report), "")
    if report.disagreeing:
        out.print(_disagreeing_fields(report), "")
        out.print(_disagreements(report), "")
        if report.disagreed > MOST_TOLD:
            out.print(f"{report.disagreed - MOST_TOLD:,} more: --json lists all of them", "")
    for reason, count in sorted(report.reasons().items()):
        out.print(f"by design, {counted(count, 'field')}: {escape(reason)}")
    for note in notes(report):
        out.print(escape(note))


def headline(report: ComparisonReport) -> str:
    """Return the outcome in a sentence."""
    return f"{report.agreeing:,} of {report.calls:,} calls are answered alike"


def notes(report: ComparisonReport) -> list[str]:
    """Return what else there is to know, a line for each."""
    found = [f"refused by both sides: {counted(report.refused, 'call')}"] if report.refused else []
    found += [f"not compared: {count:,} of {path}" for path, count in sorted(report.not_compared.items())]
    return [*found, f"opening balances: {report.balances}"]


def describe_place(pointer: str) -> str:
    """Return where a disagreement is."""
    return "(outcome)" if pointer == WHOLE else pointer


def format_signed(amount: Decimal | None) -> str:
    """Return how much we are above the vendor, with a sign; nothing where it is no money."""
    return "" if amount is None else f"{amount:+,f}"


def _worth(report: ComparisonReport) -> Table:
    table = Table("worth", "calls", "we are above by", "below by", "together", box=None, pad_edge=False)
    for (effect, kind), one in sorted(report.worth.items()):
        row = (f"{kind}, {effect}", f"{one.calls:,}", f"{one.above:,f}", f"{one.below:,f}")
        table.add_row(*row, format_signed(one.above - one.below))
    return _right(table, 1)


def _disagreeing_fields(report: ComparisonReport) -> Table:
    table = Table("field", "agreed", "by design", "disagreed", "worth", box=None, pad_edge=False)
    for name, one in sorted(report.fields.items(), key=lambda pair: (-pair[1].disagreed, pair[0])):
        if one.disagreed:
            counts = (one.agreed, one.by_design.total(), one.disagreed)
            row = (escape(describe_place(name)), *(f"{count:,}" for count in counts))
            table.add_row(*row, format_signed(one.worth))
    return _right(table, 1)


def _disagreements(report: ComparisonReport) -> Table:
    table = Table("call", "", "field", "vendor", "we", "worth", box=None, pad_edge=False)
    for one in report.disagreements(MOST_TOLD):
        told = (describe_place(one.pointer), one.theirs, one.ours)
        table.add_row(str(one.place), f"[dim]{escape(one.call)}[/]", *map(escape, told), format_signed(one.worth))
    return _right(table, 5)


def _right(table: Table, first: int) -> Table:
    for column in table.columns[first:]:
        column.justify = "right"
    return table
