"""The command `loyalty`: one line per command, each in a module of its own that imports what is slow when it runs."""

import typer

from cli.backtest.command import backtest_command
from cli.commands.import_files import import_command
from cli.commands.keys import keys
from cli.commands.logins import logins
from cli.commands.uploads import upload, uploads
from cli.commands.verify import verify
from cli.compare.command import compare
from cli.console import Commands
from cli.docs.errors import errors
from cli.docs.openapi import openapi
from cli.journey.dataset import dataset
from cli.journey.replay import replay
from cli.local.command import run
from cli.programme.command import programme
from cli.translate.command import translate
from cli.trusted_roots import roots

app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown")


@app.callback()
def loyalty() -> None:
    """Operate the loyalty engine, on this machine or in an AWS account."""


app.command()(run)
app.command("import")(import_command)
app.add_typer(keys, name="key")
app.add_typer(logins, name="login")
app.add_typer(programme, name="programme")
app.command("backtest")(backtest_command)
app.command()(compare)
app.command()(translate)
app.command()(upload)
app.add_typer(uploads, name="uploads")
app.command()(replay)
app.command()(dataset)
app.command()(verify)
app.command(hidden=True)(openapi)
app.command(hidden=True)(errors)
app.command(hidden=True)(roots)
