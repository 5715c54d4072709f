"""How far a run has got, where no terminal shows it."""

from pathlib import Path

import pytest

from cli import progress
from cli.progress import counting, reading


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that have been told since this was last asked."""
    return capsys.readouterr().err.splitlines()


def test_what_begins_is_told_at_once_and_how_far_it_is_after_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINE_EVERY", 60.0)
    with progress.progress("Posting purchases", 3_000) as done:
        assert told(capsys) == ["Posting purchases ..."]
        done(20)
        assert told(capsys) == []
        monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
        done()
        (line,) = told(capsys)
        assert line.startswith("Posting purchases 21/3000 ")
        assert line.endswith(" ...")
    (line,) = told(capsys)
    assert line.startswith("✓ Posting purchases ")


def test_what_goes_over_to_something_else_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with counting() as shown:
        task = shown.add_task("Waiting to be read", total=None)
        for what in ("Waiting to be read", "Posting", "Posting", "Making the result"):
            shown.update(task, description=what)

    assert told(capsys) == ["Waiting to be read ...", "Posting ...", "Making the result ..."]


def test_how_much_of_a_file_is_read_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "a[b].jsonl"
    file.write_bytes(b"1\n2\n")
    with reading(file, f"Importing {file.name}") as lines:
        monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
        assert list(lines) == [b"1\n", b"2\n"]

    assert told(capsys) == [
        "Importing a[b].jsonl ...",
        "Importing a[b].jsonl 2/4 bytes -:--:-- ...",
        "Importing a[b].jsonl 4/4 bytes 0:00:00 ...",
    ]
