"""`loyalty login`: a password is shown once, and everything else as often as asked."""

import json

import pytest

from cli.commands.logins import create, list_logins, revoke, rotate
from cli.console import CommandFailure
from cli.target import Target
from loyalty.domain.errors import Refused
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.logins import active_logins
from loyalty.usecases.access.logins import ShownLogin, holder_of_login
from tests.functional.conftest import NOW, Functions


class Here(Target):
    """A stack of which there is the table of a test."""

    own: DynamoTable

    def open_table(self) -> DynamoTable:
        return self.own


@pytest.fixture(autouse=True)
def stack(demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Here(api_url="", stack_name="", table=demo.name)
    monkeypatch.setattr(Here, "own", demo, raising=False)
    monkeypatch.setattr(Target, "load", lambda *_: here)


def works(table: DynamoTable, username: str, password: str) -> bool:
    try:
        return holder_of_login(ShownLogin(username, password, "O", ""), table=table, now=NOW).id == "DEMO"
    except Refused:
        return False


def test_a_login_is_made_changed_and_ended(demo: DynamoTable, capsys: pytest.CaptureFixture[str]) -> None:
    create("DEMO", "MRA", "till", scopes="purchases:write", as_json=True)
    made = json.loads(capsys.readouterr().out)
    assert made["username"] == "till"
    assert works(demo, "till", made["password"])

    list_logins("DEMO", as_json=True)
    told = capsys.readouterr().out
    [listed] = json.loads(told)
    assert made["password"] not in told
    assert (listed["username"], listed["scopes"]) == ("till", "purchases:write")

    rotate("till", "DEMO", as_json=True)
    changed = json.loads(capsys.readouterr().out)
    assert [works(demo, "till", one["password"]) for one in (made, changed)] == [False, True]

    revoke("till", "DEMO")
    assert not works(demo, "till", changed["password"])
    list_logins("DEMO", as_json=True)
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "username", ["x" * 256, "till\n", "\u200btill", "till\u00a0", "Caf\ufffd", "\udcff"], ids=ascii
)
def test_no_login_is_made_by_whose_username_nobody_could_log_in(
    functions: Functions, demo: DynamoTable, username: str
) -> None:
    shown = {"username": username, "password": "x", "organisation": "Main"}
    assert functions.call("sign_in", json.dumps(shown), context={}).status == 400

    with pytest.raises(CommandFailure, match="username"):
        create("DEMO", "MRA", username)
    assert not [*active_logins(demo, "DEMO")]


@pytest.mark.parametrize("username", ["x" * 255, "a b", " till ", "b\x00c", "Кассир", "💳"], ids=ascii)
def test_whatever_else_may_be_a_username_lets_in(
    functions: Functions, username: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create("DEMO", "MRA", username, as_json=True)
    shown = {**json.loads(capsys.readouterr().out), "organisation": "Main"}

    assert shown["username"] == username
    assert functions.call("sign_in", shown, context={}).status == 200


def test_a_login_without_a_username_has_that_of_its_partner(
    demo: DynamoTable, capsys: pytest.CaptureFixture[str]
) -> None:
    create("DEMO", "*", as_json=True)

    made = json.loads(capsys.readouterr().out)
    assert made["username"] == "DEMO"
    assert works(demo, "DEMO", made["password"])


def test_what_cannot_be_done_is_a_failure_that_says_what_to_do() -> None:
    create("DEMO", "*", "till")
    with pytest.raises(CommandFailure, match="loyalty login rotate"):
        create("DEMO", "*", "till")
    with pytest.raises(CommandFailure, match="There is no partner NOBODY"):
        list_logins("NOBODY")
    with pytest.raises(CommandFailure, match="at most 255 characters"):
        create("DEMO", "*", "x" * 256)
    for command in (rotate, revoke):
        with pytest.raises(CommandFailure, match="login list"):
            command("nobody", "DEMO")
