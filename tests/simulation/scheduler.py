"""Time that passes only where somebody waits, and tasks that take turns by it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]


class Killed(BaseException):
    """The process has ended, at a call to the cloud: nothing of it goes on."""


@dataclass(eq=False)
class Process:
    """What a task runs in: it is killed at its `deadline`, or once it has no `calls_left`, and makes no call once it is
    dead."""

    name: str
    deadline: float = float("inf")
    calls_left: float = float("inf")
    dead: bool = False


class Task(greenlet):  # type: ignore[misc]  # it brings no types
    """Work that waits for time to pass; `process` is what it runs in, as long as it does."""

    process: Process | None = None


@dataclass
class Scheduler:
    """The clock, and whoever waits for it. Whose time comes first goes on first; nobody else runs meanwhile."""

    now: float
    steps: int = 0
    _waiting: list[tuple[float, int, Callable[[], Any]]] = field(default_factory=list)
    _order: int = 0
    _hub: greenlet = field(default_factory=getcurrent)
    _failure: BaseException | None = None

    def at(self, seconds: float, work: Callable[[], Any]) -> None:
        """Do something in so many seconds. It must not wait."""
        self._order += 1
        heappush(self._waiting, (self.now + seconds, self._order, work))

    def start(self, work: Callable[[], Any], after: float = 0.0) -> None:
        """Start a task in so many seconds."""
        task = Task(self._guarded(work), self._hub)
        self.at(after, task.switch)

    def sleep(self, seconds: float) -> None:
        """Let the task wait; what kills its process meanwhile raises `Killed`."""
        task = getcurrent()
        process = task.process if isinstance(task, Task) else None
        if process and process.dead:
            raise Killed
        until = self.now + seconds
        if process and until >= process.deadline:
            self._wait(max(0.0, process.deadline - self.now), task)
            process.dead = True
            raise Killed
        self._wait(seconds, task)
        if process and process.dead:
            raise Killed

    def run(self) -> None:
        """Let time pass until nobody waits any more.

        Raises:
            BaseException: whatever a task has failed with.
        """
        while self._waiting:
            due, _, go_on = heappop(self._waiting)
            self.now = max(self.now, due)
            self.steps += 1
            go_on()
            if self._failure:
                raise self._failure

    def advance(self, seconds: float) -> None:
        """Let so much time pass while nobody waits."""
        assert not self._waiting
        self.now += seconds

    def _wait(self, seconds: float, task: greenlet) -> None:
        if not isinstance(task, Task) or not self._waiting or self._waiting[0][0] > self.now + seconds:
            self.now += seconds
            self.steps += 1
            return  # nobody else's time comes first
        self.at(seconds, task.switch)
        self._hub.switch()

    def _guarded(self, work: Callable[[], Any]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 - the run ends with it
                self._failure = failure

        return guarded


def current_process() -> Process | None:
    """Return what the current task runs in, None outside of any."""
    task = getcurrent()
    return task.process if isinstance(task, Task) else None


def run_in(process: Process, work: Callable[[], Any]) -> Any:
    """Let the current task run in a process while it does some work.

    Raises:
        Killed: the process was killed.
    """
    task = getcurrent()
    assert isinstance(task, Task)
    before, task.process = task.process, process
    try:
        return work()
    finally:
        task.process = before
