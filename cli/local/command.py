"""`loyalty run`: the stack on one machine, until Ctrl-C."""

import contextlib
import json
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err, out, step
from cli.target import REPOSITORY

if TYPE_CHECKING:
    from cli.target import Target

DEMO_PURCHASE = REPOSITORY / "cli" / "demo" / "purchase.json"


def run(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1 to serve on; 0 takes any.")] = 3000,
    keep: Annotated[bool, typer.Option("--keep", help="Keep what the last run posted.")] = False,
    docker: Annotated[
        bool, typer.Option("--docker", help="Let the emulator listen on Docker's bridge, for `sam local`.")
    ] = False,
) -> None:
    """Serve the whole stack on this machine, with a demo programme, until Ctrl-C."""
    from cli.local.stack import local_stack

    interrupt_on_signals()
    with local_stack(port, keep=keep, docker=docker, report=step) as target:
        show(target)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        err.print("\nStopping ...")
    err.print("[green]✓[/] Ended. `make run KEEP=1` goes on from here.")


def interrupt_on_signals() -> None:
    """Let the first signal to end unwind what has been started, which further ones do not break off.

    They are caught rather than ignored, as processes that this one starts would ignore them, too.
    """
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signals.append(signal.SIGHUP)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, lambda _number, _frame: None)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, interrupt)


def show(target: "Target") -> None:
    """Tell where the stack is and what to do with it."""
    purchase = json.dumps(json.loads(DEMO_PURCHASE.read_text()))
    out.print(f"""
[bold]The loyalty engine is served on this machine.[/] Ctrl-C ends it.

  API       {target.api_url}
  Routes    {target.api_url}/  [dim]to read and to try in a browser[/]
  API key   {target.api_key}
  Emulator  {target.aws_endpoint_url}  [dim]of AWS, in {target.region}; access key and secret: test[/]
  Files     .local/  [dim]stack.json, env.json, emulator.log, deploy.log[/]

Post a purchase:
""")
    out.print(
        f"curl -i {target.api_url}/purchases -H 'api_key: {target.api_key}' "
        f"-H 'Content-Type: application/json' -d '{purchase}'",
        markup=False,
    )
    out.print("\nOperate it, from another terminal: [bold].venv/bin/loyalty --help[/]\n")
