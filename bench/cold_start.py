"""Cold starts: a fresh process that imports app.py, makes its client and handles its first call.

Counted is the whole process, the interpreter's own start included. CPU time is user and system time, of the quickest of
several processes; instructions are those of user space, counted by valgrind, once, since they hardly vary. Not counted
on either side: the TLS handshake and reading the certificates for it, as the stub speaks plain HTTP.
"""

import re
import resource
import shutil
from dataclasses import dataclass

from bench.setting import OUT, Function

REPETITIONS = 15


@dataclass(frozen=True)
class ColdStart:
    """The cost of a cold start; `instructions_m` is None without valgrind."""

    cpu_ms: float
    instructions_m: float | None


def measure(function: Function) -> ColdStart:
    """Cold starts of `function`."""
    function.run()  # fills the file cache
    return ColdStart(min(_cpu_ms(function) for _ in range(REPETITIONS)), _instructions_m(function))


def _cpu_ms(function: Function) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    function.run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _instructions_m(function: Function) -> float | None:
    if not shutil.which("valgrind"):
        return None
    log = OUT / "valgrind.log"
    # Without its model of caches, cachegrind just counts.
    count = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}")
    function.run("valgrind", *count)
    counted = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text())
    assert counted
    return int(counted[1].replace(",", "")) / 1e6
