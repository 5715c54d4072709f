"""Items that somebody may have damaged: what can be read of them, and what is said to be wrong with the rest."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.identity import Origin
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Foreign
from loyalty.store.events import EventState
from loyalty.store.keys import Key
from loyalty.usecases.proofs.legible import damage, guarded, legible

READABLE = "every item can be read"
TAKEN_BACK = '{"lines":{"0":1.5},"awarded":1,"spent":2,"waived":3}'
VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "text": (["x"], [Decimal(1), b"x", True, ["x"]]),
    "octets": ([b"x", b""], ["x", Decimal(1)]),
    "number": (
        [Decimal("1.5"), Decimal(-1), Decimal("1E+130")],
        [Decimal("1E+131"), "1", True, Decimal("NaN"), Decimal("Infinity")],
    ),
    "whole": (
        [Decimal(0), Decimal("7.0"), Decimal(-1), Decimal("9" * 38)],
        ["1", True, Decimal("1.5"), Decimal("NaN"), Decimal("1E+38"), Decimal("-1E+38"), Decimal("1E+125")],
    ),
    "flag": ([True, False], ["True", Decimal(1)]),
    "type": ([*EventType], ["OTHER", Decimal(1)]),
    "origin": ([*Origin], ["OTHER", "PURCHASE"]),
    "state": ([*EventState], ["OTHER", "PURCHASE"]),
    "amounts": (
        ["{}", '{"2026-01":1.5,"2026-02":-1}'],
        [
            "{",
            "[]",
            '{"2026-01":1E+131}',
            '{"2026-01":1,"2026-02":"NaN"}',
            '{"2026-01":"Infinity","2026-02":1}',
            Decimal(1),
        ],
    ),
    "uses": (
        ["{}", '{"O":{"windows":{"":1,"2026":2},"amounts":{"E":[1.5,2]}}}', '{"O":{"2026":[1,1.5]}}'],
        [
            "[]",
            '{"O":{"windows":{"":1.5}}}',
            '{"O":{"windows":{"":1,"2026":"2"}}}',
            '{"O":{"windows":{"":1}},"P":{"windows":{"":"NaN"}}}',
            '{"O":{"windows":{"":1},"amounts":{"E":["NaN"]}}}',
            '{"O":{"windows":{"":1},"amounts":{"E":[1],"F":["Infinity"]}}}',
        ],
    ),
    "taken back": (
        [TAKEN_BACK, TAKEN_BACK[:-1] + ',"settled":4}'],
        [
            "{}",
            "[]",
            TAKEN_BACK.replace("1.5", '"NaN"'),
            *(TAKEN_BACK.replace(f":{number}", ':"NaN"') for number in (2, 3)),
            TAKEN_BACK.replace('"awarded":1', '"awarded":"Infinity"'),
            TAKEN_BACK[:-1] + ',"settled":"NaN"}',
        ],
    ),
    "record": (
        ['{"type":"account","id":"A"}', '{"type":"table","id":"X"}'],
        ["{", "{}", "[]", '{"type":1,"id":"A"}', '{"type":"account"}', '{"type":"account","id":1}', b"{}"],
    ),
}
"""What each kind of attribute may be, and what not."""

RECORD = {"record": "record"}
FORMS: dict[Key, tuple[dict[str, str], dict[str, str]]] = {
    keys.event("E"): (
        {
            **dict.fromkeys(("awarded", "spent", "balance", "performed_on", "posted_on"), "number"),
            "account_id": "text",
            "document": "octets",
            "sequence": "whole",
            "event_type": "type",
            "origin": "origin",
        },
        {
            **dict.fromkeys(("reference_number", "merchant_id", "partner_id", "partner_unit", "pointer"), "text"),
            **dict.fromkeys(("updated_by", "updated_by_unit"), "text"),
            **dict.fromkeys(("alternative_awarded", "alternative_spent", "alternative_balance"), "number"),
            **dict.fromkeys(("fingerprint", "hash", "personal", "salt"), "octets"),
            **dict.fromkeys(("lots", "lapsed", "kept"), "amounts"),
            "updated_on": "number",
            "form": "whole",
            "hash_form": "whole",
            "filed": "flag",
            "state": "state",
            "taken_back": "taken back",
        },
    ),
    keys.event("M#E"): ({"event_id": "text"}, {}),
    keys.TABLE: ({"target": "text", **RECORD}, {}),
    keys.wallet("A"): (
        {"version": "whole", "purchases": "whole", "balance": "number"},
        {
            **dict.fromkeys(("lots", "lapsed", "waived", "forgiven"), "amounts"),
            "expires": "text",
            "expiry_shard": "text",
            "uses": "uses",
            "head": "octets",
        },
    ),
    keys.account("A"): (RECORD, {}),
    keys.programme("reward_offer", "O"): (RECORD, {}),
    keys.record("contact", "C"): (RECORD, {}),
    Key("ANY", "KIND"): (RECORD, {}),
    keys.voucher("V"): (
        {**dict.fromkeys(("account_id", "event_id", "state", "voucher_type_id"), "text"), "value": "number"},
        {},
    ),
    keys.alias("account", "number", "N"): ({"target": "text"}, {}),
    keys.token("T"): ({"target": "text"}, {}),
    keys.reference_number("P", "R"): ({"used": "whole", "event_id": "text"}, {}),
    keys.counter("reward_offer", "O"): ({"used": "number"}, {}),
    keys.programme_part("S", 0): ({"part": "octets"}, {}),
    keys.PROGRAMME_VERSION: (
        {"version": "whole"},
        {
            **dict.fromkeys(("programme_changes", "snapshot_changes", "snapshot_parts"), "whole"),
            "snapshot_id": "text",
        },
    ),
    keys.NUMBERS: ({}, dict.fromkeys(("purchase", "award", "spend", "spend_request"), "whole")),
}
"""By key: which attributes an item there has to have, and which it may have."""

BESIDE = {"a": "x", "b": ["x"], "c": Decimal(1), "d": b"x", "e": True}
"""Attributes that no kind of item is known to have, of kinds that we write."""

BESIDE_A_HASH = {"hash_form", "personal"}
EACH = [(key, name) for key, forms in FORMS.items() for form in forms for name in form]
KNOWN_BY = [(keys.event("E"), "sequence"), (Key("ANY", "KIND"), "record")]
"""Without these, they are items of another kind."""


def kind_of(key: Key, name: str) -> str:
    required, optional = FORMS[key]
    return {**required, **optional}[name]


def sound(key: Key) -> dict[str, Any]:
    """Return an item that has all that it may have."""
    required, optional = FORMS[key]
    return {**key._asdict(), **{name: VALUES[kind][0][0] for name, kind in {**required, **optional}.items()}}


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


@pytest.mark.parametrize("key", FORMS, ids=str)
def test_of_an_item_that_is_as_it_has_to_be_all_can_be_read(key: Key) -> None:
    assert legible(sound(key)) == (sound(key), [])
    assert legible(sound(key) | BESIDE) == (sound(key) | BESIDE, [])
    _, optional = FORMS[key]
    assert legible(without(sound(key), *optional)) == (without(sound(key), *optional), [])


@pytest.mark.parametrize(("key", "name"), EACH, ids=str)
def test_a_value_is_read_where_it_is_what_it_has_to_be(key: Key, name: str) -> None:
    good, bad = VALUES[kind_of(key, name)]
    hides = {name, "hash"} if name in BESIDE_A_HASH else {name}

    for value in good:
        assert legible(sound(key) | {name: value}) == (sound(key) | {name: value}, [])
    for value in (*bad, Foreign({})):
        assert legible(sound(key) | {name: value}) == (without(sound(key), *hides), [f"{name} cannot be read"])


@pytest.mark.parametrize("key", [key for key in FORMS if key != keys.event("M#E")], ids=str)
@pytest.mark.parametrize("at", [Decimal(1), "x", Foreign({})], ids=str)
def test_what_is_proven_has_no_time_at_which_it_is_deleted(key: Key, at: Any) -> None:
    """But for a pointer, which would be a reservation with one."""
    [found] = legible(sound(key) | {"expires_at": at})[1]

    assert legible(sound(key) | {"expires_at": at})[0] == sound(key)
    assert damage(sound(key), found).rule == "no item that is proven is deleted by itself"


@pytest.mark.parametrize(("key", "name"), [one for one in EACH if one not in KNOWN_BY], ids=str)
def test_what_an_item_has_to_have_is_missed(key: Key, name: str) -> None:
    """An event needs some more beside its hash."""
    required, _ = FORMS[key]
    if name in BESIDE_A_HASH:
        expected = (without(sound(key), name, "hash"), [f"{name} is missing"])
    else:
        expected = (without(sound(key), name), [f"{name} is missing"] if name in required else [])

    assert legible(without(sound(key), name)) == expected


def test_without_a_hash_an_event_needs_nothing_beside_it() -> None:
    event = without(sound(keys.event("E")), "hash", *BESIDE_A_HASH)

    assert legible(event) == (event, [])
    assert legible(event | {"personal": "x"}) == (event, ["personal cannot be read"])


def test_only_an_event_needs_more_beside_a_hash() -> None:
    wallet = sound(keys.wallet("A")) | {"hash": b"x"}

    assert legible(wallet) == (wallet, [])


def test_all_that_is_wrong_is_told_in_its_order() -> None:
    item = {**keys.wallet("A")._asdict(), "uses": "{", "head": "x", "lots": "{", "balance": Decimal(1)}

    assert legible(item) == (
        {**keys.wallet("A")._asdict(), "balance": Decimal(1)},
        [
            "head cannot be read",
            "lots cannot be read",
            "purchases is missing",
            "uses cannot be read",
            "version is missing",
        ],
    )


@pytest.mark.parametrize("key", FORMS, ids=str)
@pytest.mark.parametrize("value", [Foreign({}), ["x", Foreign({})]], ids=str)
def test_what_we_never_write_cannot_be_read(key: Key, value: Any) -> None:
    assert legible(sound(key) | {"note": value}) == (sound(key), ["note cannot be read"])


@pytest.mark.parametrize("key", [keys.upload("U"), keys.event("RESERVED"), keys.api_key("K")], ids=str)
def test_items_that_are_not_proven_are_as_they_are(key: Key) -> None:
    item = {**key._asdict(), "expires_at": Decimal(1), "note": Foreign({})}

    assert legible(item) == (item, [])


@pytest.mark.parametrize(
    ("key", "account_id", "told_account", "event_id"),
    [
        (keys.event("E#M"), "A", "A", "E#M"),
        (keys.event("E"), Decimal(1), None, "E"),
        (keys.voucher("V"), None, None, None),
    ],
)
def test_damage_is_told_with_where_it_is(
    key: Key, account_id: Any, told_account: str | None, event_id: str | None
) -> None:
    item = {**key._asdict(), "account_id": account_id}

    assert damage(item, "x is missing") == Deviation(
        told_account, event_id, READABLE, f"{key.pk} / {key.sk}: x is missing"
    )


def test_what_is_found_before_something_breaks_off_is_told_and_that_it_does() -> None:
    found = Deviation("A", "E", "a rule", "broken")

    def looking() -> Iterator[Deviation]:
        yield found
        raise KeyError("lots")

    assert list(guarded("A", "E", looking())) == [
        found,
        Deviation("A", "E", READABLE, "what is left of it cannot be proven: KeyError"),
    ]
    assert list(guarded(None, None, iter([found]))) == [found]
