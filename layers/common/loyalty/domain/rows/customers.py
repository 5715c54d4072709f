"""Whose a row is, as far as it says so itself: enough to keep the rows of a wallet together and in order.

The order of an upload rests on this, never an amount: who is meant in the end, posting finds out by the API's own
rules.
"""

from collections.abc import Mapping
from typing import Any

from loyalty.domain.purchases.purchase import Reference

NEWEST_NAMES = {"cim": "token.authentication_code", "contact_id": "contact_id"}
"""By member of a body of the newest API, or by column, the way in which it names the customer."""

CLASSIC_NAMES = {"accounts_receivable_identifier": "account", "rewards_participant_identifier": "participant"}
_CLASSIC_WAYS = {"account": ("id", "number", "name"), "participant": ("id", "number")}

CONTACT = "contact"
"""The member of a till's body that names the customer, by its id or a one-time password."""

OBJECTS = (*CLASSIC_NAMES, CONTACT)
"""Those of the members that are objects."""

JSON_NAMES = (*NEWEST_NAMES, *OBJECTS)
"""The members of a body of either API that name the customer."""


def customer_in(body: Any) -> Reference | None:
    """Return how a body of either API names the customer; None if it does not, or in a way that leads nowhere."""
    if not isinstance(body, dict):
        return None
    for name, value in body.items():
        if name in NEWEST_NAMES and isinstance(value, str):
            return Reference(NEWEST_NAMES[name], value, f"/{name}")
        if name in CLASSIC_NAMES and isinstance(value, dict):
            return _classic(CLASSIC_NAMES[name], value, f"/{name}")
        if name == CONTACT and isinstance(value, dict) and isinstance(value.get("id"), str):
            return Reference("contact_id", value["id"], f"/{name}/id")
    return None


def _classic(kind: str, identifier: Mapping[str, Any], pointer: str) -> Reference | None:
    """Return how a classic identifier names an account or a participant, or the token that leads to it."""
    for by, value in identifier.items():
        if by == "access_token_identifier" and isinstance(value, dict):
            return _token(value, f"{pointer}/{by}")
        if by in _CLASSIC_WAYS[kind] and isinstance(value, str):
            return Reference(f"{kind}.{by}", value, f"{pointer}/{by}")
    return None


def _token(identifier: Mapping[str, Any], pointer: str) -> Reference | None:
    for by, value in identifier.items():
        if by in ("authentication_code", "identifier", "one_time_password") and type(value) in (str, int):
            return Reference(f"token.{by}", str(value), f"{pointer}/{by}")
    return None
