"""An executor without threads, for clients that bear none and for runs that have to repeat."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class OneByOne(Executor):
    """Does what it is given at once: whoever gives it waits, and others go on meanwhile."""

    def __init__(self, *_: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], *args: Any, **named: Any) -> "Future[Any]":  # type: ignore[override]
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            done.set_exception(error)
        return done
