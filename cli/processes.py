"""Work in several processes, each a fork of this one: it has all that was there before, and hands over its result."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Annotated, Any, TypeVar

import typer

from cli.console import CommandFailure

Result = TypeVar("Result")
Tell = Callable[[int], None]
"""Hears how much more is done."""

Work = Callable[[Tell], Result]
Collect = Callable[[Tell], list[Result]]

TOLD_AT_ONCE = 100
"""How much is done until a process tells of it: to tell takes about as long as to price a purchase."""

Processes = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="Processes to share the work among; as many as there are processors."),
]


def processors() -> int:
    """Return how many processes may run at a time; one where processes cannot be forked."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def in_processes(works: Sequence[Work[Result]]) -> Iterator[Collect[Result]]:
    """Start each piece of work in a process; yield what waits for them and returns their results, in their order. A
    single one is done in this process, once its result is asked for.

    No piece may use a connection that was opened before: its other end would hear several processes at once. What one
    raises is raised here, and the others are ended; so are all if this process ends, however that comes about.
    """
    if len(works) == 1:
        yield lambda tell: [works[0](tell)]
        return
    fork = multiprocessing.get_context("fork")
    started: list[tuple[Any, Connection]] = []
    try:
        for work in works:
            ours, theirs = fork.Pipe(duplex=False)
            process = fork.Process(target=_run, args=(work, theirs), daemon=True)
            process.start()
            theirs.close()
            started.append((process, ours))
        yield partial(_collect, [connection for _, connection in started])
    finally:
        for process, connection in started:
            process.terminate()  # those that are done have ended already
            process.join()
            connection.close()


def _run(work: Work[Result], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is asked to stop ends the processes that it started
    end_with_parent()
    untold = 0

    def tell(done: int) -> None:
        nonlocal untold
        untold += done
        if untold >= TOLD_AT_ONCE:
            connection.send((untold, [], None))
            untold = 0

    try:
        result = work(tell)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is raised where the work was asked for
        connection.send((untold, [], failure))
    else:
        connection.send((untold, [result], None))


def end_with_parent() -> None:
    """Have this process end once the one that started it has, killed or not: nobody is left to hear the result."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def _collect(connections: Sequence[Connection], tell: Tell) -> list[Result]:
    places = {connection: place for place, connection in enumerate(connections)}
    results: dict[int, Result] = {}
    while places:
        for connection in wait(list(places)):
            assert isinstance(connection, Connection)
            done, result, failure = _message(connection)
            tell(done)
            if failure is not None:
                raise failure
            if result:
                results[places.pop(connection)] = result[0]
    return [results[place] for place in range(len(connections))]


def _message(connection: Connection) -> tuple[int, list[Any], Exception | None]:
    """Return how much more is done; the result, if it is there; what was raised, if anything was."""
    try:
        message: tuple[int, list[Any], Exception | None] = connection.recv()
    except EOFError as ended:
        raise CommandFailure("a process has ended early, as it may for lack of memory: use fewer") from ended
    return message
