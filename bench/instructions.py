"""Instructions of user space, counted by valgrind: no other work on the machine changes them."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


def count_instructions_m(run: Callable[[tuple[str, ...]], Any]) -> float | None:
    """Return the millions of instructions of the process that `run` starts with these words before its own; None
    without valgrind."""
    if not shutil.which("valgrind"):
        return None
    with TemporaryDirectory() as folder:
        log = Path(folder) / "valgrind.log"
        # Without its model of caches, cachegrind just counts.
        count = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}")
        run(("valgrind", *count))
        counted = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text())
    assert counted
    return int(counted[1].replace(",", "")) / 1e6
