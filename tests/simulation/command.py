"""`python -m tests.simulation --seed S --ops N`: runs of seeds from S on, until there were N operations.

Ends with status 1 where something does not hold, and tells the seed that shows it again.
"""

import argparse
import gc
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import active_children, get_context
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty

from cli.processes import end_with_parent
from cli.target import REPOSITORY
from loyalty.store.gc_paused import gc_paused
from tests.simulation.recording import FOUND, Recorded, write
from tests.simulation.shrinking import shrunk
from tests.simulation.simulation import RUN, Broken, Outcome, read_what_runs_share, simulate

PROCESSES = get_context("fork")
SHOWN_EVERY = 5.0
"""Seconds."""

SILENCE = 60.0
"""Seconds without a word after which the processes are counted: a run tells how far it is every few seconds."""

monotonic = time.monotonic  # the real one: a run has its own


@dataclass(frozen=True)
class Failed:
    """A run that did not hold; `rule` and `recorded` say which rule it broke, and what was done until then."""

    seed: int
    operations: int
    why: str
    rule: str = ""
    recorded: Recorded | None = None


Report = int | Outcome | Failed
"""The operations that are done since the last one, or what a run has come to."""


def main() -> int:
    """Run, tell how it goes, and answer the exit status."""
    arguments = _arguments()
    began, total, done = monotonic(), Outcome(arguments.seed), 0
    runs = list(_runs(arguments.seed, arguments.ops))
    _say(f"seeds {runs[0][0]} to {runs[-1][0]}: {arguments.ops:,} operations")
    shown = began
    for report in _reports(runs, arguments.processes, arguments.trace):
        match report:
            case int():
                done += report
            case Outcome():
                total.add(report)
            case Failed():
                _say(f"\n{report.why}\nagain: make simulate SEED={report.seed} OPS={report.operations}")
                if report.recorded and not arguments.as_is:
                    _say(_kept(report.recorded, report.rule))
                return 1
        if monotonic() - shown >= SHOWN_EVERY:
            shown = monotonic()
            _say(_so_far(arguments, done, shown - began))
    _tell(total, monotonic() - began, len(runs))
    return 0


def _so_far(arguments: argparse.Namespace, done: int, seconds: float) -> str:
    return f"seeds {arguments.seed} on: {done:,} of {arguments.ops:,} operations, {done / seconds:.0f} a second"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--ops", type=int, default=10_000, help="operations in all")
    parser.add_argument("--trace", type=Path, help="file for all that happens, in one process")
    parser.add_argument("--processes", type=int, default=2, help="that run at a time")
    parser.add_argument("--as-is", action="store_true", help="look for no shorter run that breaks the same rule")
    return parser.parse_args()


def _runs(seed: int, operations: int) -> Iterator[tuple[int, int]]:
    """Return the seed of each run, and its operations."""
    for number, start in enumerate(range(0, operations, RUN)):
        yield seed + number, min(RUN, operations - start)


def _reports(runs: list[tuple[int, int]], processes: int, trace: Path | None) -> Iterator[Report]:
    """Run, several at a time if there are several runs; hear of each how far it is, and what it has come to."""
    count = min(processes, len(runs))
    if count == 1 or trace:
        yield from _reports_here(runs, trace)
        return
    read_what_runs_share()
    queue: Queue[Report] = PROCESSES.Queue()
    left = iter(runs)
    for seed, operations in islice(left, count):
        _start(seed, operations, queue)
    ended = 0
    while ended < len(runs):
        try:
            report = queue.get(timeout=SILENCE)
        except Empty:
            if len(active_children()) < min(count, len(runs) - ended):
                raise SystemExit("a process has ended without a word") from None
            continue
        yield report
        if not isinstance(report, int):
            ended += 1
            for seed, operations in islice(left, 1):
                _start(seed, operations, queue)


def _reports_here(runs: list[tuple[int, int]], trace: Path | None) -> Iterator[Report]:
    heard: list[Report] = []
    with trace.open("w") if trace else nullcontext() as file:
        line = partial(print, file=file) if file else None
        for seed, operations in runs:
            heard.append(_outcome(seed, operations, heard.append, line))
            yield from heard
            heard.clear()


def _start(seed: int, operations: int, queue: "Queue[Report]") -> None:
    """Run in a process of its own. That ends without a search for garbage in all that the run has made, which takes a
    ninth of the time."""
    PROCESSES.Process(target=_work, args=(seed, operations, queue), daemon=True).start()


def _work(seed: int, operations: int, queue: "Queue[Report]") -> None:
    end_with_parent()
    gc.disable()
    queue.put(_outcome(seed, operations, queue.put))


def _outcome(
    seed: int, operations: int, hear: Callable[[int], None], trace: Callable[[str], None] | None = None
) -> Outcome | Failed:
    try:
        with gc_paused():  # a run makes many objects that stay until it ends
            return simulate(seed, operations, progress=hear, trace=trace)
    except Broken as broken:
        return Failed(seed, operations, str(broken), broken.rule, broken.recorded)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Failed(seed, operations, f"seed {seed}: {''.join(traceback.format_exception(error)[-8:])}")


def _kept(recorded: Recorded, rule: str) -> str:
    """Write the run with as few operations as still break the rule, as a test; return what is said of it."""
    _say("looking for fewer operations that break it; this may take some minutes ...")
    fewer = shrunk(recorded, rule)
    path = FOUND / f"{rule}-{fewer.seed}.jsonl"
    write(fewer, rule, path)
    kept = path.relative_to(REPOSITORY)
    return (
        f"{len(fewer.steps)} of {len(recorded.steps)} operations break it. They are kept in {kept}, which "
        "the tests play from now on: commit it with the mend, or remove it"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell(total: Outcome, seconds: float, runs: int) -> None:
    _say(f"{total.operations} operations in {seconds:.1f} s, {total.operations / seconds:.0f} a second")
    _say(f"{runs} runs from seed {total.seed} on, {total.steps} steps")
    _say("faults:")
    for kind, count in sorted(total.faults.items()):
        _say(f"  {count:8} {kind}")
    _say("invariants checked:")
    for rule, count in sorted(total.checked.items()):
        _say(f"  {count:8} {rule}")
    _say("answers:")
    for (name, came), count in sorted(total.answers.items()):
        _say(f"  {count:8} {name}: {came}")
    _say(f"all rules held in {total.operations} operations")
