"""`loyalty verify`: where nothing is proven, it says so, and ends with another status than where something does not
hold."""

import errno
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands.verify import verdict
from cli.main import app
from cli.target import Target
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.spool import Spool
from tests.exports import export

BUSY = Refused(Problem(Code.RETRY_LATER, "The storage is busy."))
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def why_nothing_is_proven(*arguments: str) -> str:
    told = CliRunner().invoke(app, ["verify", *arguments])

    assert told.exit_code == 2
    assert isinstance(told.exception, SystemExit)
    return told.stderr.replace("\n", " ")


@pytest.fixture
def proven(demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> DynamoTable:
    monkeypatch.setattr(Target, "load", lambda *_: Target(api_url="", stack_name="", table=""))
    monkeypatch.setattr(Target, "open_table", lambda _: demo)
    return demo


def test_a_table_that_there_is_not_is_not_proven(proven: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proven, "name", "nope")

    assert "ResourceNotFoundException" in why_nothing_is_proven()


def test_a_table_that_is_out_of_reach_is_not_proven(proven: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    def scan() -> None:
        raise BUSY

    monkeypatch.setattr(proven, "scan", scan)

    assert "The storage is busy" in why_nothing_is_proven()


def test_what_is_no_export_is_not_proven_and_its_file_is_named_once(tmp_path: Path) -> None:
    told = why_nothing_is_proven("--export", str(tmp_path))

    assert told.count("manifest-summary.json") == 1
    assert "cannot be read (No such file or directory)" in told


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_is_going_on_and_what_came_of_it_is_told(demo: DynamoTable, tmp_path: Path, processes: str) -> None:
    folder = export(demo, tmp_path / "export")

    told = CliRunner().invoke(app, ["verify", "--export", str(folder), "--processes", processes])

    assert told.exit_code == 0
    assert told.stderr.splitlines() == [
        "Reading ...",
        "Proving shards of wallets ...",
        "Proving shards of names ...",
        "All proven.",
    ]


@pytest.mark.parametrize(
    ("deviations", "unrecorded", "told"),
    [
        (0, 0, "All proven."),
        (0, 1, "All proven, but for 1 thing that an older version did not record."),
        (1, 2, "1 deviation, listed with what to do."),
        (1_200, 0, "1,200 deviations, listed with what to do."),
    ],
)
def test_the_verdict_is_a_sentence(deviations: int, unrecorded: int, told: str) -> None:
    assert verdict(deviations, unrecorded) == told


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_there_is_no_room_for_is_not_proven(
    demo: DynamoTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    def write(*_: object) -> None:
        raise FULL

    folder = export(demo, tmp_path / "export")
    monkeypatch.setattr(Spool, "_write", write)

    told = why_nothing_is_proven("--export", str(folder), "--processes", processes)
    assert "No space left on device" in told
    assert "TMPDIR" in told
