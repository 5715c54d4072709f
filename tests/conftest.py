"""The real template on the emulator, served as `make run` serves it, once for all tests of a session."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cli.local.stack import local_stack
from cli.target import Target

COLLECTED_AFTER = 10_000
"""New objects after which the youngest are looked through for garbage: Python's 700 are few for what moto makes."""

settings.register_profile("untimed", deadline=None)  # a machine may be busy with something else
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Leave what was imported out of each search for garbage: of a run with all tests, that took half of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 10, 10)


@pytest.fixture(scope="session")
def stack_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stack of these tests keeps its files."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(stack_dir: Path) -> Iterator[Target]:
    """The stack, with the demo programme and a key that may do everything."""
    with local_stack(state_dir=stack_dir) as target:
        yield target
