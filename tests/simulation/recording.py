"""Runs as they are kept: a seed, how likely faults are, and the operations in their order, each with a seed of its own,
so that others stay as they are where one is left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from loyalty import exactjson
from tests.simulation.faults import Fault

FOUND = Path(__file__).parent / "found"
"""Where runs are kept that broke a rule once: each is run again by a test."""


@dataclass(frozen=True)
class Step:
    """An operation: in which round, by which caller, for which partner, and the seed of all that it draws."""

    round: int
    caller: int
    partner: str
    operation: str
    seed: int


@dataclass(frozen=True)
class Recorded:
    """A run: the seed of its world, how likely each fault is in it, and its operations."""

    seed: int
    rates: Mapping[Fault, float]
    steps: tuple[Step, ...]

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return max((step.round for step in self.steps), default=-1) + 1

    def of_caller(self, number: int, caller: int) -> list[Step]:
        """Return what a caller does in a round."""
        return [step for step in self.steps if (step.round, step.caller) == (number, caller)]


def write(recorded: Recorded, rule: str, path: Path) -> None:
    """Keep a run that broke a rule, as lines of JSON."""
    rates = {kind.name: rate for kind, rate in recorded.rates.items() if rate}
    lines = [{"rule": rule, "seed": recorded.seed, "rates": rates}, *(asdict(step) for step in recorded.steps)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{exactjson.dumps(line)}\n" for line in lines), "utf-8")


def read(path: Path) -> Recorded:
    """Return a run that is kept."""
    head, *steps = (exactjson.loads(line) for line in path.read_text("utf-8").splitlines())
    rates = {Fault[name]: float(rate) for name, rate in head["rates"].items()}
    return Recorded(head["seed"], rates, tuple(Step(**step) for step in steps))
