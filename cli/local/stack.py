"""The whole local stack as a context: served when it is entered, and no process or port of it left when it is done, but
for one that removes files."""

import contextlib
import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

from cli.console import CommandFailure, Report, silent
from cli.local.bridge import bridge_address
from cli.local.deployment import DOMAIN, STACK_NAME, STAGE, Deployment, Host
from cli.local.emulator import LOOPBACK, Emulator, remove_what_is_out_of_use
from cli.local.front import Backend, Front
from cli.target import REPOSITORY, STACK_FILE, Target, settings

USUAL_EMULATOR_PORT = 4566
LOCK_SECONDS = 5  # what the emulator of a killed run may take to save its state
DEMO_PROGRAMME = REPOSITORY / "cli" / "demo" / "programme.jsonl"


@contextlib.contextmanager
def local_stack(
    port: int = 0,
    state_dir: Path = REPOSITORY / STACK_FILE.parent,
    *,
    keep: bool = False,
    docker: bool = False,
    report: Report = silent,
) -> Iterator[Target]:
    """Serve the real template on 127.0.0.1:`port`; 0 takes any free port.

    All that is written lies in `state_dir`: `stack.json` as long as the stack is served, the logs, and the state, with
    which the next run goes on if it is told to `keep` it. With `docker`, containers reach the emulator: it listens on
    Docker's bridge in place of 127.0.0.1. Raises `CommandFailure` where the port is taken, a tool is
    missing, another stack runs in that directory, or a step fails.
    """
    state_dir = state_dir.resolve()  # processes that run elsewhere are told of it
    with contextlib.ExitStack() as stack:
        stack.callback(remove_what_is_out_of_use, state_dir)  # last, when the next run may have begun already
        front = stack.enter_context(Front(port))
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = stack.enter_context(hold_lock(state_dir / "lock"))
        stack_file = state_dir / STACK_FILE.name
        stack_file.unlink(missing_ok=True)  # of a run that was killed
        emulator = Emulator(
            port=USUAL_EMULATOR_PORT if port else 0,
            directory=state_dir,
            stack_file=stack_file,
            lock_fd=lock.fileno(),
            host=bridge_address() if docker else LOOPBACK,
        )
        if not keep:
            shutil.rmtree(emulator.state, ignore_errors=True)
        emulator.state.mkdir(exist_ok=True)
        restored = (emulator.state / "dynamodb.json").exists()
        deployment = Deployment(Host.here(), emulator.account, state_dir)
        stack.enter_context(emulator)
        with report("Building functions and layer with SAM"):
            deployment.build()
        with report("Starting the emulator of AWS" + (", with the state of the last run" if restored else "")):
            emulator.wait_until_ready()
        with report("Deploying template.yaml to it"):
            outputs = deployment.deploy()

        found = {**settings(outputs), **asdict(emulator.account), "stack_name": STACK_NAME, "api_url": front.url}
        target = Target.of(found)
        kept_key = emulator.state / "api_key"
        if restored and kept_key.exists():
            target = replace(target, api_key=kept_key.read_text())
        else:
            with report("Loading the demo programme"):
                target = replace(target, api_key=demo_key(target))
            write_whole(kept_key, target.api_key or "")
        path = f"/restapis/{outputs['ApiId']}/{STAGE}/_user_request_"
        backend = Backend(emulator.port, path, target.api_key, emulator.host, DOMAIN)
        stack.enter_context(front.serve(backend))
        write_whole(state_dir / "env.json", json.dumps({"Parameters": function_environment(target)}, indent=2) + "\n")
        write_whole(stack_file, json.dumps(found | asdict(target), indent=2) + "\n")
        stack.callback(stack_file.unlink, missing_ok=True)
        yield target


def demo_key(target: Target) -> str:
    """Load the demo programme; return a key of its partner, which may do everything."""
    from cli.commands.import_files import import_files
    from cli.commands.keys import create_key

    import_files(target, [DEMO_PROGRAMME])
    return create_key(target, partner="DEMO", merchants=["*"])


def function_environment(target: Target) -> dict[str, str]:
    """Return the variables of functions that name something of the stack, which `sam local` does not know."""
    return {
        "AWS_ENDPOINT_URL": target.aws_endpoint_url or "",
        "TABLE_NAME": target.table,
        "UPLOAD_BUCKET": target.upload_bucket,
        "RESULT_BUCKET": target.result_bucket,
        "CHUNK_QUEUE_URL": target.chunk_queue_url,
        "CLOSE_QUEUE_URL": target.close_queue_url,
    }


def write_whole(path: Path, text: str) -> None:
    """Write a file that nobody ever reads half."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


@contextlib.contextmanager
def hold_lock(path: Path) -> Iterator[IO[str]]:
    """Hold the file's lock, which the system lets go when the last process that has the file open is gone."""
    deadline = time.monotonic() + LOCK_SECONDS
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CommandFailure(f"another local stack runs in {path.parent}: stop that one first") from None
                time.sleep(0.1)
        yield file
