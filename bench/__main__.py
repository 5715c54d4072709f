"""`python -m bench`: every figure beside the plain variant's and its budget (design, section 10), from one run.

It takes some three minutes and ends with status 1 where a budget is exceeded; see bench/README.md.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import bulk, cold_start, pricing, throughput, warm
from bench.setting import OUT, ROOT, prepare, zipped_bytes
from bench.usage import usage

EVENTS_PER_SECOND = 4000
"""The rate at which one core has to post many purchases."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ours` and `plain` are None where they cannot be measured here."""

    what: str
    unit: str
    budget: float | None
    ours: float | None
    plain: float | None = None

    @property
    def over(self) -> bool:
        """Whether the budget is exceeded."""
        return self.ours is not None and self.budget is not None and self.ours > self.budget

    def __str__(self) -> str:
        ratio = f"{self.plain / self.ours:.1f}" if self.plain and self.ours else "-"
        numbers = (
            f"{_format_figure(self.ours):>8}{_format_figure(self.plain):>8}{ratio:>7}{_format_figure(self.budget):>8}"
        )
        return f"{self.what:31}{self.unit:15}{numbers}{'  over' if self.over else ''}"


def main() -> int:
    """Print the table; 1 where a budget is exceeded."""
    ours, authorizer, plain = prepare()
    create, authorize, other = (cold_start.measure(function) for function in (ours, authorizer, plain))
    figures = [
        Figure("cold start of create purchase", "M instructions", 850, create.instructions_m, other.instructions_m),
        Figure("cold start of create purchase", "ms CPU", 300, create.cpu_ms, other.cpu_ms),
        Figure("cold start of the authorizer", "M instructions", 300, authorize.instructions_m),
        Figure("cold start of the authorizer", "ms CPU", 110, authorize.cpu_ms),
        Figure("a purchase, warm", "ms CPU", 1.5, warm.cpu_ms(ours), warm.cpu_ms(plain)),
        Figure("pricing, a mix of 50 offers", "ms CPU", 0.4, pricing.mixed_ms()),
        Figure("pricing, 50 offers that apply", "ms CPU", 0.4, pricing.worst_ms()),
        *(
            Figure(f"pricing, 10 of {offers:,} can match", "ms CPU", 0.4, pricing.grown_ms(offers))
            for offers in pricing.SIZES
        ),
        Figure(
            "the layer, zipped",
            "MB",
            3,
            zipped_bytes(OUT / "layer" / "python") / 1e6,
            zipped_bytes(OUT / "plain") / 1e6,
        ),
        *throughput_figures(ours.path, plain.path),
    ]
    print(f"{'':46}{'ours':>8}{'plain':>8}{'ratio':>7}{'budget':>8}")
    print(*figures, sep="\n", end="\n\n")
    too_long = bulk.report()
    return int(too_long or any(figure.over for figure in figures))


def throughput_figures(ours: Sequence[Path], plain: Sequence[Path]) -> Iterator[Figure]:
    """Yield the figures of posting many purchases, with the packages that each variant sees."""
    for setting in throughput.prepare():
        mine = setting.measure(ROOT / "bench" / "ours" / "throughput.py", ours)
        other = setting.measure(ROOT / "bench" / "plain" / "throughput.py", plain)
        budget = 1e6 / EVENTS_PER_SECOND if setting.budgeted else None
        yield Figure(setting.what, "us CPU", budget, mine.cpu_us, other.cpu_us)
        yield Figure("", "us wall clock", None, mine.wall_us, other.wall_us)
        yield Figure("", "write units", None, mine.written, other.written)
        yield Figure("", "calls", None, mine.calls, other.calls)
        yield Figure("", "transactions", None, mine.transactions, other.transactions)


def _format_figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    usage(__doc__).parse_args()
    sys.exit(main())
