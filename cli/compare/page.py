"""A comparison as one page of HTML that needs nothing else."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from cli.compare.report import ComparisonReport, FieldTally
from cli.compare.text import describe_place, format_signed, headline, notes
from cli.console import counted
from cli.pages.frame import bullets, cards, frame, section, table

MOST_SHOWN = 1000
"""Disagreements that a page shows; one with all of a million would open nowhere."""


def write_page(report: ComparisonReport, file: Path) -> None:
    """Write the page."""
    file.write_text(page(report), encoding="utf-8")


def page(report: ComparisonReport) -> str:
    """Return the page."""
    content = "\n".join((cards(_cards(report)), *_sections(report)))
    return frame("Comparison", report.title, headline(report), " · ".join(notes(report)), content)


def _cards(report: ComparisonReport) -> Iterator[str]:
    figures = (
        ("calls answered alike", f"{report.agreeing:,} of {report.calls:,}"),
        ("fields that disagree", f"{report.disagreed:,}"),
        ("fields that differ by design", f"{report.reasons().total():,}"),
        *((f"{kind}, {effect}", format_signed(one.above - one.below)) for (effect, kind), one in report.worth.items()),
    )
    for what, figure in figures:
        yield f'<div class="card"><span>{escape(what)}</span><b>{escape(figure)}</b></div>'


def _sections(report: ComparisonReport) -> Iterator[str]:
    if report.worth:
        note = "How much we are above and below the vendor. The same money is counted once for each call."
        yield section("What disagreements are worth", note, "", _worth_table(report))
    if report.disagreed:
        note = f"The first {MOST_SHOWN:,} of {report.disagreed:,}, in the order of the recording."
        yield section("Disagreements", note if report.disagreed > MOST_SHOWN else "", "", _disagreement_table(report))
    yield section("Field by field", "How often both sides say the same.", "", _field_table(report))
    reasons = [f"{counted(count, 'field')}, {reason}" for reason, count in sorted(report.reasons().items())]
    yield section("What differs by design", "See docs/contract/observations.md.", "", bullets(reasons))


def _worth_table(report: ComparisonReport) -> str:
    rows = (
        [
            f"{kind}, {effect}",
            f"{one.calls:,}",
            f"{one.above:,f}",
            f"{one.below:,f}",
            format_signed(one.above - one.below),
        ]
        for (effect, kind), one in sorted(report.worth.items())
    )
    return table(["Money", "Calls", "We are above by", "Below by", "Together"], rows)


def _disagreement_table(report: ComparisonReport) -> str:
    rows = (
        [
            f"{one.place}<small>{escape(one.call)}</small>",
            *map(escape, (describe_place(one.pointer), one.theirs, one.ours, format_signed(one.worth))),
        ]
        for one in report.disagreements(MOST_SHOWN)
    )
    return table(["Call", "Field", "Vendor", "We", "Worth"], rows)


def _field_table(report: ComparisonReport) -> str:
    rows = (
        [escape(describe_place(name)), f"{one.agreed:,}", f"{one.by_design.total():,}", f"{one.disagreed:,}", _bar(one)]
        for name, one in sorted(report.fields.items(), key=lambda pair: (-pair[1].disagreed, pair[0]))
    )
    return table(["Field", "Agree", "By design", "Disagree", ""], rows)


def _bar(tally: FieldTally, width: int = 120, height: int = 12) -> str:
    """Return how a field's answers are divided: those that disagree stand out on the right."""
    total = tally.agreed + tally.by_design.total() + tally.disagreed
    good = width * (total - tally.disagreed) / total if total else width
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" style="width:{width}px;height:{height}px">'
        f'<rect class="current" width="{good:.1f}" height="{height}"/>'
        f'<rect class="draft" x="{good:.1f}" width="{width - good:.1f}" height="{height}"/></svg>'
    )
