"""The runs of a day: its date is their seed, so each day looks at others, and a failing one can be run again."""

import os
from datetime import UTC, datetime

from tests.simulation.simulation import RUN, Outcome, simulate

OPERATIONS = int(os.environ.get("SIMULATED_OPERATIONS", "0"))
"""Of each half of a day's runs; without it, none are done."""


def seed_of_today() -> int:
    """Return today's seed: `20260115000` on the 15th of January 2026."""
    return int(f"{datetime.now(UTC):%Y%m%d}000")


def run(first: int, operations: int) -> Outcome:
    """Run worlds of seeds from one on, until there were so many operations."""
    total = Outcome(first)
    while total.operations < operations:
        total.add(simulate(first, min(RUN, operations - total.operations)))
        first += 1
    return total
