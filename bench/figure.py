"""Figures as README has them: a table in Markdown."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what it is of, its unit, the goal, and what was measured: of the revision before, of this
    one, of the plain variant. What is None has no goal, or cannot be measured here. The goal is not to be exceeded, or
    to be reached `at_least`."""

    what: str
    unit: str
    goal: float | None
    before: float | None
    ours: float | None
    plain: float | None = None
    _: KW_ONLY
    at_least: bool = False

    @property
    def is_missed(self) -> bool:
        """Return whether the goal is missed."""
        if self.ours is None or self.goal is None:
            return False
        return self.ours < self.goal if self.at_least else self.ours > self.goal

    def __str__(self) -> str:
        numbers = (_format_figure(number) for number in (self.before, self.ours, self.plain))
        goal = ("at least " if self.at_least else "") + _format_figure(self.goal)
        return f"| {' | '.join((self.what, self.unit, *numbers, goal))}{', missed' if self.is_missed else ''} |"


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
