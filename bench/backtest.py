"""`python -m bench.backtest`: the Complete Journey's year under a draft and the current programme, from the shell, in
one process and in two; some minutes. No offer of the draft has a budget here, which all customers would share.

Counted is all of `loyalty backtest`, with everything that it reads, imports, prices and draws. Both have to come to the
same. By the clock, two processes are quicker where two processors are idle.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, print_table
from bench.interpreter import use_quickest
from bench.setting import OUT, ROOT
from bench.usage import tell, usage
from loyalty import exactjson

DRAFT = ROOT / "cli" / "journey" / "draft.jsonl"
LOYALTY = (sys.executable, "-c", "from cli.main import app; app()")
TIMES_QUICKER = 1.7
"""The goal for two processes."""


@dataclass(frozen=True)
class Backtest:
    """The outcome of a backtest, and what it took: seconds by the clock, and of CPU, user and system time."""

    outcome: bytes
    seconds: float
    cpu_seconds: float


def figures() -> Iterator[Figure]:
    """Yield what the year takes in one process, and in two.

    Raises:
        AssertionError: they come to something else.
    """
    draft = draft_without_budgets()
    tell(what := "the year backtested in one process")
    alone = backtest(draft, 1)
    yield Figure(what, "s CPU", None, None, alone.cpu_seconds)
    tell(what := "the year backtested in two processes")
    shared = backtest(draft, 2)
    assert shared.outcome == alone.outcome
    yield Figure(what, "s CPU", None, None, shared.cpu_seconds)
    times = alone.seconds / shared.seconds
    yield Figure("by the clock", "times one process", TIMES_QUICKER, None, times, at_least=True)


def draft_without_budgets() -> Path:
    """Return a file of the draft, of which no offer has a budget."""
    OUT.mkdir(exist_ok=True)
    records = [exactjson.loads(line) for line in DRAFT.read_text().splitlines()]
    for record in records:
        record.get("limits", {}).pop("budget", None)
    draft = OUT / DRAFT.name
    draft.write_text("".join(f"{exactjson.dumps(record)}\n" for record in records))
    return draft


def backtest(draft: Path, processes: int) -> Backtest:
    """Backtest the year under a draft."""
    asked = ("backtest", str(draft), "--journey", "--html", str(OUT / "backtest.html"), "--json")
    command = [*LOYALTY, *asked, "--processes", str(processes)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Backtest(done.stdout, seconds, cpu)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    use_quickest("bench.backtest")
    sys.exit(int(print_table(figures())))
