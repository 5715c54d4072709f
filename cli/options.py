"""Options that commands share."""

from typing import Annotated

import typer

Stack = Annotated[str | None, typer.Option(help="A deployed stack's name; the local stack where none is given.")]
Region = Annotated[str | None, typer.Option(help="The deployed stack's region.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
