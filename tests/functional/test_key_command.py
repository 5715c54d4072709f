"""`loyalty key` and `loyalty login`: what they say of a partner without keys, and of names that there are not."""

import re
from collections.abc import Callable

import pytest

from cli.commands.keys import list_keys, revoke, rotate
from cli.commands.logins import revoke as revoke_login
from cli.commands.logins import rotate as rotate_login
from cli.console import CommandFailure
from cli.target import Target
from loyalty.store.credentials import active_keys, remove_key
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import NOW


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


def test_keys_of_a_partner_that_there_is_not_are_a_failure() -> None:
    with pytest.raises(CommandFailure, match="There is no partner NOBODY"):
        list_keys("NOBODY")


def test_that_a_partner_has_no_keys_is_told(demo: DynamoTable, capsys: pytest.CaptureFixture[str]) -> None:
    for key in list(active_keys(demo, "DEMO")):
        remove_key(demo, key, NOW)

    list_keys("DEMO")
    list_keys("DEMO", as_json=True)

    told = capsys.readouterr()
    assert told.out == "[]\n"
    assert "Partner DEMO has no active keys" in told.err


@pytest.mark.parametrize("command", [rotate, revoke, rotate_login, revoke_login])
def test_a_name_that_there_is_not_is_told_once_with_where_the_names_are(command: Callable[..., None]) -> None:
    with pytest.raises(CommandFailure) as failure:
        command("nope", "DEMO")

    told = r"Partner DEMO has no (key|login) nope; its \1s: loyalty \1 list --partner DEMO"
    assert re.fullmatch(told, str(failure.value))
