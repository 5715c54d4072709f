"""The revision that figures are held against, checked out into bench/out."""

import subprocess
from pathlib import Path

from bench.setting import OUT, ROOT

COMMIT = "74e6f0cc707c29b8ae23068b52c873d36e8b1457"
"""The last commit before cold starts and files were made quicker."""


def check_out() -> Path | None:
    """Return the root of its tree; None where the repository's history does not go back to it."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", COMMIT], capture_output=True)
    if archive.returncode:
        return None
    folder = OUT / "before"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive.stdout, check=True)
    return folder
