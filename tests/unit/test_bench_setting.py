"""Measurements do not meddle with each other."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import setting


@pytest.fixture(autouse=True)
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(setting, "OUT", tmp_path / "out")
    setting.claim_out.cache_clear()
    yield tmp_path / "out"
    setting.claim_out().close()
    setting.claim_out.cache_clear()


def test_a_measurement_builds_nothing_where_another_one_is_at_work(out: Path) -> None:
    out.mkdir()
    with (out / "claim").open("wb") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)

        with pytest.raises(SystemExit, match="one after the other"):
            setting.packages("runtime", ["six"])

    assert not (out / "runtime").exists()


def test_a_measurement_builds_as_often_as_it_likes(out: Path) -> None:
    for name in ("runtime", "plain", "runtime"):
        setting.packages(name, ["six"])

    assert (out / "runtime" / "six.py").exists()
