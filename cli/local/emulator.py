"""The ministack emulator as a child process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import IO, Self

import urllib3

from cli.console import CommandFailure
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, AwsAccount

REGION = "eu-central-1"
LOOPBACK = "127.0.0.1"
START_SECONDS = 60  # three on a laptop; a busy CI machine may need ten times that
OUT_OF_USE = "tmp-"  # begins the names of directories that wait to be removed
STOP_SECONDS = 60  # saving the state of a year of purchases takes a few, and more on a busy machine


class Emulator:
    """Starts on entering, without waiting for it; `wait_until_ready` does that. Stops, state saved, on leaving.

    What its functions wrote to their temporary directory is out of its way then, for `remove_what_is_out_of_use`.

    It listens on `port` of `host` if that is free. Its files are in `directory`: `state` holds what outlives a run, and
    `stack_file` says that the stack is served, so it goes first. `lock_fd` is a file that stays open as long as the
    emulator runs.
    """

    def __init__(self, *, port: int, directory: Path, stack_file: Path, lock_fd: int, host: str = LOOPBACK) -> None:
        self.state = directory / "state"
        self.temporary_dir = directory / "tmp"
        self.log = directory / "emulator.log"
        self.stack_file = stack_file
        self.lock_fd = lock_fd
        self.host = host
        self.port = free_port(port, host)
        self.account = AwsAccount(region=REGION, aws_endpoint_url=f"http://{host}:{self.port}")

    def __enter__(self) -> Self:
        self.temporary_dir.mkdir(exist_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own module, and arguments of ours
                [sys.executable, "-m", "cli.local.emulator_process", self.stack_file],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[self.lock_fd],
                start_new_session=True,  # a Ctrl-C in the terminal is for the parent, which stops things in order
            )
        return self

    def wait_until_ready(self) -> None:
        """Raises `CommandFailure` where the emulator ends, or does not answer in time."""
        ready = f"{self.account.aws_endpoint_url}/_ministack/ready"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if urllib3.request("GET", ready, retries=False).status == HTTPStatus.OK:
                    return
            time.sleep(0.1)
        raise CommandFailure(f"the emulator did not start; it says:\n{last_lines(self.log)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pipe: IO[bytes] | None = self.process.stdin
        if pipe:
            pipe.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # workers of functions that would not end
        self.temporary_dir.replace(mkdtemp(prefix=OUT_OF_USE, dir=self.temporary_dir.parent))

    def _environment(self) -> dict[str, str]:
        """Functions inherit this, so none of the caller's own settings and credentials are in it."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(self.temporary_dir)),
            "TZ": "UTC",
            "TMPDIR": str(self.temporary_dir),
            "BIND_HOST": self.host,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
            "AUTH": "true",  # a function may only do what its role's policy allows
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state),
            "IOT_MTLS_ENABLED": "0",  # listens on a port of its own otherwise
            "SFTP_ENABLED": "0",
        }


def remove_what_is_out_of_use(directory: Path) -> None:
    """Let a process of its own remove what emulators have left in `directory`, without waiting for it: a worker of a
    function has 1,500 files, which take a while. If it is broken off, the next run's removes the rest."""
    if left := list(directory.glob(f"{OUT_OF_USE}*")):
        command = ["sh", "-c", 'nice rm -rf "$@" >/dev/null 2>&1 </dev/null &', "sh", *map(str, left)]
        subprocess.run(command, check=False, start_new_session=True)  # noqa: S603 - all of it is ours


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a log, where the reason for a failure stands."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def free_port(preferred: int, host: str = LOOPBACK) -> int:
    """Return the preferred port of `host` if nothing listens on it, or else any other; 0 prefers none."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, preferred))
        except OSError:
            probe.bind((host, 0))
        return int(probe.getsockname()[1])
