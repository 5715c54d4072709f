"""Reading items that somebody may have damaged: what cannot be read is told, and the rest is still proven."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.domain.identity import Origin
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Foreign, Item, is_kept, key_of
from loyalty.store.events import EventState, is_event, is_pointer, taken_back_in, uses_in
from loyalty.store.numbers import KINDS
from loyalty.store.reference import is_record_key

READABLE = "every item can be read"
STAYS = "no item that is proven is deleted by itself"

ENDS = "expires_at is set, so DynamoDB deletes it then"
"""Told of an item that somebody has put such a time into: what is proven has none."""

_EXPIRY = "expires_at"
"""The attribute by which DynamoDB deletes items."""

_DIGITS = 38
"""Of a number, as DynamoDB keeps them; it adds one to no number that has more."""

Check = Callable[[Any], object]
"""Returns something true where a value is what an attribute must be; what it raises means that it is not."""


class _Form(Struct, frozen=True):
    """The attributes of a kind of item: those it must have, and what others must be if they are there."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)


def legible(item: Item) -> tuple[Item, list[str]]:
    """Return what can be read of an item, and what is wrong with the rest. Items of a kind that is not proven are
    returned as they are."""
    form = _form_of(item)
    if form is None:
        return item, []
    checks = {**form.required, **form.optional}
    damaged = {name for name, value in item.items() if not _passes(checks.get(name, _is_ours), value)}
    damaged.discard(_EXPIRY)
    lacking = form.required.keys() - item.keys()
    if item.get("hash") is not None and is_event(item):
        lacking |= _BESIDE_A_HASH - item.keys()
    left_out = {_EXPIRY, *damaged} | ({"hash"} if _BESIDE_A_HASH & (damaged | lacking) else set())
    wrong = [*(f"{name} cannot be read" for name in damaged), *(f"{name} is missing" for name in lacking)]
    if _EXPIRY in item:
        wrong.append(ENDS)
    return {name: value for name, value in item.items() if name not in left_out}, sorted(wrong)


def damage(item: Item, found: str) -> Deviation:
    """Return the deviation that something of an item is wrong, as `legible` tells."""
    return deviation_of(item, STAYS if found == ENDS else READABLE, found)


def deviation_of(item: Item, rule: str, found: str) -> Deviation:
    """Return that a rule does not hold of an item, which may be of any kind and damaged."""
    key, account_id = key_of(item), item.get("account_id")
    event_id = keys.event_id(key) if keys.is_event(key) else None
    return Deviation(
        account_id if isinstance(account_id, str) else None, event_id, rule, f"{key.pk} / {key.sk}: {found}"
    )


def guarded(account_id: str | None, event_id: str | None, findings: Iterable[Deviation]) -> Iterator[Deviation]:
    """Return what is found, up to where it cannot be looked at any further; and that, if so."""
    try:
        yield from findings
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        yield Deviation(account_id, event_id, READABLE, f"what is left of it cannot be proven: {type(error).__name__}")


def _form_of(item: Item) -> _Form | None:
    key = key_of(item)
    if is_event(item):
        return _EVENT
    if is_pointer(item):
        return _POINTER
    if key == keys.TABLE:
        return _IDENTITY
    return _FORMS.get(key.sk, _RECORD if "record" in item or is_record_key(key) else None)


def _passes(check: Check, value: Any) -> bool:
    try:
        return bool(check(value))
    except Exception:  # noqa: BLE001 - whatever it is, the value is not what it must be
        return False


def _is_ours(value: Any) -> bool:
    """Return whether a value is of a kind that we write."""
    parts = value if isinstance(value, list) else [value]
    return not any(isinstance(part, Foreign) for part in parts)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bytes(value: Any) -> bool:
    return isinstance(value, bytes)


def _is_whole(value: Any) -> object:
    return value.adjusted() < _DIGITS and value == int(value)


def _are_amounts(text: Any) -> bool:
    return all(is_kept(Decimal(amount)) for amount in exactjson.loads(text).values())


def _are_uses(text: Any) -> bool:
    windows = [window for history in uses_in(text).by_subject.values() for window in history.windows.values()]
    return all(isinstance(window.count, int) and all(map(is_kept, window.amounts.values())) for window in windows)


def _is_taken_back(text: Any) -> bool:
    told = taken_back_in(text)
    return all(map(is_kept, [*told.lines.values(), told.awarded, told.spent, told.waived, told.settled]))


def _is_record(text: Any) -> bool:
    record = exactjson.loads(text)
    return isinstance(record["type"], str) and isinstance(record["id"], str)


_BESIDE_A_HASH = frozenset({"hash_form", "personal"})

_EVENT = _Form(
    {
        "account_id": _is_text,
        **dict.fromkeys(("awarded", "spent", "balance", "performed_on", "posted_on"), is_kept),
        "document": _is_bytes,
        "sequence": _is_whole,
        "event_type": EventType,
        "origin": Origin,
    },
    {
        **dict.fromkeys(("reference_number", "merchant_id", "partner_id", "partner_unit", "pointer"), _is_text),
        **dict.fromkeys(("updated_by", "updated_by_unit"), _is_text),
        **dict.fromkeys(("alternative_awarded", "alternative_spent", "alternative_balance", "updated_on"), is_kept),
        **dict.fromkeys(("form", "hash_form"), _is_whole),
        **dict.fromkeys(("fingerprint", "hash", "personal", "salt"), _is_bytes),
        **dict.fromkeys(("lots", "lapsed", "kept"), _are_amounts),
        "filed": lambda value: isinstance(value, bool),
        "state": EventState,
        "taken_back": _is_taken_back,
    },
)
_POINTER = _Form({"event_id": _is_text})
_NAME = _Form({"target": _is_text})
_RECORD = _Form({"record": _is_record})
_IDENTITY = _Form({**_NAME.required, **_RECORD.required})
_FORMS: Mapping[str, _Form] = {
    "WALLET": _Form(
        {"version": _is_whole, "purchases": _is_whole, "balance": is_kept},
        {
            **dict.fromkeys(("lots", "lapsed", "waived", "forgiven"), _are_amounts),
            **dict.fromkeys(("expires", "expiry_shard"), _is_text),
            "uses": _are_uses,
            "head": _is_bytes,
        },
    ),
    "VOUCHER": _Form(
        {**dict.fromkeys(("account_id", "event_id", "state", "voucher_type_id"), _is_text), "value": is_kept}
    ),
    "ALIAS": _NAME,
    "TOKEN": _NAME,
    "REFERENCE": _Form({"used": _is_whole, "event_id": _is_text}),
    "USED": _Form({"used": is_kept}),
    "SNAPSHOT": _Form({"part": _is_bytes}),
    "VERSION": _Form(
        {"version": _is_whole},
        {
            **dict.fromkeys(("programme_changes", "snapshot_changes", "snapshot_parts"), _is_whole),
            "snapshot_id": _is_text,
        },
    ),
    "NUMBERS": _Form({}, dict.fromkeys(KINDS, _is_whole)),
}
