"""`loyalty login`: a partner's logins to the classic API."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.commands.keys import Merchants, Scopes
from cli.console import CommandFailure, answer, err, refusals_as_failures
from cli.options import AsJson, PartnerId, Region, Stack
from cli.target import Target

Username = Annotated[str, typer.Argument(help="The username, as `loyalty login list` shows it.")]
NewUsername = Annotated[
    str | None,
    typer.Option("--username", help="A username that no other login has; by default the partner's id."),
]

logins = typer.Typer(no_args_is_help=True, help="Logins of partners to the classic API.")


@logins.command()
def create(
    partner: PartnerId,
    merchants: Merchants,
    username: NewUsername = None,
    scopes: Scopes = None,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Make a login and show its password, this once."""
    from loyalty.domain.access.partner import Scope
    from loyalty.domain.fields import MAX_CODE, code_in
    from loyalty.domain.texts import damage_of
    from loyalty.usecases.access.logins import LoginRequest, create_login

    name = username or partner
    if code_in(name) is None or damage_of(name):  # nobody could log in by it
        raise CommandFailure(f"a username has at most {MAX_CODE} characters, of Unicode, and at its ends visible ones")
    asked = LoginRequest(partner, name, merchants.split(","), scopes.split(",") if scopes else list(Scope))
    with refusals_as_failures():
        password = create_login(asked, table=Target.load(stack, region).open_table(), now=datetime.now(UTC))
    _show(name, password, as_json=as_json)


@logins.command("list")
def list_logins(partner: PartnerId, stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Show a partner's active logins; their passwords cannot be shown again."""
    from loyalty.store.logins import active_logins
    from loyalty.usecases.access.api_keys import require_partner

    table = Target.load(stack, region).open_table()
    found = [_describe(item) for item in active_logins(table, partner)]
    if not found:
        with refusals_as_failures():
            require_partner(partner, table)
        err.print(f"Partner {escape(partner)} has no active logins. Make one with `loyalty login create`.")
    if found or as_json:
        answer(found, as_json=as_json)


@logins.command()
def rotate(
    username: Username, partner: PartnerId, stack: Stack = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Give a login another password and show it, this once. The old one ends at once."""
    from loyalty.usecases.access.logins import rotate_login

    with refusals_as_failures(_no_login(partner, username)):
        table = Target.load(stack, region).open_table()
        password = rotate_login(partner, username, table=table, now=datetime.now(UTC))
    _show(username, password, as_json=as_json)


@logins.command()
def revoke(username: Username, partner: PartnerId, stack: Stack = None, region: Region = None) -> None:
    """End a login. Its tokens stop working within a minute."""
    from loyalty.usecases.access.logins import revoke_login

    with refusals_as_failures(_no_login(partner, username)):
        revoke_login(partner, username, table=Target.load(stack, region).open_table(), now=datetime.now(UTC))
    err.print(f"Login {escape(username)} is revoked.")


def _no_login(partner: str, username: str) -> str:
    """Return what is said where a partner has no such login, and where the names of its logins are found."""
    return f"Partner {partner} has no login {username}; its logins: loyalty login list --partner {partner}"


def _show(username: str, password: str, *, as_json: bool) -> None:
    answer({"username": username, "password": password}, as_json=as_json)
    err.print("Save it now: the password is stored nowhere and cannot be shown again.")


def _describe(item: Mapping[str, Any]) -> dict[str, object]:
    return {
        "username": item["username"],
        "partner": item["partner_id"],
        "merchants": ",".join(item["merchants"]),
        "scopes": ",".join(item["scopes"]),
        "created_on": datetime.fromtimestamp(int(item["created_on"]), UTC).isoformat(),
    }
