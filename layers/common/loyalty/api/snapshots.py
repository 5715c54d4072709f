"""Snapshots of started functions (Lambda's SnapStart): what is loaded into one, and what no two clones of it share."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from loyalty.api.faults import CallFailed, log_faults


class Forgetful(Protocol):
    """Something that keeps from call to call what must not be in a snapshot."""

    def forget(self) -> None:
        """Drop that; it is made or read again when it is needed."""


def prepare_snapshots(load: Callable[[datetime], object], *kept: Forgetful) -> None:
    """Have `load` called before a snapshot is taken, and `kept` forget what clones must not share; have each clone draw
    random numbers of its own. Where there are no snapshots, nothing of this happens."""
    try:
        import snapshot_restore_py as hooks  # type: ignore[import-untyped]
    except ImportError:  # Lambda's runtimes have it, from Python 3.12 on
        return
    hooks.register_before_snapshot(_fill, load, kept)
    hooks.register_after_restore(random.seed)


def _fill(load: Callable[[datetime], object], kept: tuple[Forgetful, ...]) -> None:
    """Load, unless that fails: a stack that is being made has no programme yet. The first call does it then."""
    with suppress(CallFailed), log_faults():
        load(datetime.now(UTC))
    for one in kept:
        one.forget()
