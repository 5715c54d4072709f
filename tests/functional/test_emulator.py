"""The emulator's end: what is left of it, and when."""

import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cli.local.emulator import Emulator, remove_what_is_out_of_use


def test_what_functions_wrote_is_out_of_the_next_runs_way_and_told_of_while_it_is_removed(tmp_path: Path) -> None:
    told: list[str] = []

    def report(what: str) -> AbstractContextManager[None]:
        told.append(what)
        return nullcontext()

    emulator = Emulator(port=0, directory=tmp_path, stack_file=tmp_path / "stack.json", lock_fd=sys.stderr.fileno())
    emulator.temporary_dir.mkdir()
    (emulator.temporary_dir / "of-a-function").touch()
    emulator.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, start_new_session=True)
    emulator.__exit__(None, None, None)

    assert not emulator.temporary_dir.exists()
    remove_what_is_out_of_use(tmp_path, report)
    remove_what_is_out_of_use(tmp_path, report)
    assert told == ["Temporary files of functions removed"]
    assert not list(tmp_path.iterdir())
