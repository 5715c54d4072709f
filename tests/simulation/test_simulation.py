"""The simulation itself: the same seed is the same run, and what is broken is found."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.simulation import dynamo, objects
from tests.simulation.faults import Fault
from tests.simulation.invariants import INVARIANTS
from tests.simulation.simulation import Broken, simulate
from tests.template import TEMPLATE

CALM: dict[Fault, float] = {}


def test_a_calm_world_holds() -> None:
    outcome = simulate(1, 150, CALM)

    assert outcome.operations == 150
    assert not outcome.faults
    assert not outcome.logged
    assert outcome.checked == {rule.__name__: 1 for rule in INVARIANTS}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_with_all_faults_holds(seed: int) -> None:
    outcome = simulate(seed, 450)

    assert len(outcome.faults) > 10
    assert outcome.checked == {rule.__name__: 3 for rule in INVARIANTS}


def test_the_same_seed_is_the_same_run_to_the_byte(tmp_path: Path) -> None:
    traces = [_traced(tmp_path / f"{hashes}.txt", seed=3, hashes=hashes) for hashes in ("1", "2")]

    assert len(traces[0]) > 100_000
    assert traces[0] == traces[1]


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    first, other = (_traced(tmp_path / f"{seed}.txt", seed=seed, hashes="1") for seed in (3, 4))

    assert first != other


@pytest.mark.parametrize(
    ("place", "name", "broken"),
    [
        (dynamo, "holds", lambda *_: True),
        (dynamo.DynamoService, "_seen", lambda table, place, _: table.older.get(place, (0, None))[1]),
        (objects, "_found", lambda *_: objects.Stored(b"", '""', "v1", {})),
    ],
    ids=["conditions hold always", "reads are older always", "files are empty"],
)
def test_a_cloud_that_is_broken_is_found_out(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(place, name, broken)

    with pytest.raises((Broken, Exception)):
        simulate(1, 300)


def _traced(file: Path, *, seed: int, hashes: str) -> bytes:
    subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--ops", "300", "--trace", str(file)],
        check=True,
        cwd=TEMPLATE.parent,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        stdout=subprocess.DEVNULL,
    )
    return file.read_bytes()
