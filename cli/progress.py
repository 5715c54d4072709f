"""How far a run has got, on stderr: a bar on a terminal; elsewhere a line as it begins, and one every ten seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from cli.console import err

LINE_EVERY = 10.0
"""Seconds between lines where there is no terminal."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[..., None]]:
    """Show how far `what` has got; each call of what it hands out, from any thread, is one more done, or as many more
    as it is told."""
    start = perf_counter()
    with counting() as shown:
        task = shown.add_task(what, total=total)
        yield lambda done=1: shown.advance(task, done)
    err.print(f"[green]✓[/] {what} [dim]{perf_counter() - start:.1f} s[/]")


def counting() -> Progress:
    """Return what shows of tasks how many are done of how many, how many a second, and how much time is left."""
    return _shown(MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn())


@contextmanager
def reading(file: Path, what: str) -> Iterator[BinaryIO]:
    """Open a file, and show how much of it has been read."""
    with _shown(DownloadColumn(), TimeRemainingColumn()) as shown, shown.open(file, "rb", description=what) as opened:
        yield opened


def _shown(*columns: ProgressColumn) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *columns)
    return Progress(*columns, console=err, transient=True) if err.is_terminal else _Lines(*columns)


class _RateColumn(ProgressColumn):
    """How many a second, of late."""

    def render(self, task: Task) -> Text:
        """`34/s`, or nothing yet."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


class _Lines(Progress):
    """Tells in lines what a bar would show."""

    def __init__(self, *columns: ProgressColumn) -> None:
        super().__init__(*columns, console=err, disable=True)
        self._told, self._told_at = "", 0.0

    def add_task(self, description: str, *more: Any, **named: Any) -> TaskID:
        task = super().add_task(description, *more, **named)
        self._tell(task)
        return task

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        super().advance(task_id, advance)
        self._tell(task_id)

    def update(self, task_id: TaskID, **changes: Any) -> None:
        super().update(task_id, **changes)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        with self._lock:
            task, now = self._tasks[task_id], self.get_time()
            if task.description != self._told:
                line = task.description
            elif now - self._told_at >= LINE_EVERY:
                line = self._line(task)
            else:
                return
            self._told, self._told_at = task.description, now
            err.print(f"{line} ...", markup=False)

    def _line(self, task: Task) -> str:
        cells = [column(task) for column in self.columns if isinstance(column, ProgressColumn)]
        return " ".join(filter(None, (cell.plain.strip() for cell in cells if isinstance(cell, Text))))
