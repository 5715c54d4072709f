"""Where containers reach this machine, as Docker tells it."""

from pathlib import Path

import pytest

from cli.console import CommandFailure
from cli.local.bridge import bridge_address


def docker_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a docker into the path, and nothing else."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_it_is_the_first_address_of_the_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker_that("echo fd00::/64 127.0.0.0/8", tmp_path, monkeypatch)

    assert bridge_address() == "127.0.0.1"


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("echo no daemon >&2; exit 1", "Docker does not answer \\(no daemon\\)"),
        ("echo 203.0.113.0/24", "203.0.113.1 is not on this machine"),
    ],
)
def test_where_there_is_none_it_is_told_what_to_do(
    does: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_that(does, tmp_path, monkeypatch)

    with pytest.raises(CommandFailure, match=told):
        bridge_address()


def test_a_missing_docker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CommandFailure, match="install Docker"):
        bridge_address()
