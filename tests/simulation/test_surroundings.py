"""The engine finds no time, no chance and no threads but the simulation's."""

import random
import re
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path

from loyalty.api.http import http_handler
from loyalty.store import backoff, table
from tests.one_by_one import OneByOne
from tests.simulation.scheduler import Scheduler
from tests.simulation.surroundings import engine, surroundings
from tests.template import TEMPLATE

SOURCES = [
    *(Path(path) for module in engine() if (path := module.__file__)),
    *(TEMPLATE.parent / "functions").glob("*/app.py"),
]

HELD = {
    "datetime.now(",
    "time.time(",
    "time.monotonic(",
    "time.sleep(",
    "time.sleep",
    "random.uniform(",
    "secrets.token_bytes(",
    "secrets.token_hex(",
    "secrets.token_urlsafe(",
    "secrets.randbelow(",
    "secrets.randbits(",
    "uuid4(",
    "ThreadPoolExecutor(",
}
"""What the surroundings stand in for."""

ASKED = re.compile(
    r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(|(?<![\w.])time\.(?:sleep|(?:time|monotonic|perf_counter|process_time|localtime|gmtime|strftime)\w*\()|\brandom\.\w+\("
    r"|\bsecrets\.\w+\(|\buuid\d\(|\bos\.urandom\(|\b(?:Thread|Process)PoolExecutor\(|\bThread\("
)


def test_the_engine_asks_for_no_time_or_chance_that_the_simulation_does_not_hold() -> None:
    asked = {(file.name, found[0]) for file in SOURCES for found in ASKED.finditer(file.read_text())}

    assert ("backoff.py", "random.uniform(") in asked
    assert {(file, found) for file, found in asked if found not in HELD} == set()


def drawn() -> list[object]:
    return [
        secrets.token_hex(8),
        secrets.token_bytes(4),
        secrets.randbelow(10**9),
        secrets.randbits(32),
        uuid.uuid4().hex,
        random.random(),
    ]


def test_chance_follows_from_the_seed() -> None:
    found = []
    for seed in (1, 1, 2):
        with surroundings(Scheduler(0.0), seed):
            found.append(drawn())

    assert found[0] == found[1]
    assert all(one != other for one, other in zip(found[0], found[2], strict=True))


def test_time_is_the_schedulers_and_afterwards_the_worlds() -> None:
    scheduler, asking = Scheduler(1_000_000_000.0), vars(http_handler)
    threaded: dict[str, object] = vars(table)
    with surroundings(scheduler, 1):
        backoff.pause(3.5)
        assert time.time() == time.monotonic() == scheduler.now == 1_000_000_003.5
        assert asking["datetime"].now(UTC).timestamp() == scheduler.now
        within = threaded["ThreadPoolExecutor"]

    assert time.time() > scheduler.now
    assert (within, threaded["ThreadPoolExecutor"]) == (OneByOne, ThreadPoolExecutor)
