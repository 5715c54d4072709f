"""Measurements take minutes, so none begins where somebody asks for its usage."""

import re
import subprocess
import sys

import pytest

from cli.target import REPOSITORY

MEASUREMENTS = sorted(set(re.findall(r"python -m (bench[.a-z_]*)", (REPOSITORY / "bench" / "README.md").read_text())))


@pytest.mark.parametrize("module", MEASUREMENTS)
def test_a_measurement_tells_its_usage_instead_of_beginning(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.startswith(f"usage: python -m {module} [-h]")
    assert "--help" in done.stdout
