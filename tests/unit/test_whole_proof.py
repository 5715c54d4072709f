"""Proving a whole table, one that a release wrote, and an export of it: what is found once it is damaged by hand."""

import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.proofs.audit import Deviation
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.attributes import Foreign, Item, key_of, pack, unpack
from loyalty.store.export import TableExport
from loyalty.store.keys import Key
from loyalty.store.writes import Delete, Put
from loyalty.usecases.proofs.sharded_proof import Verification
from loyalty.usecases.proofs.verify_export import verify_export
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.proofs.workspace import Tell, Work, Workspace, in_turn
from tests.exports import write_export
from tests.tables.kept import items_of
from tests.whole_table import WholeTable

Told = tuple[str | None, str | None, str, str]


class Table(WholeTable):
    """The table, and what damage is done with."""

    def __init__(self, name: str = "tills") -> None:
        super().__init__(map(unpack, _items_of(name)))

    def item(self, **attributes: Any) -> Item:
        """Return the one item that has these attributes."""
        [found] = [item for item in self.written() if attributes.items() <= item.items()]
        return found

    def event(self, account: str, sequence: int) -> Item:
        """Return an event by its account and its number."""
        return self.item(account_id=f"A-{account}", sequence=Decimal(sequence))

    def change(self, item: Item, **attributes: Any) -> None:
        """Change attributes of an item; those that are None are gone."""
        self.transact([Put(key_of(item), {**item, **attributes})])

    def remove(self, item: Item) -> None:
        """Take an item out."""
        self.transact([Delete(key_of(item))])

    def rewrite(self, item: Item, **members: Any) -> None:
        """Change what an event's document says."""
        document = exactjson.loads(zlib.decompress(item["document"])) | members
        self.change(item, document=zlib.compress(exactjson.dumps(document).encode()))

    def export(self, folder: Path, files: int = 3) -> TableExport:
        """Export it."""
        items = list(map(pack, self.written()))
        return TableExport.of(write_export((items[start::files] for start in range(files)), folder / "export"))


@cache
def _items_of(name: str) -> list[dict[str, Any]]:
    return items_of(f"{name}.items")


BALANCE = "the wallet's balance is the sum of its journal"
HEAD = "the wallet's head is the hash of its last event"
VERSION = "the wallet's version is the number of its last event"
LOTS = "the wallet's lots are the sums of its journal's"
LAPSED = "the wallet's expired amounts are the sums of its journal's"
PURCHASES = "a wallet counts the purchases that are not taken back whole"
USES = "a wallet's uses of limits are those of its journal"
AS_POSTED = "an event says what it said when it was posted, after the same events of the same wallet of this table"
ACCOUNT = "every wallet has an account"
READABLE = "every item can be read"
NAMES = "a name leads to the record that has it"
POINTERS = "a given id and its reference number refer to each other"
VOUCHERS = "each voucher that a purchase gave is there, and is void once what it was for was taken back"
REFERENCES = "a reference number counts the purchases that are filed under it, and leads to one of them"
COUNTERS = "a budget's or promo code's counter is what its events used of it"
NUMBERS = "no number is given a second time: what numbers are leased from is not behind those that events tell"
TWICE = "a table has one item at a key"
RECORDS = "a record's item lies at the record's place, and says beside the record what the record says"

CAT = "CADEBB1888CA6EFF45ACF38BECE10271"
"""The only purchase of a customer."""

TEA = keys.alias("product", "code", "TEA")
TEA_SAYS = 'product {"id":"P-TEA","code":"TEA","alternative_code":"T","product_type":"DRINK"}'
POINTER = keys.event("01A3DD9164C8CDF22F1FE3A258F8BF66")
POINTED = "E1E0F7A55E1898AF90CCBF009313090A"
BOOKS = keys.reference_number("POS", "REF-books")
IN_BOOKS = "926D45DC7952645E8E8E3FDBFEB01130"
VOUCHER = keys.voucher("9ADBE2FC977280C829199465F475A533")
BOBS = "74565DB9B1A4F94FAA49C7F959428CF0"
GAVE_IT = "FDD21C6392A925960FC26185C6930CDA"
ISSUED, VOIDED = (
    f"account_id A-BOB, event_id {GAVE_IT}, state {state}, value 1.3, voucher_type_id BOOK-TOKEN"
    for state in ("ISSUED", "VOIDED")
)
BOB_SAYS = "account_id A-BOB, life_cycle_state EFFECTIVE, target T-BOB"
TAP = keys.programme("tap", "T-CAFE-1")


def at(key: Key, **attributes: Any) -> Callable[[Table], None]:
    """Return what changes attributes of the item at a key; of none, it removes the item."""

    def change(table: Table) -> None:
        item = table.item(**key._asdict())
        table.change(item, **attributes) if attributes else table.remove(item)

    return change


def of_cat(**attributes: Any) -> Callable[[Table], None]:
    """Return what changes attributes of a customer's only purchase."""
    return at(keys.event(CAT), **attributes)


def put(key: Key, **attributes: Any) -> Callable[[Table], None]:
    """Return what puts an item in."""
    return lambda table: table.transact([Put(key, attributes)])


WITHOUT_CAT: list[Told] = [
    (None, None, COUNTERS, "reward_offer#BUDGETED: 40 on the counter, 39.00 in the journal"),
    ("A-CAT", None, PURCHASES, "1 in the wallet, 0 in the journal"),
    ("A-CAT", None, USES, "ONCE-A-DAY in 2026-11-30: 1 times, 0.50 EUR in the wallet, 0 times in the journal"),
    ("A-CAT", None, USES, "THREE-EVER in all time: 1 times, 0.20 EUR in the wallet, 0 times in the journal"),
    ("A-CAT", None, BALANCE, "28.95 in the wallet, 30 in the journal"),
    (
        "A-CAT",
        None,
        HEAD,
        "4349024a11a3d187f08b00343ee04c9d in the wallet, 9a0d821696537e0a36c37fd4468f551b in the journal",
    ),
    ("A-CAT", None, LOTS, "2027-11: 1.25 in the wallet, none in the journal"),
    ("A-CAT", None, VERSION, "2 in the wallet, 1 in the journal"),
]
"""What is found where a purchase is not there."""

DAMAGES: dict[str, tuple[Callable[[Table], None], list[Told]]] = {
    "nothing": (lambda _: None, []),
    "a balance": (
        at(keys.wallet("A-EVE"), balance=Decimal(3)),
        [("A-EVE", None, BALANCE, "3 in the wallet, 0 in the journal")],
    ),
    "no wallet": (
        at(keys.wallet("A-EVE")),
        [
            ("A-EVE", None, PURCHASES, "0 in the wallet, 1 in the journal"),
            ("A-EVE", None, LAPSED, "none in the wallet, 2026-06: 3.00 in the journal"),
            ("A-EVE", None, HEAD, "none in the wallet, d0188c827a0ccf89a9b31395de65402c in the journal"),
            ("A-EVE", None, VERSION, "0 in the wallet, 2 in the journal"),
        ],
    ),
    "a wallet that nothing was posted to": (
        put(keys.wallet("A-NEW"), version=Decimal(0), balance=Decimal(0), purchases=Decimal(0)),
        [
            ("A-NEW", None, "a wallet is there once something is posted to it", "nothing was posted to it"),
            ("A-NEW", None, ACCOUNT, "no account"),
        ],
    ),
    "a place in the expiry index": (
        at(keys.wallet("A-CAT"), expires="2999-01", expiry_shard=None),
        [
            ("A-CAT", None, "the expiry index has a wallet under the next month that takes a part", found)
            for found in ("expires: 2999-01, its lots make 2027-11", "expiry_shard: none, its lots make 7")
        ],
    ),
    "no account": (
        at(keys.account("A-EVE")),
        [
            *(
                ("A-EVE", None, NAMES, f"ALIAS#account.{name}: account_id A-EVE, target A-EVE, which nothing else says")
                for name in ("contact#C-EVE", "number#N-EVE")
            ),
            ("A-EVE", None, ACCOUNT, "no account"),
        ],
    ),
    "no event": (of_cat(), WITHOUT_CAT),
    "an event that cannot be read": (
        of_cat(document=b"x"),
        [*WITHOUT_CAT, ("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: ValueError")],
    ),
    "bytes behind an event's document": (
        lambda table: of_cat(document=table.item(**keys.event(CAT)._asdict())["document"] + b"x")(table),
        [*WITHOUT_CAT, ("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: ValueError")],
    ),
    "an attribute that cannot be read": (
        of_cat(note=Foreign({"a": {"N": "1"}})),
        [("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: note cannot be read")],
    ),
    "what a customer keeps": (
        of_cat(kept='{"LASTING":1}'),
        [
            (
                "A-CAT",
                CAT,
                "the amount waived of a purchase is what its offers keep",
                f"{TakenBack()} of 2.95 awarded and 4 spent; 0 reversals make {TakenBack()}",
            )
        ],
    ),
    "an origin": (
        of_cat(origin="{"),
        [*WITHOUT_CAT, ("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: origin cannot be read")],
    ),
    "the origin of an event of another kind": (
        of_cat(origin="CANCELLATION"),
        [
            (
                "A-CAT",
                CAT,
                AS_POSTED,
                "hash 4349024a11a3d187f08b00343ee04c9d, but it makes 3fbce3ce46f7ae78ebf0d7e89539bad9",
            ),
            ("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: AssertionError"),
        ],
    ),
    "an amount in a document that is no number": (
        lambda table: table.rewrite(table.item(**keys.event(CAT)._asdict()), budgets={"BUDGETED": "sNaN"}),
        [*WITHOUT_CAT, ("A-CAT", CAT, READABLE, f"EVENT#{CAT} / EVENT: DecodeError")],
    ),
    "an amount": (
        of_cat(awarded=Decimal(99)),
        [
            ("A-CAT", None, BALANCE, "28.95 in the wallet, 125 in the journal"),
            (
                "A-CAT",
                CAT,
                AS_POSTED,
                "hash 4349024a11a3d187f08b00343ee04c9d, but it makes a89eb2c09f86219a95cb40b539589098",
            ),
            ("A-CAT", CAT, "each balance is the one before it plus the event's amount", "30 and 95 make 28.95"),
            ("A-CAT", CAT, "the awards of an event sum to what its wallet got or gave", "2.95, journal 99"),
        ],
    ),
    "no hash": (
        of_cat(hash=None, hash_form=None, personal=None, salt=None),
        [
            (
                "A-CAT",
                None,
                HEAD,
                "4349024a11a3d187f08b00343ee04c9d in the wallet, 9a0d821696537e0a36c37fd4468f551b in the journal",
            )
        ],
    ),
    "no voucher": (
        at(VOUCHER),
        [
            (
                "A-BOB",
                GAVE_IT,
                VOUCHERS,
                f"{VOUCHER.pk}: nothing is there, but has to be {VOIDED}",
            )
        ],
    ),
    "a voucher's state": (
        at(VOUCHER, state="ISSUED"),
        [
            (
                "A-BOB",
                GAVE_IT,
                VOUCHERS,
                f"{VOUCHER.pk}: {ISSUED}, but has to be {VOIDED}",
            )
        ],
    ),
    "a voucher that nobody gave": (
        put(keys.voucher("NEW"), account_id="A", event_id="E", state="ISSUED", value=Decimal(2)),
        [
            ("A", None, READABLE, "VOUCHER#NEW / VOUCHER: voucher_type_id is missing"),
            (
                "A",
                "E",
                VOUCHERS,
                "VOUCHER#NEW: account_id A, event_id E, state ISSUED, value 2, which nothing else says",
            ),
        ],
    ),
    "a name that leads astray": (
        at(TEA, target="CAKE"),
        [
            (
                None,
                None,
                NAMES,
                f"{TEA.pk}: {TEA_SAYS}, target CAKE, but has to be {TEA_SAYS}, target P-TEA",
            )
        ],
    ),
    "no name": (at(TEA), [(None, None, NAMES, f"{TEA.pk}: nothing is there, but has to be {TEA_SAYS}, target P-TEA")]),
    "a name that nobody has": (
        put(keys.alias("product", "code", "NEW"), target="P-TEA"),
        [(None, None, NAMES, "ALIAS#product.code#NEW: target P-TEA, which nothing else says")],
    ),
    "a name that several have": (at(keys.alias("account", "name", "Ann Archer"), target="*", account_id=None), []),
    "a name that cannot be read": (
        at(TEA, target=Decimal(1)),
        [
            (None, None, NAMES, f"{TEA.pk}: {TEA_SAYS}, but has to be {TEA_SAYS}, target P-TEA"),
            (None, None, READABLE, f"{TEA.pk} / ALIAS: target cannot be read"),
        ],
    ),
    "a pass code, which is not told": (
        at(keys.token("CIM-BOB"), pass_code="secret"),
        [
            (
                "A-BOB",
                None,
                NAMES,
                f"TOKEN#CIM-BOB: {BOB_SAYS}, but has to be {BOB_SAYS}",
            )
        ],
    ),
    "no pointer": (
        at(POINTER),
        [(None, POINTED, POINTERS, f"{POINTER.pk}: nothing is there, but has to be event_id {POINTED}")],
    ),
    "a pointer that leads astray": (
        at(POINTER, event_id="OTHER"),
        [(None, POINTED, POINTERS, f"{POINTER.pk}: event_id OTHER, but has to be event_id {POINTED}")],
    ),
    "a reference number": (
        at(BOOKS, used=Decimal(3)),
        [
            (
                None,
                None,
                REFERENCES,
                f"{BOOKS.pk}: counts 3 and leads to {IN_BOOKS}; filed under it: {IN_BOOKS}",
            )
        ],
    ),
    "no reference number": (
        at(BOOKS),
        [(None, None, REFERENCES, f"{BOOKS.pk}: counts 0 and leads to nothing; filed under it: {IN_BOOKS}")],
    ),
    "a reference number that cannot be read": (
        at(BOOKS, used="x"),
        [
            (None, None, REFERENCES, f"{BOOKS.pk}: counts 0 and leads to {IN_BOOKS}; filed under it: {IN_BOOKS}"),
            (None, None, READABLE, f"{BOOKS.pk} / REFERENCE: used cannot be read"),
        ],
    ),
    "a counter": (
        at(keys.counter("promo_code", "PC-BLOOM"), used=Decimal(7)),
        [(None, None, COUNTERS, "promo_code#PC-BLOOM: 7 on the counter, 0 in the journal")],
    ),
    "a counter that nothing has used": (
        put(keys.counter("reward_offer", "NEW"), used=Decimal(0)),
        [(None, None, COUNTERS, "reward_offer#NEW: 0 on the counter, no event used it")],
    ),
    "what numbers are leased from": (
        at(keys.NUMBERS, award=None, purchase=Decimal(1)),
        [
            (None, None, NUMBERS, "award: 0 on the counter, an event tells 432"),
            (None, None, NUMBERS, "purchase: 1 on the counter, an event tells 409"),
        ],
    ),
    "what numbers are leased from, so large that none can be added": (
        at(keys.NUMBERS, award=Decimal("1E+125")),
        [
            (None, None, READABLE, "NUMBERS / NUMBERS: award cannot be read"),
            (None, None, NUMBERS, "award: 0 on the counter, an event tells 432"),
        ],
    ),
    "a record that says something else beside": (
        at(TAP, target="OTHER"),
        [
            (
                None,
                None,
                RECORDS,
                f"PROGRAMME / {TAP.sk}: target OTHER, but has to be target T-CAFE-1 at PROGRAMME / {TAP.sk}",
            )
        ],
    ),
    "a record that cannot be read": (
        at(TAP, record="{"),
        [(None, None, READABLE, f"PROGRAMME / {TAP.sk}: record cannot be read")],
    ),
    "no version of the programme": (
        at(keys.PROGRAMME_VERSION, version=None),
        [(None, None, READABLE, "PROGRAMME / VERSION: version is missing")],
    ),
}


def apart(works: Sequence[Work], tell: Tell) -> list[Any]:
    """Do each piece of work as a process would: what it changes in memory, others do not see."""
    return [deepcopy(work)(tell) for work in works]


def told(found: Sequence[Deviation]) -> list[Told]:
    return [(one.account_id, one.event_id, one.rule, one.found) for one in found]


def settled(_: float) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_with_where_it_is_and_nothing_else(damage: str, tmp_path: Path) -> None:
    table = Table()
    harm, expected = DAMAGES[damage]
    harm(table)

    found = verify_journal(table, settle=settled)

    assert told(found.deviations) == expected
    assert (found.unrecorded, found.erased) == ([], 0)
    assert found.events == sum("sequence" in item for item in table.written())
    assert found.wallets == sum(item["sk"] == "WALLET" for item in table.written())
    assert verify_export(table.export(tmp_path)) == found


def test_where_all_adds_up_a_table_is_read_once_and_nothing_is_waited_for() -> None:
    table, read, waits = Table(), list[Key | str | None](), list[float]()
    table.meanwhile = read.append

    verify_journal(table, settle=waits.append)

    assert (read, waits) == ([None, keys.NUMBERS], [])


def test_whatever_is_at_odds_is_looked_at_again_once_what_is_under_way_has_settled() -> None:
    """Nothing waits for that a second time."""
    each = ["a balance", "no account", "no name", "a counter", "a reference number"]
    for damages in (*([damage] for damage in each), each):
        table, waits = Table(), list[float]()
        for damage in damages:
            DAMAGES[damage][0](table)

        verify_journal(table, Workspace(shards=5), settle=waits.append)

        assert waits == [2.0]


def test_what_is_of_no_account_is_told_first() -> None:
    table = Table()
    put(keys.wallet("0"), version=Decimal(0), balance=Decimal(0), purchases=Decimal(0))(table)
    DAMAGES["no name"][0](table)

    assert [one.account_id for one in verify_journal(table, settle=settled).deviations] == [None, "0", "0"]


def test_a_record_that_the_snapshot_of_the_programme_tells_otherwise_is_found(tmp_path: Path) -> None:
    table = Table("published")
    snapshot = table.item(**keys.PROGRAMME_VERSION._asdict())["snapshot_id"]
    assert verify_journal(table, settle=settled).deviations == []

    at(TAP, record='{"type":"tap","id":"T-CAFE-1","code":"OTHER"}')(table)

    rule = "the snapshot of the programme says what its records say"
    found = verify_journal(table, settle=settled)
    assert told(found.deviations) == [(None, None, rule, f"PROGRAMME: {snapshot} says something else of tap T-CAFE-1")]
    assert verify_export(table.export(tmp_path)) == found


def test_what_names_persons_that_is_erased_is_counted(tmp_path: Path) -> None:
    table = Table()
    for account, sequence in (("CAT", 2), ("BOB", 2), ("BOB", 3)):
        table.change(table.event(account, sequence), salt=None)

    found = verify_journal(table, Workspace(shards=7), settle=settled)

    rule = "what names a person is as it was posted, or all of it is erased"
    assert (found.events, found.erased) == (75, 3)
    assert told(found.deviations) == [
        ("A-BOB", BOBS, rule, "number 2"),
        ("A-BOB", GAVE_IT, rule, "number 3"),
        ("A-CAT", CAT, rule, "number 2"),
    ]
    assert verify_export(table.export(tmp_path)) == found


def test_what_is_found_of_some_items_is_added_to_what_is_found_of_others() -> None:
    one, other = (Deviation(name, None, "a rule", "broken") for name in "AB")
    found = Verification(1, 2, 3, [one], [other])

    found.add(Verification(10, 20, 30, [other], [one]))

    assert found == Verification(11, 22, 33, [one, other], [other, one])


def test_what_may_hold_is_told_apart_from_what_is_wrong(tmp_path: Path) -> None:
    """Older versions did not record all; and a limit may have been higher."""
    old = verify_journal(Table("earlier"), Workspace(shards=3, processes=2), settle=settled)
    accounts = [one.account_id or "" for one in old.unrecorded]
    assert (old.deviations, accounts, {*accounts}) == ([], sorted(accounts), {"", "A-ANN", "A-BOB", "A-DEE", "A-FAY"})
    assert [one for one in told(old.unrecorded) if one[0] is None] == [
        (None, None, COUNTERS, "promo_code#PC-BLOOM: 0 on the counter, 2 in the journal"),
        (None, None, COUNTERS, "reward_offer#BUDGETED: 23.46 on the counter, 33.00 in the journal"),
    ]
    assert verify_export(Table("earlier").export(tmp_path)) == old

    lowered, offer = Table(), keys.programme("reward_offer", "BUDGETED")
    record = exactjson.loads(lowered.item(**offer._asdict())["record"])
    record["limits"]["budget"] = 39
    at(offer, record=exactjson.dumps(record))(lowered)
    assert told(verify_journal(lowered, settle=settled).unrecorded) == [
        (
            None,
            None,
            "all accounts together use no more of a budget or promo code than its limit",
            "reward_offer#BUDGETED: 40 on the counter, of 39",
        )
    ]


SOME = [
    "a wallet that nothing was posted to",
    "no account",
    "an amount",
    "a voucher's state",
    "a name that cannot be read",
    "no pointer",
    "a reference number",
    "a counter that nothing has used",
    "what numbers are leased from",
    "a record that says something else beside",
]


@pytest.mark.parametrize(
    ("shards", "processes", "is_apart"), [(1, 1, False), (7, 1, False), (2, 3, False), (1, 2, True), (7, 3, True)]
)
def test_the_same_is_found_in_any_number_of_shards_and_by_any_number_of_processes(
    tmp_path: Path, shards: int, processes: int, is_apart: bool
) -> None:
    """In memory or in files; those of what adds up are gone afterwards."""
    table, damaged = Table(), Table()
    for damage in SOME:
        DAMAGES[damage][0](damaged)
    expected = sorted((one for damage in SOME for one in DAMAGES[damage][1]), key=lambda one: [*map(str, one)])

    for number, (one, found_of_it) in enumerate(((table, []), (damaged, expected))):
        whole = verify_journal(one, settle=settled)
        exported = one.export(tmp_path / f"{number}")
        assert sorted(told(whole.deviations), key=lambda found: [*map(str, found)]) == found_of_it
        for folder in (tmp_path / f"{number}-of-table", tmp_path / f"{number}-of-export"):
            folder.mkdir()
            room = Workspace(folder if is_apart else None, shards, processes, apart if is_apart else in_turn)
            is_table = folder.name.endswith("table")
            found = verify_journal(one, room, settle=settled) if is_table else verify_export(exported, room)
            assert found == whole
            left = {file.name.partition("-")[0] for file in folder.iterdir()}
            assert left == ({"rest"} | ({"name"} if one is damaged else set()) if is_apart else set())


@pytest.mark.parametrize("name", ["tills", "published"])
@pytest.mark.parametrize(("shards", "processes", "is_apart"), [(1, 1, False), (7, 3, True)])
def test_every_item_that_an_export_has_twice_is_told(
    tmp_path: Path, name: str, shards: int, processes: int, is_apart: bool
) -> None:
    items = list(Table(name).written())
    packed = list(map(pack, items))
    exported = TableExport.of(write_export((packed, packed[:99], packed[99:]), tmp_path / "export"))
    (tmp_path / "room").mkdir()
    room = Workspace(tmp_path / "room" if is_apart else None, shards, processes, apart if is_apart else in_turn)

    found = verify_export(exported, room).deviations

    twice = sorted(one.found for one in found if one.rule == TWICE)
    assert twice == sorted(f"{item['pk']} / {item['sk']}: it is there more than once" for item in items)


@pytest.mark.parametrize(
    ("key", "changed", "told_of"),
    [
        (keys.wallet("A-EVE"), {"balance": Decimal(1000)}, (None, None)),
        (TEA, {"target": "CAKE"}, (None, None)),
        (keys.token("CIM-BOB"), {"target": "T-ANN"}, ("A-BOB", None)),
        (VOUCHER, {"state": "ISSUED"}, ("A-BOB", None)),
        (POINTER, {"event_id": "OTHER"}, (None, POINTER.pk.removeprefix("EVENT#"))),
        (BOOKS, {"used": Decimal(9)}, (None, None)),
        (keys.counter("reward_offer", "BUDGETED"), {"used": Decimal(9)}, (None, None)),
        (keys.record("contact", "C-EVE"), {"record": '{"type":"contact","id":"C-EVE"}'}, (None, None)),
    ],
)
def test_an_item_before_the_right_one_is_told(
    key: Key, changed: Item, told_of: tuple[str | None, str | None], tmp_path: Path
) -> None:
    table = Table()
    other = {**table.item(**key._asdict()), **changed}

    exported = TableExport.of(write_export([map(pack, [other, *table.written()])], tmp_path / "export"))

    found = [one for one in verify_export(exported).deviations if one.rule == TWICE]
    assert told(found) == [(*told_of, TWICE, f"{key.pk} / {key.sk}: it is there more than once")]
