"""`python -m tests.simulation`: what it says of runs, and of one that breaks a rule."""

import os
import signal
import subprocess
import sys

import pytest

from cli.target import REPOSITORY
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


def test_a_process_that_ends_without_a_word_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "simulate", lambda *_, **__: os._exit(1))
    monkeypatch.setattr(command, "SILENCE", 1.0)
    monkeypatch.setattr(sys, "argv", ["simulation", "--ops", "1800"])

    with pytest.raises(SystemExit, match="without a word"):
        command.main()


def test_no_process_goes_on_without_the_one_that_was_asked() -> None:
    """Each has the output of the command, which is read to its end only once the last of them has ended."""
    asked = [sys.executable, "-m", "tests.simulation", "--ops", "100000"]
    with subprocess.Popen(asked, cwd=REPOSITORY, stdout=subprocess.PIPE, start_new_session=True) as asking:
        assert asking.stdout
        begun, at_work = asking.stdout.readline(), asking.stdout.readline()
        asking.kill()
        try:
            asking.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(asking.pid, signal.SIGKILL)
            raise
    assert begun.startswith(b"seeds 1 to ")
    assert b"a second" in at_work
