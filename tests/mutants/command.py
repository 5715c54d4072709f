"""`python -m tests.mutants [AREA ...]`: plant all mutants of some areas, and tell which ones nothing notices.

Ends with status 1 where there are any beside those that `equivalent.toml` explains.
"""

import argparse
import sys
import tomllib
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.mutants.areas import AREAS, Area
from tests.mutants.judge import QUIET, Fate, Judge
from tests.mutants.mutations import Mutant
from tests.mutants.planting import Module

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
SIMULATED = 900
"""Operations of a run of the simulation."""

_AREAS_TOLD = ", ".join(AREAS)


def main() -> int:
    """Judge the mutants of all areas that are named, tell how it goes, and answer the exit status."""
    arguments = _arguments()
    known = equivalent()
    survivors = [survivor for name in arguments.areas for survivor in _judged(name, AREAS[name], arguments, known)]
    for survivor in survivors:
        _say(survivor)
    return 1 if survivors else 0


def equivalent() -> dict[str, str]:
    """Return the mutants that change nothing that counts, by their names, and why."""
    told: dict[str, dict[str, str]] = tomllib.loads(EQUIVALENT.read_text())
    return {f"{module} {name}": why for module, mutants in told.items() for name, why in mutants.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    told = f"what to plant them in: {_AREAS_TOLD}; all by default"
    parser.add_argument("areas", nargs="*", metavar="AREA", type=_area, default=list(AREAS), help=told)
    parser.add_argument("--only", nargs="+", default=[""], help="parts of the names of the mutants to plant")
    parser.add_argument("--seeds", type=int, default=0, help="runs of the simulation that judge a survivor")
    return parser.parse_args()


def _area(name: str) -> str:
    if name not in AREAS:
        raise argparse.ArgumentTypeError(f"there is no area {name}: there are {_AREAS_TOLD}")
    return name


def _judged(name: str, area: Area, arguments: argparse.Namespace, known: dict[str, str]) -> list[str]:
    """Judge the mutants of an area, and return those that survived."""
    report = _Report(name)
    judge = Judge(
        modules=[Module.at(path) for path in area.paths()],
        wanted=lambda mutant: mutant not in known and any(part in mutant for part in arguments.only),
        simulate=partial(_simulate, arguments.seeds) if arguments.seeds else None,
        begin=report.begin,
        hear=report.hear,
    )
    _say(f"{name}: running its tests once without a mutant ...")
    status = pytest.main([*QUIET, *area.judges()], plugins=[judge])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"{name}: the tests cannot judge.")
    return report.survivors


def _simulate(seeds: int) -> None:
    from tests.simulation.simulation import simulate  # of the packages that were imported anew

    for seed in range(1, seeds + 1):
        simulate(seed, SIMULATED)


class _Report:
    """What has become of the mutants of an area."""

    def __init__(self, area: str) -> None:
        self._area = area
        self._planted = 0
        self._fates: Counter[Fate] = Counter()
        self.survivors: list[str] = []

    def begin(self, planted: int) -> None:
        """Tell how many there are."""
        self._planted = planted
        _say(f"{self._area}: {planted} mutants")

    def hear(self, module: Module, mutant: Mutant, fate: Fate) -> None:
        """Tell how far it is, and what has survived."""
        self._fates[fate] += 1
        done = self._fates.total()
        if fate is not Fate.FAILED_A_TEST:
            told = f"{module.told} {mutant.name}"
            _say(f"{fate}: line {mutant.lines.start} of {told}")
            self.survivors += [told] if fate is not Fate.FAILED_THE_SIMULATION else []
        if done % 20 == 0 or done == self._planted:
            _say(f"{self._area}: {done} of {self._planted}, " + ", ".join(f"{n} {f}" for f, n in self._fates.items()))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
