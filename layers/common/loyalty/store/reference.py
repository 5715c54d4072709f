"""Reference data as items: a record's own item, and one more for each name that leads to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from loyalty import exactjson
from loyalty.domain.programme.directory import FORMER_NAME, TABLE, Record
from loyalty.domain.records import RECORD_TYPES
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.keys import Key
from loyalty.store.writes import Put

PROGRAMME_TYPES = frozenset(
    {
        "organisation",
        "currency",
        "currency_rate",
        "unit",
        "business_unit",
        "tap",
        "classification",
        "payment_medium_brand",
        "payment_medium_type",
        "product_type",
        "reward_scheme",
        "reward_offer",
        "spend_settings",
        "promotion_campaign",
        "voucher_type",
    }
)
"""Types that containers load whole; of the others there may be millions."""


def record_key(kind: str, record_id: str) -> Key:
    """Return the key of a record."""
    return keys.programme(kind, record_id) if kind in PROGRAMME_TYPES else keys.record(kind, record_id)


def is_record_key(key: Key) -> bool:
    """Return whether a record lies there."""
    return key.sk in _SORT_KEYS or (key.pk == keys.PROGRAMME_VERSION.pk and key != keys.PROGRAMME_VERSION)


_SORT_KEYS = frozenset(keys.record(kind, "").sk for kind in RECORD_TYPES.keys() - PROGRAMME_TYPES)
"""Sort keys of the records that are not of the programme."""


SEVERAL: Item = {"target": "*"}
"""The target of a name that more than one record has had: it leads to none of them, and never will again."""


def items_of(record: Record) -> dict[Key, Item]:
    """Return the items of a record: its own first, then those of its names, each saying whom it leads to in
    `target`."""
    name: Item = {"target": record["id"], **_carried_attributes(record)}
    own: Item = {**name, "record": exactjson.dumps(record)}
    names = [*name_keys(record).values(), *shared_name_keys(record)]
    return {record_key(record["type"], record["id"]): own} | dict.fromkeys(names, name)


def table_identity(table_id: str) -> Put:
    """Return the write that gives a table its identity, where it has none yet."""
    item = {"target": table_id, "record": exactjson.dumps({"type": TABLE, "id": table_id})}
    return Put(keys.TABLE, item, "attribute_not_exists(pk)")


def former_names(old: Record, record: Record, now: datetime) -> dict[Key, Item]:
    """Return the items of the names that events were posted under and that the record loses: a business unit's code, on
    which the ids of events rest that are unique for a merchant."""
    kind, by = "business_unit", "code"
    lost = old.get(by) if record["type"] == kind else None
    if lost in (None, record.get(by)):
        return {}
    former = {"type": FORMER_NAME, "of": kind, "by": by, "value": lost, "id": record["id"]}
    return dict([lost_now(former, now)])


def lost_now(former: Record, now: datetime) -> tuple[Key, Item]:
    """Return the item of a name that a record has lost, with its key, as one that it loses `now`."""
    key = keys.former_name(former["of"], former["id"], former["value"])
    lost = {**former, "lost_on": int(now.timestamp())}
    return key, {"target": former["id"], "record": exactjson.dumps(lost)}


def shared_name_keys(record: Record) -> list[Key]:
    """Return where the record can be found under values that other records may have too."""
    kind = record["type"]
    return [_name_key(kind, field, record[field]) for field in RECORD_TYPES[kind].naming if field in record]


def name_keys(record: Record) -> dict[str, Key]:
    """By field, where the record can be found under that field's value. Programmes are small and have no such items."""
    kind = record["type"]
    if kind in PROGRAMME_TYPES:
        return {}
    found = {field: _name_key(kind, field, value) for field, value in unique_values(record).items()}
    if kind == "account" and record["primary"] and "contact" in record:
        found["contact"] = keys.alias("account", "contact", record["contact"])
    return found


def keys_to_find(kind: str, name: str) -> Iterable[Key]:
    """Return where a record of this type may be found under a name: its id, or the value of a unique field."""
    yield record_key(kind, name)
    for field in (*RECORD_TYPES[kind].unique, *RECORD_TYPES[kind].naming):
        yield _name_key(kind, field, name)


def unique_values(record: Record) -> dict[str, str]:
    """Return the values that no other record of the type may share, by field; with the value beside it, where it may be
    shared by others."""
    found: dict[str, str] = {}
    for field in RECORD_TYPES[record["type"]].unique:
        value: Any = record
        for step in field.split("."):
            value = value.get(step) if value else None
        if value is not None:
            found[field] = str(value)
    for field, beside in RECORD_TYPES[record["type"]].unique_within.items():
        found[field] = f"{record[beside]}#{record.get(field, '')}"
    return found


def _name_key(kind: str, field: str, value: str) -> Key:
    if (kind, field) == ("access_token", "authentication_code"):
        return keys.token(value)
    return keys.alias(kind, field, value)


def _carried_attributes(record: Record) -> Item:
    """Return what a record's items hold beside its id, so that a posting needs no second read."""
    match record["type"]:
        case "account":
            return {"account_id": record["id"]}
        case "access_token":
            return {
                "account_id": record["account"],
                "life_cycle_state": record["life_cycle_state"],
                "classification": record.get("classification"),
                "pass_code": record.get("pass_code"),
            }
        case "promo_code":
            return {"promo_code": exactjson.dumps({name: value for name, value in record.items() if name != "type"})}
        case "product":
            kept = ("id", "code", "alternative_code", "product_type")
            return {"product": exactjson.dumps({name: record[name] for name in kept if name in record})}
        case _:
            return {}
