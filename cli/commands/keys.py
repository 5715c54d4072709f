"""`loyalty key`: API keys of partners."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cli.console import CommandFailure, answer, err, refusals_as_failures
from cli.options import AsJson, PartnerId, Region, Stack
from cli.target import Target

if TYPE_CHECKING:
    from loyalty.store.credentials import ApiKey

KeyId = Annotated[str, typer.Argument(help="The key's id, as `loyalty key list` shows it.")]
Merchants = Annotated[str, typer.Option(help="Codes or ids of merchants, separated by commas; `*` for all.")]
Scopes = Annotated[str | None, typer.Option(help="Scopes, separated by commas; all of them by default.")]
Request = Annotated[str | None, typer.Option(help="The name that an interrupted call gave, to repeat that call.")]

keys = typer.Typer(no_args_is_help=True, help="API keys of partners.")


@keys.command()
def create(
    partner: PartnerId,
    merchants: Merchants,
    scopes: Scopes = None,
    request: Request = None,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and show it, this once."""
    target = Target.load(stack, region)
    chosen = scopes.split(",") if scopes else None
    text = create_key(target, partner=partner, merchants=merchants.split(","), scopes=chosen, request=request)
    _show(text, as_json=as_json)


@keys.command("list")
def list_keys(partner: PartnerId, stack: Stack = None, region: Region = None, as_json: AsJson = False) -> None:
    """Show a partner's active keys; their texts cannot be shown again."""
    from loyalty.store.credentials import active_keys
    from loyalty.usecases.access.api_keys import require_partner

    table = Target.load(stack, region).open_table()
    found = [_describe_key(key) for key in active_keys(table, partner)]
    if not found:
        with refusals_as_failures():
            require_partner(partner, table)
        err.print(f"Partner {escape(partner)} has no active keys. Make one with `loyalty key create`.")
    if found or as_json:
        answer(found, as_json=as_json)


@keys.command()
def rotate(
    key_id: KeyId,
    partner: PartnerId,
    request: Request = None,
    stack: Stack = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Make another key that may do what this one may. This one stays active until it is revoked."""
    from loyalty.usecases.access.api_keys import rotate_key

    with _repeatable(request, _no_key(partner, key_id)) as name:
        table = Target.load(stack, region).open_table()
        text, _ = rotate_key(partner, key_id, table=table, now=datetime.now(UTC), request=name)
    _show(text, as_json=as_json)
    err.print(
        f"Key {key_id} still works. Once nothing uses it, revoke it: loyalty key revoke {key_id} --partner {partner}"
    )


@keys.command()
def revoke(key_id: KeyId, partner: PartnerId, stack: Stack = None, region: Region = None) -> None:
    """End a key. It stops working within five minutes, or at once if each call asks the authorizer (`Credentials`)."""
    from loyalty.usecases.access.api_keys import revoke_key

    with refusals_as_failures(_no_key(partner, key_id)):
        revoke_key(partner, key_id, table=Target.load(stack, region).open_table(), now=datetime.now(UTC))
    err.print(f"Key {key_id} is revoked.")


def create_key(
    target: Target,
    *,
    partner: str,
    merchants: Sequence[str],
    scopes: Sequence[str] | None = None,
    request: str | None = None,
) -> str:
    """Make an API key with these scopes, or all; return its text. Raises `CommandFailure` for an unknown name."""
    from loyalty.domain.access.partner import Scope
    from loyalty.usecases.access import api_keys

    with _repeatable(request) as name:
        asked = api_keys.KeyRequest(partner, merchants, scopes or list(Scope), request=name)
        text, _ = api_keys.create_key(asked, table=target.open_table(), now=datetime.now(UTC))
    return text


def _no_key(partner: str, key_id: str) -> str:
    """Return what is said where a partner has no such key, and where the ids of its keys are found."""
    return f"Partner {partner} has no key {key_id}; its keys: loyalty key list --partner {partner}"


@contextmanager
def _repeatable(request: str | None, missing: str = "") -> Iterator[str]:
    """Name a call, unless it has a name; and where its answer is lost, end the command with how to repeat it. `missing`
    as in `refusals_as_failures`."""
    from loyalty.domain.errors import Code, Refused

    name = request or secrets.token_hex(8)
    try:
        with refusals_as_failures(missing):
            yield name
    except CommandFailure as failure:
        refused = failure.__cause__
        if isinstance(refused, Refused) and refused.problems[0].code is Code.RETRY_LATER:
            again = f"It is not known whether a key was made. Add --request {name} and run the same command again."
            raise CommandFailure(again) from refused
        raise


def _show(text: str, *, as_json: bool) -> None:
    answer({"api_key": text}, as_json=as_json)
    err.print("Save it now: it is stored nowhere and cannot be shown again.")


def _describe_key(key: "ApiKey") -> dict[str, object]:
    return {
        "key_id": key.id,
        "partner": key.partner.id,
        "merchants": ",".join(sorted(key.partner.merchants)),
        "scopes": ",".join(sorted(key.partner.scopes)),
        "created_on": key.created_on.isoformat(),
    }
