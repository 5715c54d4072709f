"""`loyalty upload`: what would be refused as a whole is not sent, and is a failure."""

import json
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import boto3
import pytest

from cli.commands.uploads import redrive_uploads, upload
from cli.console import CommandFailure
from cli.target import Target
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.credentials import ApiKey, add_key
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import NOW
from tests.uploads import csv, row


class Here(Target):
    """A stack of which there is the table of a test."""

    own: DynamoTable

    def open_table(self) -> DynamoTable:
        return self.own


@pytest.fixture(autouse=True)
def stack(demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(api_url="", stack_name="", table=demo.name, upload_bucket="uploads")
    monkeypatch.setattr(Here, "own", demo, raising=False)
    monkeypatch.setattr(Target, "load", lambda *_: here)


def sent() -> set[str]:
    return {found["Key"] for found in boto3.client("s3").list_objects_v2(Bucket="uploads").get("Contents", [])}


@pytest.mark.parametrize(
    ("name", "data", "partner", "why"),
    [
        ("day.xlsx", csv(row("A")), "DEMO", "must end in .csv"),
        ("day.txt", csv(row("A")), "DEMO", "must end in .csv"),
        ("day.csv", b"", "DEMO", "is empty"),
        ("day.csv", csv(row("A"), header="what,is,this"), "DEMO", "must name the columns"),
        ("day.csv.gz", csv(row("A")), "DEMO", "is not compressed by gzip"),
        ("day.jsonl", b"[{}]", "DEMO", "must end in .json"),
        ("day\n.csv", csv(row("A")), "DEMO", "control characters"),
        ("day.csv", csv(row("A")), "NOBODY", "Partner NOBODY does not exist"),
    ],
)
def test_a_file_that_would_be_refused_as_a_whole_is_a_failure_and_is_not_sent(
    name: str, data: bytes, partner: str, why: str, tmp_path: Path
) -> None:
    file, before = tmp_path / name, sent()
    file.write_bytes(data)

    with pytest.raises(CommandFailure, match=why):
        upload(file, partner)

    assert sent() == before


@pytest.mark.parametrize("partner", ["DEMO/OLD", "..", "DEMO\\OLD", "Ω", ""])
def test_a_file_of_a_partner_whose_id_names_no_folder_is_not_sent_into_anothers(
    partner: str, tmp_path: Path, demo: DynamoTable
) -> None:
    """Not even if the partner has keys, of before its id would have been refused."""
    of_before = Partner(partner, frozenset(Scope), frozenset({"*"}))
    add_key(demo, ApiKey("OLD", of_before, NOW, "hash", "R"))
    file, before = tmp_path / "day.csv", sent()
    file.write_bytes(csv(row("A")))

    with pytest.raises(CommandFailure, match=r"cannot name a folder|No partner is named"):
        upload(file, partner)

    assert sent() == before


def test_a_file_that_can_be_read_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "good.csv"
    file.write_bytes(csv(row("A")))

    upload(file, "DEMO", as_json=True)

    assert "uploads/DEMO/good.csv" in sent()
    assert "upload" in capsys.readouterr().out


def test_who_stops_watching_is_told_that_the_upload_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "good.csv"
    file.write_bytes(csv(row("A")))
    monkeypatch.setattr("cli.uploading.time.sleep", Mock(side_effect=KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        upload(file, "DEMO", watch=True)

    assert "goes on without you: `loyalty uploads show " in capsys.readouterr().err


@pytest.mark.parametrize(("taken_up", "hidden", "fails"), [(0, 0, False), (0, 2, True), (1, 2, False), (3, 0, False)])
def test_a_redrive_that_could_not_look_at_anything_is_a_failure_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], taken_up: int, hidden: int, fails: bool
) -> None:
    monkeypatch.setattr("cli.uploading.redrive", lambda *_: (taken_up, hidden))

    failing = pytest.raises(CommandFailure, match=r"about 2 messages .* run this again in a minute")
    with failing if fails else nullcontext():
        redrive_uploads(as_json=True)

    assert json.loads(capsys.readouterr().out) == {"taken_up": taken_up, "hidden": hidden}
