"""The emulator's end: what is left of it, and when."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.local.emulator import Emulator, remove_what_is_out_of_use

SLOW_RM = """#!/bin/sh
until [ -e {go} ]; do sleep 0.05; done
exec /bin/rm "$@"
"""


def test_what_functions_wrote_is_out_of_the_next_runs_way_and_removed_without_being_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, slow, go = tmp_path / "local", tmp_path / "bin", tmp_path / "go"
    directory.mkdir()
    slow.mkdir()
    (slow / "rm").write_text(SLOW_RM.format(go=go))
    (slow / "rm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:/usr/bin:/bin")
    emulator = Emulator(port=0, directory=directory, stack_file=directory / "stack.json", lock_fd=sys.stderr.fileno())
    emulator.temporary_dir.mkdir()
    (emulator.temporary_dir / "of-a-function").touch()
    emulator.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True)
    emulator.__exit__(None, None, None)

    remove_what_is_out_of_use(directory)
    (left,) = directory.iterdir()
    assert left != emulator.temporary_dir
    go.touch()
    deadline = time.monotonic() + 30
    while left.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left.exists()
