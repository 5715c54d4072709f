"""From a run that breaks a rule to one with as few operations and faults as still break it: delta debugging."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from tests.simulation.recording import Recorded
from tests.simulation.simulation import Broken, simulate

T = TypeVar("T")

MAX_RUNS = 300
"""Runs that a shrinking may take."""


def shrunk(recorded: Recorded, rule: str, *, breaks: Callable[[Recorded, str], bool] | None = None) -> Recorded:
    """Return a run of less that breaks the same rule."""
    breaks = breaks or breaks_rule
    left = [MAX_RUNS]

    def still(tried: Recorded) -> bool:
        left[0] -= 1
        return left[0] >= 0 and breaks(tried, rule)

    steps = _fewest(recorded.steps, lambda kept: still(replace(recorded, steps=tuple(kept))))
    recorded = replace(recorded, steps=tuple(steps))
    kinds = _fewest(
        sorted(recorded.rates), lambda kept: still(replace(recorded, rates={one: recorded.rates[one] for one in kept}))
    )
    return replace(recorded, rates={one: recorded.rates[one] for one in kinds})


def breaks_rule(recorded: Recorded, rule: str) -> bool:
    """Tell whether a run breaks a rule."""
    try:
        simulate(recorded.seed, recorded=recorded)
    except Broken as broken:
        return broken.rule == rule
    except Exception:  # noqa: BLE001 - it fails otherwise
        return False
    return False


def _fewest(all_of: Sequence[T], holds: Callable[[Sequence[T]], bool]) -> Sequence[T]:
    """Return some of many of which none can be left out: halves are tried first, then smaller parts."""
    kept, size = list(all_of), max(1, len(all_of) // 2)
    while kept:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if holds(fewer):
                kept = fewer
            else:
                at += size
        if size == 1:
            return kept
        size = max(1, size // 2)
    return kept
