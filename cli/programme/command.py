"""`loyalty programme`: programme files before they go live."""

import typer

from cli.docs.programme_schema import schema
from cli.programme.check import check
from cli.programme.explain import explain

programme = typer.Typer(no_args_is_help=True, help="Look at programme files before they go live.")
programme.command()(check)
programme.command()(explain)
programme.command(hidden=True)(schema)
