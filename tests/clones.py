"""The process of a function of which Lambda takes a snapshot, and two clones of it; run by test_snapshots.py.

A clone is what `fork` of the C library makes: the same memory, down to the state of the random numbers. That of Python
would seed those anew. The process tells that it is ready once it has done what comes before a snapshot, and makes the
clones as soon as it reads a line. They take turns, so that neither differs by what the other did at the same time.
"""

import ctypes
import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from snapshot_restore_py import get_after_restore, get_before_snapshot  # type: ignore[import-untyped]

from bench.container import LambdaContext
from loyalty.store.backoff import Backoff


def main(path: str, events: list[dict[str, Any]]) -> None:
    """Start a function, and have each clone handle one of `events`."""
    spec = spec_from_file_location("app", path)
    assert spec
    assert spec.loader
    app = module_from_spec(spec)
    spec.loader.exec_module(app)
    for hook, positional, named in reversed(get_before_snapshot()):
        hook(*positional, **named)
    tell({"sockets": count_sockets()})
    sys.stdin.readline()
    for event in events:
        clone = ctypes.CDLL(None).fork()
        if clone == 0:
            tell(live(app, event))
            os._exit(0)
        assert os.waitpid(clone, 0)[1] == 0


def live(app: Any, event: dict[str, Any]) -> dict[str, Any]:
    """Return what a clone answers, and what it would give, draw and wait for after that."""
    for hook, positional, named in get_after_restore():
        hook(*positional, **named)
    waits: list[float] = []
    Backoff(waits.append).wait()
    answer = app.handler(event, LambdaContext())
    engine = getattr(app, "engine", None)
    numbers = engine.numbers.take("purchase", 3) if engine else []
    return {"answer": answer, "waits": waits, "numbers": numbers}


def tell(what: dict[str, Any]) -> None:
    """Write a line on standard error; the log is what goes to standard output."""
    sys.stderr.write(json.dumps(what) + "\n")
    sys.stderr.flush()


def count_sockets() -> int:
    """Return how many sockets this process has open."""
    return sum(path.is_socket() for path in Path("/proc/self/fd").iterdir())


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
