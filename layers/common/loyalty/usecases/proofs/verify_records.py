"""Proving records' own items: each lies where its record has its place, and says beside the record what that does."""

from collections.abc import Iterator

from loyalty.domain.programme.directory import FORMER_NAME, TABLE, Record
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.records import RECORD_TYPES
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.keys import Key
from loyalty.store.reference import items_of
from loyalty.usecases.proofs.verify_counterparts import told

OWN_ITEM = "a record's item lies at the record's place, and says beside the record what the record says"


def record_deviations(item: Item, record: Record) -> Iterator[Deviation]:
    """Return what does not hold of a record's own item by itself. Of a type that this version does not know, nothing is
    known but that it has no place among those that it does."""
    key, beside = key_of(item), {name: value for name, value in item.items() if name not in ("pk", "sk", "record")}
    own, found = _own_item(record), None
    if own is None and _kind_at(key) in _KNOWN:
        found = f"its record is of the type {record['type']}, which has no place there"
    elif own and own != (key, beside):
        found = f"{told(beside)}, but has to be {told(own[1])} at {own[0].pk} / {own[0].sk}"
    if found:
        account_id = keys.account_id(key.pk) if key.sk == "ACCOUNT" else None
        yield Deviation(account_id, None, OWN_ITEM, f"{key.pk} / {key.sk}: {found}")


_KNOWN = frozenset({TABLE, FORMER_NAME, *RECORD_TYPES})


def _kind_at(key: Key) -> str:
    """Return what type of record has its place there, if any has."""
    return key.sk.partition("#")[0].lower()


def _own_item(record: Record) -> tuple[Key, Item] | None:
    """Return where a record lies, and what its item says beside it."""
    kind = record["type"]
    if kind == TABLE:
        return keys.TABLE, {"target": record["id"]}
    if kind == FORMER_NAME:
        return keys.former_name(record["of"], record["id"], record["value"]), {"target": record["id"]}
    if kind not in RECORD_TYPES:
        return None
    key, says = next(iter(items_of(record).items()))
    return key, {name: value for name, value in says.items() if name != "record" and value is not None}
