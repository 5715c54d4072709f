import json
import os
from pathlib import Path

import pytest

from cli.console import CommandFailure
from cli.target import Target, settings

FOUND = {"api_url": "http://127.0.0.1:3000", "stack_name": "loyalty-local", "table": "t", "api_id": "abc"}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, which is not in the repository."""
    (tmp_path / ".local").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("cli.target.REPOSITORY", tmp_path / "repository")
    return tmp_path


def test_outputs_are_named_as_settings() -> None:
    outputs = {"ApiUrl": "a", "TableName": "b", "UploadBucketName": "c", "ResultBucket": "d"}
    assert settings(outputs) == {"api_url": "a", "table": "b", "upload_bucket": "c", "result_bucket": "d"}


def test_the_local_stack_is_the_one_of_the_working_directory(directory: Path) -> None:
    (directory / ".local" / "stack.json").write_text(json.dumps(FOUND | {"api_key": "lk_1"}))
    assert Target.load() == Target(
        api_url="http://127.0.0.1:3000", stack_name="loyalty-local", table="t", api_key="lk_1"
    )


@pytest.mark.usefixtures("directory")
def test_where_no_local_stack_runs_the_failure_says_how_to_start_one() -> None:
    with pytest.raises(CommandFailure, match="`make run`"):
        Target.load()


def test_what_is_no_stack_of_the_engine_is_a_failure() -> None:
    with pytest.raises(CommandFailure, match="not a stack of the loyalty engine"):
        Target.of({"api_url": "http://127.0.0.1:3000"})


@pytest.mark.parametrize(
    ("region", "advice"), [(None, "no region: name it with --region"), ("eu-central-1", "no AWS credentials: sign in")]
)
def test_a_deployed_stack_that_cannot_be_asked_for_says_what_is_missing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, region: str | None, advice: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(CommandFailure, match=f"stack loyalty-prod: {advice}"):
        Target.load("loyalty-prod", region)
