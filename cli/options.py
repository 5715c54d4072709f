"""Options that commands share."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import typer

Stack = Annotated[str | None, typer.Option(help="The name of a deployed stack; the local stack by default.")]
Region = Annotated[str | None, typer.Option(help="The deployed stack's region.")]
PartnerId = Annotated[str, typer.Option("--partner", help="The partner's id.")]
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="Files of JSON Lines.")]
Deployed = Annotated[
    bool, typer.Option("--deployed", help="On top of what the stack has: the local one, or that of --stack.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The day after the last one.")]


def in_a_folder(file: Path | None) -> Path | None:
    """Refuse a file to be written whose folder is not there, before any work is done for it."""
    if file and not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}: make it, or name another one")
    return file


class Days(NamedTuple):
    """The days from `start` (included) to `end` (excluded), UTC; None leaves that side open."""

    start: date | None = None
    end: date | None = None

    @classmethod
    def between(cls, start: datetime | None, end: datetime | None) -> Self:
        """Return the days that the options `--from` and `--to` name."""
        return cls(start and start.date(), end and end.date())

    def holds(self, at: datetime) -> bool:
        """Return whether a moment lies within."""
        return (self.start is None or self.start <= at.date()) and (self.end is None or at.date() < self.end)
