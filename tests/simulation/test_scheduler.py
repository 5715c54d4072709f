"""Tasks take turns by the clock, and a process that has ended makes no call any more."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.simulation.scheduler import Killed, Process, Scheduler, run_in


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(0.0)


def steps(scheduler: Scheduler, name: str, seconds: float, heard: list[str]) -> Callable[[], None]:
    def work() -> None:
        for _ in range(3):
            scheduler.sleep(seconds)
            heard.append(f"{name} {scheduler.now:g}")

    return work


def test_whose_time_comes_first_goes_on_first(scheduler: Scheduler) -> None:
    heard: list[str] = []
    scheduler.start(steps(scheduler, "a", 2, heard))
    scheduler.start(steps(scheduler, "b", 3, heard))

    scheduler.run()

    assert heard == ["a 2", "b 3", "a 4", "b 6", "a 6", "b 9"]


def test_a_process_is_killed_at_its_deadline(scheduler: Scheduler) -> None:
    process, heard = Process("p", deadline=5), list[str]()

    def work() -> None:
        with pytest.raises(Killed):
            run_in(process, steps(scheduler, "a", 2, heard))
        heard.append(f"killed {scheduler.now:g}")

    scheduler.start(work)
    scheduler.run()

    assert heard == ["a 2", "a 4", "killed 5"]
    assert process.dead


def test_a_process_that_has_ended_waits_for_nothing_more(scheduler: Scheduler) -> None:
    process = Process("p", dead=True)

    def work() -> None:
        with pytest.raises(Killed):
            run_in(process, partial(scheduler.sleep, 1))

    scheduler.start(work)
    scheduler.run()

    assert scheduler.now == 0


def test_what_a_task_fails_with_ends_the_run(scheduler: Scheduler) -> None:
    def work() -> None:
        raise ZeroDivisionError

    scheduler.start(work)

    with pytest.raises(ZeroDivisionError):
        scheduler.run()
