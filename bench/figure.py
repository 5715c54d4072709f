"""Figures as README has them: a table in Markdown."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what it is of, its unit, the goal, and what was measured: of the revision before, of this
    one, of the plain variant. What is None has no goal, or cannot be measured here."""

    what: str
    unit: str
    goal: float | None
    before: float | None
    ours: float | None
    plain: float | None = None

    @property
    def is_missed(self) -> bool:
        """Return whether the goal is missed."""
        return self.ours is not None and self.goal is not None and self.ours > self.goal

    def __str__(self) -> str:
        numbers = (_format_figure(number) for number in (self.before, self.ours, self.plain))
        goal = _format_figure(self.goal) + (", missed" if self.is_missed else "")
        return f"| {' | '.join((self.what, self.unit, *numbers, goal))} |"


def print_table(figures: Iterable[Figure]) -> bool:
    """Print the table, line by line as it is measured; return whether a goal is missed."""
    print("| | | before | ours | plain | goal |\n|---|---|---|---|---|---|")
    missed = False
    for figure in figures:
        print(figure, flush=True)
        missed |= figure.is_missed
    return missed


def _format_figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
