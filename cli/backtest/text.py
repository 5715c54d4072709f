"""A report as tables on a terminal."""

from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from cli.backtest.report import OfferLine, ProgrammeLine, Report
from cli.console import out


def print_report(report: Report) -> None:
    """Print what a loyalty manager asks first: what it costs, which offer, for whom."""
    draft, current = report.draft, report.current
    period = f"{report.start:%Y-%m-%d} to {report.end:%Y-%m-%d}" if report.start and report.end else "no purchases"
    out.print(f"[bold]{escape(report.title)}[/], {escape(report.source)}, {period}, {escape(report.currency)}", "")
    out.print(_totals(draft, current), "")
    out.print(_offers(draft, current), "")
    out.print(_months(draft, current), "")
    if draft.top_customers:
        out.print(_customers(draft), "")
    for reason in report.reasons():
        out.print(f"left out: {escape(reason)}")
    if draft.forgone:
        out.print(f"{draft.forgone:,} requested spends were more than the draft's wallets hold, and were left out")
    for code, count in draft.refused.items():
        out.print(f"refused: {count:,} {escape(code)}")


def _totals(draft: ProgrammeLine, current: ProgrammeLine | None) -> Table:
    columns = ("", "draft", *(("current", "difference") if current else ()))
    table = Table(*columns, box=None, pad_edge=False)
    names = (
        "purchases",
        "customers",
        "reached",
        "sales",
        "given",
        "share",
        "vouchers",
        "spent",
        "expired",
        "liability",
    )
    for name in names:
        amounts = [getattr(one, name) for one in (draft, current) if one]
        difference = [_format_signed(amounts[0] - amounts[1])] if current else []
        unit = " %" if name == "share" else ""
        table.add_row(_LABELS.get(name, name), *(f"{amount:,}{unit}" for amount in amounts), *difference)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


_LABELS = {
    "reached": "customers reached",
    "given": "given",
    "share": "of sales",
    "vouchers": "of it vouchers",
    "liability": "held in the end",
}


def _offers(draft: ProgrammeLine, current: ProgrammeLine | None) -> Table:
    table = Table("offer", "", "purchases", "customers", "given", "of sales", "of its sales", box=None, pad_edge=False)
    before = {offer.id: offer for offer in current.offers} if current else {}
    if current:
        table.add_column("current")
        table.add_column("difference")
    gone = [offer for offer_id, offer in before.items() if offer_id not in {one.id for one in draft.offers}]
    for offer in draft.offers:
        table.add_row(*_offer(offer), *(_against(offer.given, before.get(offer.id)) if current else ()))
    for offer in gone:
        nothing = (escape(offer.id), f"[dim]{escape(offer.name)}[/]", "", "", "", "", "")
        table.add_row(*nothing, f"{offer.given:,}", _format_signed(-offer.given))
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def _offer(offer: OfferLine) -> tuple[str, ...]:
    return (
        escape(offer.id),
        f"[dim]{escape(offer.name)}[/]",
        f"{offer.purchases:,}",
        f"{offer.customers:,}",
        f"{offer.given:,}",
        f"{offer.share} %",
        f"{offer.rate} %",
    )


def _against(given: Decimal, before: OfferLine | None) -> tuple[str, str]:
    return (f"{before.given:,}" if before else "", _format_signed(given - (before.given if before else 0)))


def _months(draft: ProgrammeLine, current: ProgrammeLine | None) -> Table:
    table = Table("month", "sales", "given", "of sales", "spent", "expired", "held", box=None, pad_edge=False)
    if current:
        table.add_column("held, current")
    held = {month.month: month.liability for month in current.months} if current else {}
    for month in draft.months:
        given = month.awarded + month.vouchers
        amounts = (month.sales, given, f"{month.share} %", month.spent, month.expired, month.liability)
        told = [amount if isinstance(amount, str) else f"{amount:,}" for amount in amounts]
        table.add_row(month.month, *told, *([f"{held[month.month]:,}"] if month.month in held else []))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _customers(draft: ProgrammeLine) -> Table:
    table = Table("top customers", "purchases", "sales", "given", box=None, pad_edge=False)
    for one in draft.top_customers:
        table.add_row(escape(one.account), f"{one.purchases:,}", f"{one.sales:,}", f"{one.given:,}")
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _format_signed(amount: Decimal | int) -> str:
    return f"{amount:+,}" if amount else "="
