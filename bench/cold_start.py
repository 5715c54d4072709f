"""`python -m bench.cold_start`: what starts cost, from nothing and from a snapshot, over TLS and without.

A cold start is a fresh process that imports app.py, makes its client and handles its first call: the whole process is
counted, the interpreter's own start included. A start from a snapshot is what comes after Lambda has taken one: the
hooks of a clone, and its first call; counted is a process that does all of it, less one that ends at the snapshot.

CPU time is user and system time, of the quickest of several processes; instructions are those of user space, counted
by valgrind, once, since they hardly vary. Over TLS, a process trusts what its variant trusts when it is deployed, and
reads it from a file as it does there.
"""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.before import check_out
from bench.figure import Figure, print_table
from bench.instructions import count_instructions_m
from bench.interpreter import use_quickest
from bench.setting import Function, Variant, prepare
from bench.usage import tell, usage

REPETITIONS = 10


@dataclass(frozen=True)
class Start:
    """The cost of a start; `instructions_m` is None without valgrind."""

    cpu_ms: float
    instructions_m: float | None

    def __sub__(self, other: "Start") -> "Start":
        counted = None
        if self.instructions_m and other.instructions_m:
            counted = self.instructions_m - other.instructions_m
        return Start(self.cpu_ms - other.cpu_ms, counted)


def figures(before: Variant | None, ours: Variant, plain: Variant) -> Iterator[Figure]:
    """Yield the figures of starts: those that have goals are over TLS, as AWS speaks nothing else."""
    variants = (before, ours, plain)
    creates = [variant.create if variant else None for variant in variants]
    authorizers = [variant.authorizer if variant else None for variant in variants]
    for what, functions, cold_goal, restored_goal in (
        ("create purchase", creates, 1150, 80),
        ("the authorizer", authorizers, 850, 45),
    ):
        yield from _lines(f"cold start of {what}", cold_goal, functions, partial(cold, tls=True))
        yield from _lines("the same without TLS", None, functions, partial(cold, tls=False))
        yield from _lines(f"first call of {what} after a snapshot", restored_goal, functions, restored)


def _lines(
    what: str, goal: float | None, functions: Sequence[Function | None], measure: Callable[[Function], Start]
) -> Iterator[Figure]:
    tell(what)
    starts = [measure(one) if one else None for one in functions]
    before, ours, plain = (start.instructions_m if start else None for start in starts)
    yield Figure(what, "M instructions", goal, before, ours, plain)
    before, ours, plain = (start.cpu_ms if start else None for start in starts)
    yield Figure("", "ms CPU", None, before, ours, plain)


def cold(function: Function, *, tls: bool) -> Start:
    """Return what a cold start takes."""
    return _measure(function, tls=tls, snapshot="none")


def restored(function: Function) -> Start:
    """Return what a clone of a snapshot takes for its first call, over TLS."""
    whole, until = (_measure(function, tls=True, snapshot=at) for at in ("restored", "taken"))
    return whole - until


def _measure(function: Function, *, tls: bool, snapshot: str) -> Start:
    function.run(tls=tls, snapshot=snapshot)  # fills the file cache
    quickest = min(_cpu_ms(function, tls=tls, snapshot=snapshot) for _ in range(REPETITIONS))
    counted = count_instructions_m(lambda count: function.run(*count, tls=tls, snapshot=snapshot))
    return Start(quickest, counted)


def _cpu_ms(function: Function, *, tls: bool, snapshot: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    function.run(tls=tls, snapshot=snapshot)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    use_quickest("bench.cold_start")
    sys.exit(int(print_table(figures(*prepare(check_out())))))
