"""Waiting for others who are at work on the same items."""

import random
import time
from collections.abc import Callable

Pause = Callable[[float], None]
"""Wait for so many seconds."""

FIRST_SECONDS = 0.02
"""Twice what a transaction takes."""

MAX_SECONDS = 0.5
"""The most seconds of one wait."""

MAX_TOTAL_SECONDS = 7.0
"""The most seconds of all waits together, half of a function's time limit: its other reads and writes, and one
transaction per wait, fit into the other half."""


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


class Backoff:
    """The waits between attempts: random, so that rivals do not meet again, and longer each time (decorrelated jitter);
    but shorter again after a long wait, so that a call does not wait while others come and go."""

    def __init__(self, pause: Pause = pause) -> None:
        self._pause = pause
        self._last = FIRST_SECONDS
        self._left = MAX_TOTAL_SECONDS

    def wait(self) -> bool:
        """Wait for the next try; return False, at once, where there have been enough."""
        if self._left <= 0:
            return False
        longest = min(3 * self._last, MAX_SECONDS * self._left / MAX_TOTAL_SECONDS)
        self._last = random.uniform(FIRST_SECONDS, max(FIRST_SECONDS, longest))  # noqa: S311 - no secret
        self._left -= self._last
        self._pause(self._last)
        return True
