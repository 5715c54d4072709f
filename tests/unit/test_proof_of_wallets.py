"""What the proof of wallets calls a deviation of their journals, their chains and their places in the expiry index."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.proofs.chain_audit import AS_POSTED, HASHED_ON, HEAD_KEPT, TableChains
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of, unpack
from loyalty.store.events import is_event
from loyalty.store.keys import Key
from loyalty.usecases.proofs.verify_wallets import SeenEvent, Wallets, readable
from tests.tables.kept import items_of
from tests.whole_table import WholeTable

BALANCE = "the wallet's balance is the sum of its journal"
VERSION = "the wallet's version is the number of its last event"
PURCHASES = "a wallet counts the purchases that are not taken back whole"
POSTED_TO = "a wallet is there once something is posted to it"
IN_INDEX = "the expiry index has a wallet under the next month that takes a part"
ACCOUNT = "every wallet has an account"
TILLS = [unpack(item) for item in items_of("tills.items")]
CHAINS = TableChains(next(item["target"] for item in TILLS if key_of(item) == keys.TABLE))
DEE, EVE, FAY = "A-DEE", "A-EVE", "A-FAY"
"""Of three customers, the first one has purchases that are taken back, the second one something that expired, and the
third one something that will."""


def of(*account_ids: str) -> WholeTable:
    """Return a table with all of some accounts, as a release wrote it."""
    return WholeTable(
        item
        for item in TILLS
        if (is_event(item) and item["account_id"] in account_ids) or keys.account_id(item["pk"]) in account_ids
    )


def change(table: WholeTable, item: Item, **attributes: Any) -> None:
    changed = {name: value for name, value in {**item, **attributes}.items() if value is not None}
    table.take_over([changed])


def wallet(table: WholeTable, account_id: str) -> Item:
    item = table.get(keys.wallet(account_id), consistent=True)
    assert item
    return item


def event(table: WholeTable, account_id: str, sequence: int) -> Item:
    [found] = [one for one in table.journal(account_id, before=None, limit=99) if one["sequence"] == sequence]
    return found


def scanned(table: WholeTable, *, late: set[int] = frozenset()) -> Wallets:  # type: ignore[assignment]
    """Return what a scan shows of a table; events with some numbers it has not met yet."""
    wallets = Wallets()
    for item in list(table.scan()):
        if is_event(item) and item["sequence"] not in late:
            if seen := readable(item):
                wallets.take(seen)
        elif item["sk"] == "WALLET":
            wallets.take_wallet(item)
        elif item["sk"] == "ACCOUNT":
            wallets.take_account(item)
    return wallets


def told(
    wallets: Wallets, table: WholeTable, settle: Callable[[float], None] = lambda _: None
) -> list[tuple[Any, ...]]:
    found = wallets.deviations(table, wallets.suspects(CHAINS), CHAINS, settle)
    return [(one.account_id, one.event_id, one.rule, one.found) for one in found]


def rules(wallets: Wallets, table: WholeTable) -> list[str]:
    return [rule for _, _, rule, _ in told(wallets, table)]


def test_wallets_of_a_release_are_what_their_journals_make() -> None:
    table = of(DEE, EVE, FAY)
    wallets = scanned(table)

    assert (wallets.suspects(CHAINS), wallets.without_account, told(wallets, table)) == ([], set(), [])
    assert (wallets.count, wallets.erased) == (3, 0)


CHANGES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"balance": Decimal(3)}, [(BALANCE, "3 in the wallet, 12.53 in the journal")]),
    ({"version": Decimal(17)}, [(VERSION, "17 in the wallet, 16 in the journal")]),
    ({"purchases": Decimal(7)}, [(PURCHASES, "7 in the wallet, 13 in the journal")]),
    ({"expires": "2999-01"}, [(IN_INDEX, "expires: 2999-01, its lots make 2027-11")]),
    ({"expires": None}, [(IN_INDEX, "expires: none, its lots make 2027-11")]),
    ({"expiry_shard": "x"}, [(IN_INDEX, "expiry_shard: x, its lots make 1")]),
]


@pytest.mark.parametrize(("attributes", "expected"), CHANGES)
def test_what_a_wallet_says_is_held_against_its_journal_and_its_lots(
    attributes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    table = of(FAY)
    change(table, wallet(table, FAY), **attributes)

    assert scanned(table).suspects(CHAINS) == [FAY]
    assert [(rule, found) for *_, rule, found in told(scanned(table), table)] == expected


def test_a_wallet_of_which_nothing_expires_is_not_in_the_index() -> None:
    table = of(EVE)
    change(table, wallet(table, EVE), expires="2026-01", expiry_shard="1")

    assert [found for *_, found in told(scanned(table), table)] == [
        "expires: 2026-01, its lots make none",
        "expiry_shard: 1, its lots make none",
    ]


def test_a_wallet_that_is_gone_or_has_no_journal_is_told() -> None:
    table = of(EVE, FAY)
    bare = {**keys.wallet("A-BARE")._asdict(), "version": Decimal(0), "balance": Decimal(0), "purchases": Decimal(0)}
    table.take_over([bare])
    wallets = scanned(table)
    wallets.take_account({**keys.account("A-BARE")._asdict()})

    assert told(wallets, table) == [("A-BARE", None, POSTED_TO, "nothing was posted to it")]
    assert wallets.count == 3

    gone = WholeTable(item for item in of(EVE).written() if item["sk"] != "WALLET")
    assert {rule for _, _, rule, _ in told(scanned(gone), gone)} >= {VERSION, HEAD_KEPT}
    assert POSTED_TO not in rules(scanned(gone), gone)


def test_suspects_and_wallets_without_an_account_are_told_in_their_order() -> None:
    names = [f"A-{7 * number % 10}" for number in range(10)]
    table = WholeTable(
        {**keys.wallet(name)._asdict(), "version": Decimal(0), "balance": Decimal(0), "purchases": Decimal(0)}
        for name in names
    )

    assert scanned(table).without_account == set(names)
    assert told(scanned(table), table) == [
        *((name, None, POSTED_TO, "nothing was posted to it") for name in sorted(names)),
        *((name, None, ACCOUNT, "no account") for name in sorted(names)),
    ]
    table.take_over([{**keys.account(name)._asdict()} for name in names])
    before = scanned(WholeTable(item for item in table.written() if item["sk"] == "WALLET"))
    assert ACCOUNT not in rules(before, table)


OTHERWISE: dict[str, Any] = {
    "uses": (),
    "completes": None,
    "outstanding": {"X": Decimal(1)},
    "forgiven": {"2026-01": Decimal(1)},
}
"""What documents could say otherwise that counts for the wallet, beside that something was bought."""


def test_events_count_as_what_they_say_of_purchases_limits_and_what_is_waived() -> None:
    met = set[str]()
    for account_id in (DEE, FAY, "A-BOB"):
        table = of(account_id)
        for item in table.journal(account_id, before=None, limit=99):
            seen = readable(item)
            assert seen
            document: Any = seen.event.document
            fields = {name: getattr(document, name) for name in OTHERWISE if hasattr(document, name)}
            said = {name for name, value in fields.items() if (value or None) != (OTHERWISE[name] or None)}
            changed = [replace(document, **{name: OTHERWISE[name]}) for name in sorted(said)]
            for other in [*changed, *([None] if isinstance(document, PurchaseDocument) else [])]:
                wallets = scanned(table, late={int(item["sequence"])})
                wallets.take(SeenEvent(replace(seen.event, document=other), seen.chain))
                assert wallets.suspects(CHAINS) == [account_id]
            met |= said

    assert met == {*OTHERWISE}


@pytest.mark.parametrize("name", ["hash_form", "personal", "salt", "filed", "partner_unit"])
def test_an_event_without_a_hash_has_nothing_that_comes_only_with_one(name: str) -> None:
    table = of(EVE)
    rest = dict.fromkeys(("hash", "hash_form", "personal", "salt"))
    value = {"filed": True, "partner_unit": "U", "hash_form": Decimal(1)}.get(name, b"x")
    change(table, event(table, EVE, 2), **(rest | {name: value}))
    change(table, wallet(table, EVE), head=event(table, EVE, 1)["hash"])

    assert rules(scanned(table), table) == [HASHED_ON]

    change(table, event(table, EVE, 2), **rest, filed=None, partner_unit=None)
    assert rules(scanned(table), table) == []


def test_what_is_erased_is_counted_by_event() -> None:
    table = of(EVE, FAY)
    for account_id, sequence in ((EVE, 1), (FAY, 1), (FAY, 2)):
        change(table, event(table, account_id, sequence), salt=None)

    assert scanned(table).erased == 3


def test_an_event_that_was_changed_is_told() -> None:
    table = of(EVE)
    change(table, event(table, EVE, 2), partner_id="OTHER")

    [(account_id, event_id, rule, _)] = told(scanned(table), table)
    assert (account_id, event_id, rule) == (EVE, keys.event_id(key_of(event(table, EVE, 2))), AS_POSTED)


def test_what_of_a_wallet_cannot_be_read_hides_nothing_else() -> None:
    table = of(FAY)
    change(table, wallet(table, FAY), balance=Decimal(3), version="x")

    wallets = scanned(of(FAY), late={16})
    assert set(rules(wallets, table)) == {BALANCE, VERSION}


def test_a_closer_look_finds_events_by_the_scan_and_by_the_journal() -> None:
    table, waits = of(FAY), list[float]()
    assert scanned(table, late={3, 16}).suspects(CHAINS) == [FAY]
    assert told(scanned(table, late={3, 16}), table, waits.append) == []

    wallets = scanned(table)
    change(table, wallet(table, FAY), balance=Decimal(3))
    wallets.take_wallet(wallet(table, FAY))
    table.journal = lambda *_, **__: []  # type: ignore[method-assign]
    assert rules(wallets, table) == [BALANCE]
    assert waits == []


@pytest.mark.parametrize(("late_for", "waits"), [(1, [0.05]), (2, [0.05, 0.1]), (3, [0.05, 0.1, 0.2])])
def test_a_journal_that_is_late_is_asked_again_a_while_later(late_for: int, waits: list[float]) -> None:
    table, waited = of(FAY), list[float]()
    journal = table.journal

    def late(account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        found = journal(account_id, before=before, limit=limit)
        return [one for one in found if one["sequence"] != 16 or len(waited) >= late_for]

    table.journal = late  # type: ignore[method-assign]

    assert told(scanned(table, late={16}), table, waited.append) == []
    assert waited == waits


def test_an_event_that_no_journal_has_is_missed_in_the_end() -> None:
    table, waited = WholeTable(item for item in of(FAY).written() if item.get("sequence") != 16), list[float]()

    wallets, read = scanned(table), list[Key | str | None]()
    table.meanwhile = read.append

    assert VERSION in [rule for _, _, rule, _ in told(wallets, table, waited.append)]
    assert (waited, read.count(keys.wallet(FAY))) == ([0.05, 0.1, 0.2], 2 * 4)


def test_of_a_wallet_that_is_gone_no_journal_is_late() -> None:
    table, waited = WholeTable(item for item in of(EVE).written() if item["sk"] != "WALLET"), list[float]()

    assert told(scanned(table), table, waited.append)
    assert waited == []


@pytest.mark.parametrize(("moves", "waits"), [(1, [0.05]), (4, [0.05, 0.1, 0.2]), (9, [0.05, 0.1, 0.2])])
def test_a_wallet_that_moves_while_it_is_read_is_read_again_five_times_at_most(moves: int, waits: list[float]) -> None:
    table, waited, readings = of(EVE), list[float](), 0
    right = wallet(table, EVE)
    change(table, right, balance=Decimal(99))
    wallets = scanned(table)

    def move(read: Key | str | None) -> None:
        nonlocal readings
        if read == key_of(event(table, EVE, 1)):
            readings += 1
            change(table, right, balance=Decimal(100 + readings) if readings < moves else right["balance"])

    table.meanwhile = move
    found = told(wallets, table, waited.append)

    assert readings == min(moves + 1, 5)
    assert waited == waits
    assert [text for *_, text in found] == ([] if moves < 5 else ["104 in the wallet, 0 in the journal"])


def test_where_there_is_neither_a_wallet_nor_an_event_by_now_nothing_is_told() -> None:
    gone = WholeTable(item for item in of(EVE).written() if item["sk"] == "ACCOUNT")

    assert list(scanned(of(EVE)).deviations(gone, [EVE], CHAINS, lambda _: None)) == []


def test_what_cannot_be_read_is_no_event() -> None:
    one = event(of(EVE), EVE, 1)

    assert readable(one)
    assert readable({**one, "document": b"x"}) is None
    assert readable({**one, "origin": Decimal(1)}) is None
    assert readable({**one, "lots": "{"}) is not None
