"""`python -m cli.local.emulator_process STACK_FILE`: the emulator, in a process that ends when its parent does.

The parent holds the other end of this process's standard input. Once that is closed, the emulator gets the signal on
which it saves its state and ends, and so do its workers: it would wait for the calls that they are at. So not even a
parent that is killed leaves anything running, or a file that says that it runs.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from ministack.app import main  # type: ignore[import-untyped]


def end_with_parent(stack_file: Path) -> None:
    """Wait until the parent is gone, then stop, with all workers: they are in this process's group."""
    sys.stdin.read()
    stack_file.unlink(missing_ok=True)
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, args=[Path(sys.argv.pop())], daemon=True).start()
    main()
