"""Runs of the simulation that hold: what breaks one of them has broken a rule of docs/reliability.md."""

import pytest

from tests.simulation.simulation import RUN, simulate

SEEDS = range(1, 13)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_fails_the_rules_hold(seed: int) -> None:
    outcome = simulate(seed)

    assert outcome.operations >= RUN
    assert outcome.faults
    assert min(outcome.checked.values()) > 0
