"""A report as one page of HTML that needs nothing else: charts are drawn into it."""

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from cli.backtest.charts import Bar, Series, bars, format_amount, lines, spark
from cli.backtest.report import OfferLine, ProgrammeLine, Report
from cli.pages.frame import bullets, cards, frame, section, table


def page(report: Report) -> str:
    """Return the page."""
    content = "\n".join((cards(_cards(report)), *_sections(report)))
    return frame("Backtest", report.title, _headline(report), _subtitle(report), content)


def _headline(report: Report) -> str:
    draft, current = report.draft, report.current
    share = f"{report.title} would have given {draft.share}% of sales"
    return f"{share}, instead of {current.share}%" if current else share


def _subtitle(report: Report) -> str:
    draft = report.draft
    words = [
        f"{format_amount(Decimal(draft.purchases))} purchases of {format_amount(Decimal(draft.customers))} customers"
    ]
    words += [f"sales of {format_amount(draft.sales)} {report.currency}", report.source]
    if report.start and report.end:
        words.append(f"{report.start:%d %B %Y} to {report.end:%d %B %Y}")
    return " · ".join(words)


def _cards(report: Report) -> Iterator[str]:
    unit = escape(report.currency)
    numbers = {
        "given": ("given to customers", unit),
        "share": ("of sales", "%"),
        "reached": (f"of {report.draft.customers:,} customers reached", ""),
        "liability": ("held by wallets in the end", unit),
        "spent": ("spent", unit),
        "expired": ("expired", unit),
    }
    for name, (what, unit_) in numbers.items():
        amounts = [Decimal(getattr(side, name)) for side in (report.draft, report.current) if side]
        against = f"<span>{_against(amounts[0] - amounts[1])}</span>" if report.current else ""
        amount = f"<b>{format_amount(amounts[0])}<i>{unit_}</i></b>"
        yield f'<div class="card"><span>{escape(what)}</span>{amount}{against}</div>'


def _sections(report: Report) -> Iterator[str]:
    draft, current = report.draft, report.current
    key = _key(current)
    yield section("What each offer gives", f"In {report.currency}, over the whole period.", key, _offer_bars(report))
    yield section("Offer by offer", "What it gives, to how many, and when.", "", _offer_table(draft, current))
    months = [month.month for month in draft.months]
    now = current.months if current else []
    shares = [Series("current", [month.share for month in now])] if current else []
    shares.append(Series("draft", [month.share for month in draft.months]))
    yield section("Cost by month", "What is given, in percent of the month's sales.", key, lines(months, shares, "%"))
    held = [Series("current", [month.liability for month in now])] if current else []
    held.append(Series("draft", [month.liability for month in draft.months]))
    note = f"What wallets hold at the end of each month, in {report.currency}: what is still owed to customers."
    yield section("Liability by month", note, key, lines(months, held))
    yield section("Month by month", f"Of the draft, in {report.currency}.", "", _month_table(draft))
    if draft.top_customers:
        note = f"Who gets most under the draft, in {report.currency}."
        yield section("Top customers", note, "", _customer_table(draft))
    yield section("How to read this", "", "", _notes(report))


def _key(current: ProgrammeLine | None) -> str:
    if current is None:
        return ""
    return '<div class="key"><i class="draft"></i>draft<i class="current"></i>current programme</div>'


def _offer_bars(report: Report) -> str:
    current = {offer.id: offer for offer in report.current.offers} if report.current else {}
    draft = {offer.id: offer for offer in report.draft.offers}
    pairs = [Bar(one.name, one.given, current[one.id].given if one.id in current else None) for one in draft.values()]
    gone = [one for one in current.values() if one.id not in draft]
    return bars([*pairs, *(Bar(f"{one.name} (ended)", Decimal(0), one.given) for one in gone)])


def _offer_table(draft: ProgrammeLine, current: ProgrammeLine | None) -> str:
    before = {offer.id: offer for offer in current.offers} if current else {}
    head = ["Offer", "Purchases", "Customers", "Given", "Of all sales", "Of its sales", "Most to", "By month"]
    rows = [
        [
            f"{escape(offer.name)}<small>{escape(offer.id)}{_change(offer, before)}</small>",
            format_amount(Decimal(offer.purchases)),
            format_amount(Decimal(offer.customers)),
            format_amount(offer.given),
            f"{offer.share}%",
            f"{offer.rate}%",
            "<br>".join(f"{escape(account)} {format_amount(given)}" for account, given in offer.top_customers.items()),
            spark(offer.by_month.values()),
        ]
        for offer in draft.offers
    ]
    return table(head, rows)


def _change(offer: OfferLine, before: dict[str, OfferLine]) -> str:
    if not before:
        return ""
    return f", {_against(offer.given - before[offer.id].given)}" if offer.id in before else ", new"


def _month_table(draft: ProgrammeLine) -> str:
    head = ["Month", "Purchases", "Sales", "Awarded", "Vouchers", "Of sales", "Spent", "Expired", "Held at its end"]
    rows = [
        [
            escape(month.month),
            format_amount(Decimal(month.purchases)),
            *map(format_amount, (month.sales, month.awarded, month.vouchers)),
            f"{month.share}%",
            *map(format_amount, (month.spent, month.expired, month.liability)),
        ]
        for month in draft.months
    ]
    return table(head, rows)


def _customer_table(draft: ProgrammeLine) -> str:
    rows = [
        [
            escape(one.name or one.account),
            format_amount(Decimal(one.purchases)),
            format_amount(one.sales),
            format_amount(one.given),
        ]
        for one in draft.top_customers
    ]
    return table(["Customer", "Purchases", "Sales", "Given"], rows)


def _notes(report: Report) -> str:
    draft = report.draft
    notes = [
        "Each programme has wallets of its own, which begin as they were before the first purchase.",
        "A customer would have bought the same under either programme: nothing is said of what offers change.",
        *(f"{reason}: left out." for reason in report.reasons()),
    ]
    if draft.forgone:
        notes.append(f"{draft.forgone:,} requested spends were more than the draft's wallets hold, and are left out.")
    notes += [
        f"{count:,} purchases could not be priced under the draft ({code})." for code, count in draft.refused.items()
    ]
    if lots := {month: amount for month, amount in draft.outstanding.items() if month}:
        expiring = ", ".join(f"{format_amount(amount)} at the end of {month}" for month, amount in lots.items())
        notes.append(f"Of what wallets hold in the end, this expires: {expiring}.")
    return bullets(notes)


def _against(difference: Decimal) -> str:
    return f"{difference:+,f} against now" if difference else "the same as now"
