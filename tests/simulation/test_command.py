"""`python -m tests.simulation`: what it says of runs, and of one that breaks a rule."""

import sys

import pytest

from tests.simulation import command
from tests.simulation.recording import Recorded, Step
from tests.simulation.simulation import Broken, simulate


def test_a_run_tells_its_seed_its_speed_the_faults_and_what_was_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "20261129000", "--ops", "60"])

    assert command.main() == 0

    told = capsys.readouterr().out
    assert told.startswith("seeds 20261129000 to 20261129000: 60 operations\n")
    for part in ("operations in", "a second", "faults:", "invariants checked:", "journals_are_the_models"):
        assert part in told


def test_a_run_that_breaks_a_rule_tells_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(seed: int, *_: object, **__: object) -> None:
        if seed == 8:
            error = Broken(seed, 3, "a_rule", ["what is wrong"])
            error.recorded = Recorded(seed, {}, (Step(0, 1, "POS", "spend", 5),))
            raise error
        simulate(seed, 1)

    monkeypatch.setattr(command, "simulate", broken)
    monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "8", "--ops", "901", "--processes", "1", "--as-is"])

    assert command.main() == 1

    told = capsys.readouterr().out
    assert "seed 8, step 3: a_rule\nwhat is wrong\nagain: make simulate SEED=8 OPS=900" in told
    assert "looking for fewer" not in told
