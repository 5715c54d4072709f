"""What makes two requests the same (api.md, "Sending it again" and "Sending a classic purchase again")."""

from typing import Any

from tests.model.dates import seconds
from tests.model.exact import Json, exact
from tests.model.history import BULK, CREATE_SPEND, NEWEST, Entry
from tests.model.purchase import Purchase

Key = tuple[Any, ...]
NOT_COUNTED = ("token", "fields_set", "pass_code")


def fingerprint(value: Any, field: str = "", one_piece: bool = True) -> Any:
    """Return what a body says, in a form in which equal requests are equal.

    The order of fields, `1.0` for `1`, `null` or `""` for absent and a spelled-out quantity of 1 make no difference,
    nor do spellings of a date; the order of lines, and an absent `performed_on` against a given one, do. Of returns,
    a quantity that is absent is all that is left: there, without `one_piece`, a spelled-out 1 makes a difference.
    """
    if isinstance(value, dict):
        said = {name: fingerprint(one, name, one_piece) for name, one in value.items() if name not in NOT_COUNTED}
        if one_piece and said.get("quantity") == exact(1):
            del said["quantity"]
        return tuple(sorted((name, one) for name, one in said.items() if one is not None))
    if isinstance(value, list):
        return ("list", *(fingerprint(one, "", one_piece) for one in value))
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return ("date", seconds(value)) if field == "performed_on" else ("text", value)
    return exact(int(value) if isinstance(value, bool) else value)


def own_keys(entry: Entry, repeats: bool) -> list[Key]:
    """Return by what a classic purchase is known, by the first line of the table that fits; by nothing, if none does.

    `repeats` is what the partner's record says: an equal call without an identity is the same one sent again.
    """
    assert entry.partner is not None
    purchase: Json = entry.body
    if entry.api == CREATE_SPEND:
        purchase = entry.body.get("purchase_customer_event") or {}
    system = entry.body.get("external_system") or purchase.get("external_system") or None
    if reference := purchase.get("external_system_reference_number"):
        return [("external", entry.partner.id, system, reference)]
    if entry.key:
        inner = entry.body.get("request_unique_identifier") if entry.api == BULK else None
        return [("key", entry.partner.id, entry.key, inner)]
    return [("content", entry.partner.id, fingerprint(entry.body))] if repeats else []


def is_nameless(entry: Entry) -> bool:
    """Tell whether a purchase of the newest API has neither an id nor a reference number."""
    return not entry.body.get("id") and not entry.body.get("reference_number")


def till_keys(entry: Entry, repeats: bool) -> list[Key]:
    """Return by what such a purchase is known (api.md, "Tills without baskets"): by its key; or by its content, if the
    partner repeats itself; without a date only for a while, of two quarters of an hour the one that it came in."""
    assert entry.partner is not None
    if entry.key or not repeats:
        return [("key", entry.partner.id, entry.key, None)] if entry.key else []
    content = ("content", entry.partner.id, fingerprint(entry.body))
    if entry.body.get("performed_on") is not None:
        return [content]
    span = entry.moment // 900
    return [(*content, span), (*content, span - 1)]


def is_for_a_while(key: Key) -> bool:
    """Tell whether a key is that of a content that does not say when it was: it has a quarter of an hour."""
    return key[0] == "content" and len(key) > 3


class Identities:
    """By what each posted purchase is known."""

    def __init__(self) -> None:
        self._events: dict[Key, tuple[int, Any]] = {}
        self._said: dict[Any, int] = {}

    def keep(self, entry: Entry, purchase: Purchase, number: int, repeats: bool = False) -> None:
        """Keep by what a purchase will be known."""
        said = self._of(entry)
        for key in self._keys(entry, purchase, repeats):
            self._events[key] = (number, said)
        if entry.api == NEWEST and not is_nameless(entry):
            self._said.setdefault(said, number)

    def forget(self, number: int) -> None:
        """Know a purchase that is undone no longer by what it said without a date: an equal one is bought again."""
        self._events = {
            key: event for key, event in self._events.items() if event[0] != number or not is_for_a_while(key)
        }

    def posted(self, entry: Entry, purchase: Purchase, repeats: bool = False) -> tuple[int | None, bool]:
        """Return the event that an equal request posted, and whether the identity is another one's."""
        said = self._of(entry)
        found = [self._events[key] for key in self._keys(entry, purchase, repeats) if key in self._events]
        if any(before != said for _, before in found):
            return None, True
        return (found[0][0] if found else None), False

    def repeated(self, entry: Entry, repeats: bool = False) -> int | None:
        """Return the event that an equal request posted, whatever its names lead to today."""
        said = self._of(entry)
        if entry.api == NEWEST and not is_nameless(entry):
            return self._said.get(said)
        keys = till_keys(entry, repeats) if entry.api == NEWEST else own_keys(entry, repeats)
        found = [self._events[key] for key in keys if key in self._events]
        return next((number for number, before in found if before == said), None)

    def _keys(self, entry: Entry, purchase: Purchase, repeats: bool) -> list[Key]:
        """The newest API: merchant and `id`, or else merchant and `reference_number`; both are unique."""
        if entry.api != NEWEST:
            return own_keys(entry, repeats)
        if is_nameless(entry):
            return till_keys(entry, repeats)
        keys: list[Key] = [("reference", purchase.merchant, purchase.reference)] if purchase.reference else []
        return ([("id", purchase.merchant, entry.body["id"])] if entry.body.get("id") else []) + keys

    def _of(self, entry: Entry) -> Any:
        body = {name: value for name, value in entry.body.items() if name != "request_unique_identifier"}
        return (entry.api == NEWEST, fingerprint(body))
