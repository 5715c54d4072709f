"""What the command prints, on terminals with whatever characters."""

import io
import json
import re
import sys

import pytest

from cli.console import CommandFailure, answer, err, out, refusals_as_failures, step
from cli.main import app
from loyalty.domain.errors import Code, Problem, Refused, not_found
from tests.functional.conftest import DEMO

PURCHASE = str(DEMO.parent / "purchase.json")


def printed(monkeypatch: pytest.MonkeyPatch, encoding: str, *arguments: str) -> str:
    """Return what a command prints on a terminal of an encoding."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "stderr", stderr)
    app(list(arguments), standalone_mode=False)
    for stream in (stdout, stderr):
        stream.flush()
    assert isinstance(stdout.buffer, io.BytesIO)
    return stdout.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_terminal_is_shown_which_offers_apply(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    text = printed(monkeypatch, encoding, "programme", "explain", str(DEMO), PURCHASE)

    applies, not_ = ("✓", "✗") if encoding == "utf-8" else ("+", "-")
    assert f"{applies}  OFFER-5PC" in text
    assert f"{not_}  OFFER-CARD" in text


@pytest.mark.parametrize("arguments", [["--help"], ["programme", "--help"], ["programme", "check", str(DEMO)]])
def test_commands_end_well_on_a_terminal_with_few_characters(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    assert printed(monkeypatch, "ascii", *arguments)


def test_nothing_that_others_have_named_does_anything_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Names of files and columns of those that send them are shown to operators."""
    hostile = "a\x1b[2J\x9b31m\u202egnp.csv\r[red]"

    answer([{"name": hostile}], as_json=False)
    answer({"name": hostile}, as_json=True)
    err.print(hostile, markup=False)

    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert not set(text) & set("\x1b\x9b\u202e\r")
    assert told.err == "a\\u001b[2J\\u009b31m\\u202egnp.csv\\r[red]\n"


def test_a_step_is_told_as_it_begins_where_no_terminal_shows_that(capsys: pytest.CaptureFixture[str]) -> None:
    with step("Reading programmes"):
        assert capsys.readouterr().err == "Reading programmes ...\n"

    assert "Reading programmes" in capsys.readouterr().err


def test_what_is_json_stays_json(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, "ascii", "programme", "explain", str(DEMO), PURCHASE, "--json")

    assert json.loads(text)["total_amount"] == 15.19


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (not_found("reward_scheme", "NO (SUCH)\n").description, "There is no reward_scheme NO (SUCH)\n."),
        (not_found("Promo Code", "X").description, "There is no promo code X."),
        (not_found("CIM", "X").description, "There is no CIM X."),
        ("must not be negative", "This must not be negative."),
        ("There is no record type nonsense.", "There is no record type nonsense."),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_of_our_own(reason: str, sentence: str) -> None:
    with pytest.raises(CommandFailure, match=f"^/scheme: {re.escape(sentence)}$"), refusals_as_failures():
        raise Refused(Problem(Code.INVALID, reason, "/scheme"))


def test_several_things_that_are_wrong_are_told_one_after_the_other() -> None:
    problems = Problem(Code.INVALID, "must be above zero", "/a"), Problem(Code.MANDATORY, "Nothing was said of b.")

    with pytest.raises(CommandFailure) as failure, refusals_as_failures():
        raise Refused(*problems)

    assert str(failure.value) == "/a: This must be above zero. Nothing was said of b."


ROWS = [
    {"upload": "1F00", "name": "week.csv", "posted": 3, "records": None, "errors": {"NOT_FOUND": 2, "INVALID": 1}},
    {"upload": "2F00", "name": "day.csv", "posted": 0, "records": None, "errors": {}},
]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            80,
            [
                ["upload", "name", "posted", "records", "errors"],
                ["1F00", "week.csv", "3", "NOT_FOUND:", "2,", "INVALID:", "1"],
                ["2F00", "day.csv", "0"],
            ],
        ),
        (
            30,
            [
                ["upload", "1F00"],
                ["name", "week.csv"],
                ["posted", "3"],
                ["errors", "NOT_FOUND:", "2,", "INVALID:"],
                ["1"],
                [],
                ["upload", "2F00"],
                ["name", "day.csv"],
                ["posted", "0"],
                ["errors"],
            ],
        ),
    ],
)
def test_records_that_are_wider_than_the_terminal_stand_by_themselves(
    columns: int, lines: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", columns)

    answer(ROWS, as_json=False)

    assert [line.split() for line in capsys.readouterr().out.splitlines()] == lines
