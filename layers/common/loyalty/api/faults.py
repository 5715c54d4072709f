"""Faults of functions that nobody waits for an answer of: logged, and then Lambda's to try again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class CallFailed(Exception):  # noqa: N818 - reads as what it says
    """The error that Lambda sees of a failed call, logs itself and keeps with the call. It has only the kind of the
    fault, as the message of a fault may contain what was sent."""


@contextmanager
def log_faults(**about: Any) -> Iterator[None]:
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
