"""Where a proof keeps what is too much for memory, and how its work is shared among processes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Tell = Callable[[int], None]
"""Hears how much more is done."""

Work = Callable[[Tell], Any]
"""A piece of work, which returns what it found."""


def in_turn(works: Sequence[Work], tell: Tell) -> list[Any]:
    """Do one piece of work after the other."""
    return [work(tell) for work in works]


class Workspace(NamedTuple):
    """The room and the hands that there are.

    Attributes:
        folder: where temporary files go; None keeps everything in memory.
        shards: in how many parts accounts and names are proven. A process holds one at a time in memory.
        processes: how many pieces the work is in.
        run: does pieces of work, side by side or in turn, and returns their results in order. What one changes in
            memory, others may not see.
    """

    folder: Path | None = None
    shards: int = 1
    processes: int = 1
    run: Callable[[Sequence[Work], Tell], list[Any]] = in_turn
