"""Documents that are written from the code, and checked against it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import CommandFailure, err
from cli.target import REPOSITORY

Check = Annotated[bool, typer.Option("--check", help="Only check whether the file is up to date.")]


def bring_up_to_date(path: Path, text: str, *, check: bool, command: str) -> None:
    """Write a document, or with `check` only look whether it is what the code makes it."""
    name = path.relative_to(REPOSITORY)
    if check and (not path.exists() or path.read_text("utf-8") != text):
        raise CommandFailure(f"{name} is out of date: run `loyalty {command}`")
    is_up_to_date = path.exists() and path.read_text("utf-8") == text
    path.write_text(text, "utf-8")
    err.print(f"{name} is up to date." if is_up_to_date else f"{name} is written.")
