"""The result of a replay: counts by reason, latencies, and whether the wallets add up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from cli.journey.baskets import LeftOutBaskets
from cli.journey.posting import Run
from cli.journey.wallets import BookTotals

PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "max": 100}


class Summary(NamedTuple):
    """The result of a replay.

    Attributes:
        posted: purchases that were posted.
        replayed: purchases that were already posted.
        refused: refused purchases, by error code.
        failed: failed purchases, by error.
        skipped: baskets that were left out, by reason.
        lines_left_out: lines that were left out, by reason.
        products_not_in_catalogue: products that the catalogue lacks.
        retries: calls that were sent again, by reason.
        seconds: how long the replay took.
        latency_ms: milliseconds of a call, by percentile.
        wallets: what happened to the wallets.
    """

    posted: int
    replayed: int
    refused: Mapping[str, int]
    failed: Mapping[str, int]
    skipped: Mapping[str, int]
    lines_left_out: Mapping[str, int]
    products_not_in_catalogue: int
    retries: Mapping[str, int]
    seconds: float
    latency_ms: Mapping[str, float | None]
    wallets: BookTotals

    @property
    def is_sound(self) -> bool:
        """Whether every purchase was answered as it should be and the wallets add up."""
        return not self.failed and self.wallets.add_up

    def as_json(self) -> dict[str, Any]:
        """Return the fields, with those of the wallets within."""
        return self._asdict() | {"wallets": self.wallets._asdict()}


def summarize(run: Run, left_out: LeftOutBaskets, *, uncatalogued: int, seconds: float, wallets: BookTotals) -> Summary:
    """Count what a run met; `seconds` is what the posting took, with the first look at each wallet."""
    kinds = Counter(outcome.kind for outcome in run.outcomes)
    codes = Counter((outcome.kind, outcome.code or "") for outcome in run.outcomes if outcome.code)
    return Summary(
        posted=kinds["posted"],
        replayed=kinds["replayed"],
        refused={code: number for (kind, code), number in codes.most_common() if kind == "refused"},
        failed={code: number for (kind, code), number in codes.most_common() if kind == "failed"},
        skipped=dict(left_out.baskets),
        lines_left_out=dict(left_out.lines),
        products_not_in_catalogue=uncatalogued,
        retries=dict(Counter(run.api.retried)),
        seconds=round(seconds, 1),
        latency_ms=percentiles_ms(run.api.latencies),
        wallets=wallets,
    )


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float | None]:
    """Return how many milliseconds that share of the calls took at most (nearest rank); None without calls."""
    ranked = sorted(seconds)
    return {
        name: round(ranked[ceil(len(ranked) * share / 100) - 1] * 1000, 1) if ranked else None
        for name, share in PERCENTILES.items()
    }


def table(summary: Summary) -> Table:
    """Return the summary to read."""
    grid = Table(box=None, pad_edge=False, show_header=False)
    grid.add_column()
    grid.add_column(justify="right")
    for name, value in _lines(summary):
        grid.add_row(escape(name), value)
    return grid


def _lines(summary: Summary) -> list[tuple[str, str]]:
    answered = summary.posted + summary.replayed + sum(summary.refused.values())
    rate = f"{answered / summary.seconds:,.0f} a second" if summary.seconds else "-"
    lines = [("posted", f"{summary.posted:,}"), ("replayed", f"{summary.replayed:,}")]
    for title, counts in (
        ("refused", summary.refused),
        ("failed", summary.failed),
        ("not posted", summary.skipped),
        ("lines left out", summary.lines_left_out),
        ("sent again", summary.retries),
    ):
        lines += [(f"{title}: {reason}", f"{number:,}") for reason, number in counts.items()] or [(title, "0")]
    lines.append(("products not in the catalogue", f"{summary.products_not_in_catalogue:,}"))
    lines.append(("time taken", f"{summary.seconds:,.1f} s ({rate})"))
    lines += [(f"latency {name}", "-" if ms is None else f"{ms:,.1f} ms") for name, ms in summary.latency_ms.items()]
    return lines + _wallet_lines(summary.wallets)


def _wallet_lines(wallets: BookTotals) -> list[tuple[str, str]]:
    verdict = "[green]they add up[/]" if wallets.add_up else "[bold red]they do not add up[/]"
    lines = [
        ("wallets", f"{wallets.wallets:,}, of which {wallets.moved:,} moved"),
        ("wallets before", f"{wallets.before:,}"),
        ("awarded", f"+ {wallets.awarded:,}"),
        ("spent", f"- {wallets.spent:,}"),
        ("wallets after", f"{wallets.after:,}"),
        ("difference", f"{wallets.difference:,}  {verdict}"),
    ]
    if not wallets.add_up:
        lines.append(("wallets that do not add up by themselves", f"[red]{wallets.unbalanced:,}[/]"))
        lines.append(("events missing in journals", f"[red]{wallets.missing_events:,}[/]"))
    return lines
