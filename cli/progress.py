"""How far a run has got: done of all, how many a second, how much time is left. On stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from cli.console import err


class RateColumn(ProgressColumn):
    """How many a second, of late."""

    def render(self, task: Task) -> Text:
        """`34/s`, or nothing yet."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[..., None]]:
    """Show how far `what` has got; each call of what it hands out, from any thread, is one more done, or as many more
    as it is told."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    start = perf_counter()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done=1: shown.advance(task, done)
    err.print(f"[green]✓[/] {what} [dim]{perf_counter() - start:.1f} s[/]")
