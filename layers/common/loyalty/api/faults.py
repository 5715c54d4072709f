"""Faults of functions that nobody waits for an answer of: logged, and then Lambda's to try again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def faults_logged(**about: Any) -> Iterator[None]:
    """Log whatever is raised, with what it is `about`, and let it pass."""
    try:
        yield
    except Exception as fault:
        from loyalty.api.logs import log_fault  # hardly a call has a use for it, and the authorizer is to start quickly

        log_fault(fault, **about)
        raise
