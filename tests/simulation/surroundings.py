"""Time and chance as the engine finds them, for as long as a simulation runs: all of it follows from the seed."""

import hashlib
import importlib
import inspect
import os
import pkgutil
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from functools import cache
from types import ModuleType
from typing import Any

import jwt.api_jwt
import pytest

import loyalty
from tests.hooks import forget_hooks
from tests.one_by_one import OneByOne
from tests.simulation.scheduler import Scheduler

OTHERS = (jwt.api_jwt,)
"""Modules beside the engine's own that ask what time it is."""


@contextmanager
def surroundings(scheduler: Scheduler, seed: int) -> Iterator[None]:
    """Let time be the scheduler's, chance the seed's, and threads none, while the block runs."""
    bytes_of = random.Random(f"bytes {seed}").randbytes
    state = random.getstate()
    random.seed(f"random {seed}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: scheduler.now)
        patch.setattr(time, "monotonic", lambda: scheduler.now)
        patch.setattr(time, "sleep", scheduler.sleep)
        patch.setattr(os, "urandom", bytes_of)
        patch.setattr(random, "_urandom", bytes_of)  # which `secrets` draws from
        patch.setattr(hashlib, "scrypt", _quickly(hashlib.scrypt))
        clock = _clock(scheduler)
        for module in [*engine(), *OTHERS]:
            if asks_the_time(module):
                patch.setattr(module, "datetime", clock)
            if hasattr(module, "ThreadPoolExecutor"):
                patch.setattr(module, "ThreadPoolExecutor", OneByOne)
        try:
            yield
        finally:
            random.setstate(state)
            forget_hooks()


@cache
def engine() -> tuple[ModuleType, ...]:
    """Return all modules of the engine, each of them imported."""
    names = [found.name for found in pkgutil.walk_packages(loyalty.__path__, "loyalty.")]
    return tuple(sys.modules.get(name) or importlib.import_module(name) for name in names)


@cache
def asks_the_time(module: ModuleType) -> bool:
    """Return whether a module asks what time it is."""
    return "datetime.now(" in inspect.getsource(module)


def stand_in_for_time(namespace: dict[str, Any], scheduler: Scheduler) -> None:
    """Let a module that was not imported, but run, know the scheduler's time."""
    if namespace.get("datetime") is datetime:
        namespace["datetime"] = _clock(scheduler)


def _quickly(scrypt: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return a hash of pass codes that is not slow on purpose."""
    return lambda secret, **named: scrypt(secret, **{**named, "n": 2})


def _clock(scheduler: Scheduler) -> type[datetime]:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(scheduler.now, tz)

    return Clock
