"""`loyalty programme`: programme files before they go live."""

import typer

from cli.programme.check import check
from cli.programme.explain import explain
from cli.programme.schema import schema

programme = typer.Typer(no_args_is_help=True, help="Look at programme files before they go live.")
programme.command()(check)
programme.command()(explain)
programme.command(hidden=True)(schema)
