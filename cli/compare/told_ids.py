"""Ids and numbers that each side gives out by itself: which one of theirs is which one of ours."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

_RECORDS = {
    "purchase": r"(?:|/data|(?:/data)?/purchase_customer_event|/data/processed_customer_events_set/\d+)",
    "line": r".*/products_set/\d+",
    "award": r".*/award_reward_transactions_set/\d+",
    "spend": r".*/(?:spend_reward_transactions_set/\d+|spend_reward_transaction)",
    "spend_request": r".*/(?:(?:instant|automatic)_spend_request|spend_request_customer_event|spend_requests_set/\d+)",
}
"""The records that are made by a purchase, by the pointers at which answers show them."""

_GIVEN_OUT = re.compile("|".join(f"(?P<{kind}>{at})" for kind, at in _RECORDS.items()))
_NAMED = ("id", "number")
_PURCHASE = "purchase"


class ToldIds:
    """Theirs and ours, as answers told them so far; in a temporary file, however many they are.

    One of theirs is one of ours and the other way round: where an answer tells a pair that contradicts an earlier one,
    a call that made something new on one side repeated something on the other.
    """

    def __init__(self) -> None:
        self._told = sqlite3.connect("")
        self._told.execute("CREATE TABLE told (kind TEXT, theirs TEXT, ours TEXT, PRIMARY KEY (kind, theirs))")
        self._told.execute("CREATE UNIQUE INDEX backwards ON told (kind, ours)")

    def agree(self, kind: str, theirs: str, ours: str) -> bool:
        """Return whether theirs may be ours; from now on it is."""
        found = self._told.execute(
            "SELECT theirs, ours FROM told WHERE kind = ? AND (theirs = ? OR ours = ?)", (kind, theirs, ours)
        ).fetchall()
        if not found:
            self._told.execute("INSERT INTO told VALUES (?, ?, ?)", (kind, theirs, ours))
        return found in ([], [(theirs, ours)])

    def in_request(self, body: Any) -> Any:
        """Return a body that names purchases as we do."""
        named = body.get("customer_event_identifier") if isinstance(body, dict) else None
        if not isinstance(named, dict):
            return body
        ours = {name: self._ours(name, value) if name in _NAMED else value for name, value in named.items()}
        return {**body, "customer_event_identifier": ours}

    def in_path(self, path: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters of a path that names purchases as we do."""
        return {name: str(self._ours(name, value)) if name in _NAMED else value for name, value in path.items()}

    def close(self) -> None:
        """Forget all."""
        self._told.close()

    def _ours(self, name: str, theirs: Any) -> Any:
        found = self._told.execute(
            "SELECT ours FROM told WHERE kind = ? AND theirs = ?", (f"{_PURCHASE}.{name}", str(theirs))
        ).fetchone()
        return found[0] if found else theirs


def kind_of_id(pointer: str) -> str | None:
    """Return what the field at a pointer of an answer is the id or the number of, if each side gives that out."""
    within, _, name = pointer.rpartition("/")
    if pointer == "/purchase_id":
        return f"{_PURCHASE}.id"
    found = _GIVEN_OUT.fullmatch(within) if name in _NAMED else None
    return f"{found.lastgroup}.{name}" if found else None
