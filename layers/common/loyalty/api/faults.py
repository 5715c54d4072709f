"""Faults of functions that nobody waits for an answer of: logged, and then Lambda's to try again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class CallFailed(Exception):  # noqa: N818 - reads as what it says
    """What Lambda is told that a call ended with, as it logs that itself and keeps it with a failed call: the kind of
    the fault. What a fault says may be what was sent."""


@contextmanager
def faults_logged(**about: Any) -> Iterator[None]:
    """Log whatever is raised, with what it is `about`.

    Raises:
        CallFailed: in its place.
    """
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - logged
        from loyalty.api.logs import log_fault  # hardly a call has a use for it, and the authorizer is to start quickly

        log_fault(fault, **about)
        raise CallFailed(type(fault).__name__) from None
