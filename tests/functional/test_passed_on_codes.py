"""A file whose records pass on codes to each other leads to the state that it says, whatever the order of its lines."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.errors import Code
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.customers import find_customer
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.reference import name_keys, record_key
from loyalty.usecases.reference.import_records import ImportSummary, import_records
from loyalty.usecases.reference.record_writer import MAX_WRITES
from tests.functional.conftest import NOW, Functions
from tests.functional.uploads import Importing

Record = dict[str, Any]
ACCOUNT = "3C66BD54CCDB6BC1096C23F6D8899752"


def imported(table: DynamoTable, records: Iterable[Record]) -> ImportSummary:
    return import_records([exactjson.dumps(record).encode() for record in records], table=table, now=NOW)


def stored(table: DynamoTable, record: Record) -> Record:
    item = table.get(record_key(record["type"], record["id"]))
    assert item
    found: Record = exactjson.loads(item["record"])
    return found


def check(table: DynamoTable, records: Iterable[Record]) -> None:
    """Every record is there as it was said, and each of its names leads to it."""
    for record in records:
        kept = stored(table, record)
        assert record.items() <= kept.items()
        for key in name_keys(kept).values():
            item = table.get(key)
            assert item
            assert item["target"] == record["id"]


def product(name: str, code: str) -> Record:
    return {"type": "product", "id": name, "code": code}


def account(name: str, number: str) -> Record:
    return {"type": "account", "id": name, "number": number}


KINDS: dict[str, Any] = {
    "products": (product, "code"),
    "accounts": (account, "number"),
    "cards": (
        lambda name, code: {"type": "access_token", "id": name, "account": ACCOUNT, "authentication_code": code},
        "authentication_code",
    ),
    "business units": (
        lambda name, code: {"type": "business_unit", "id": name, "name": name, "code": code},
        "code",
    ),
    "classifications": (
        lambda name, code: {"type": "classification", "id": name, "name": name, "alternative_code": code},
        "alternative_code",
    ),
    "promo codes": (
        lambda name, code: {"type": "promo_code", "id": name, "code": code, "promotion_campaign": "SUMMER"},
        "code",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [("2", "1", "3"), ("2", "3", "1"), ("2", "3", "4")], ids=" ".join)
def test_records_that_swap_or_pass_on_codes_are_imported_in_any_order(
    demo: DynamoTable, kind: str, after: tuple[str, ...]
) -> None:
    make, _ = KINDS[kind]
    before = [make(name, code) for name, code in zip("ABC", "123", strict=True)]
    campaign = {"type": "promotion_campaign", "id": "SUMMER", "name": "Summer"}
    for order in permutations([make(name, code) for name, code in zip("ABC", after, strict=True)]):
        assert imported(demo, [campaign]).refused == []
        reset(demo, before)

        summary = imported(demo, order)

        assert summary.refused == []
        check(demo, order)
        for gone in {*"123"} - {*after}:
            assert not find(demo, before[int(gone) - 1])


def reset(table: DynamoTable, records: list[Record]) -> None:
    """Let the records be as they were, by way of codes that nobody else has."""
    codes = {field for _, field in KINDS.values()}
    for record in records:
        spare = {name: f"spare-{value}" for name, value in record.items() if name in codes}
        assert imported(table, [record | spare]).refused == []
    assert imported(table, records).refused == []


def find(table: DynamoTable, record: Record) -> bool:
    """Return whether the names of a record lead anywhere."""
    return any(table.get(key) for key in name_keys({"primary": True, **record}).values())


def test_what_two_records_want_at_the_end_is_refused_to_the_later_one(demo: DynamoTable) -> None:
    imported(demo, [product("A", "1"), product("B", "2")])

    summary = imported(demo, [product("A", "3"), product("C", "1"), product("D", "1")])

    assert [(bad.line, bad.field, bad.code) for bad in summary.refused] == [(3, "/code", Code.DUPLICATE)]
    check(demo, [product("A", "3"), product("C", "1"), product("B", "2")])


def test_who_gets_nothing_takes_nothing_from_the_next(demo: DynamoTable) -> None:
    imported(demo, [product("A", "1"), product("B", "2")])

    greedy = {**product("C", "1"), "alternative_code": "BP"}  # which another product keeps
    summary = imported(demo, [greedy, product("D", "1"), product("A", "3")])

    assert {bad.line for bad in summary.refused} == {1}
    check(demo, [product("D", "1"), product("A", "3")])


def test_what_its_owner_keeps_is_refused_whoever_else_moves(demo: DynamoTable) -> None:
    imported(demo, [product("A", "1"), product("B", "2"), product("C", "3")])

    summary = imported(demo, [product("A", "2"), product("B", "3"), product("C", "3")])

    assert [bad.line for bad in summary.refused] == [1, 2]
    check(demo, [product("A", "1"), product("B", "2"), product("C", "3")])


def test_a_line_that_waits_gives_way_to_a_later_one_of_its_record(demo: DynamoTable) -> None:
    imported(demo, [product("A", "1"), product("B", "2")])

    summary = imported(demo, [product("A", "2"), product("A", "5"), product("B", "6")])

    assert [bad.line for bad in summary.refused] == [1]
    check(demo, [product("A", "5"), product("B", "6")])


@pytest.mark.parametrize("rows_at_a_time", [2, 200])
@pytest.mark.parametrize("step", [1, -1], ids=["ascending", "descending"])
def test_a_whole_range_of_codes_may_move_up_by_one(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int, step: int
) -> None:
    monkeypatch.setattr("loyalty.usecases.reference.import_rows.ROWS_AT_A_TIME", rows_at_a_time)
    monkeypatch.setattr("loyalty.usecases.reference.record_writer.MAX_WRITES", 10)
    imported(demo, [product(f"P{number}", f"{number}") for number in range(30)])
    moved = [product(f"P{number}", f"{number + 1}") for number in range(30)][::step]

    assert imported(demo, moved).refused == []
    check(demo, moved)


def test_a_ring_that_is_too_large_for_a_transaction_is_refused_and_all_is_as_it_was(demo: DynamoTable) -> None:
    size = MAX_WRITES // 2 + 1
    before = [product(f"P{number}", f"{number}") for number in range(size)]
    imported(demo, before)

    summary = imported(demo, [product(f"P{number}", f"{(number + 1) % size}") for number in range(size)])

    assert len(summary.refused) == size
    check(demo, before)


def test_containers_never_see_half_of_a_swap(demo: DynamoTable) -> None:
    units = [{"type": "business_unit", "id": name, "name": name, "code": code} for name, code in ("A1", "B2")]
    imported(demo, units)
    swapped = [{**units[0], "code": "2"}, {**units[1], "code": "1"}]
    seen = []
    transact = demo.transact

    def watched(writes: Any) -> None:
        transact(writes)
        directory = Catalogue(demo).directory(NOW)
        seen.append((directory.find("business_unit", "code", "1"), directory.find("business_unit", "code", "2")))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "transact", watched)
        imported(demo, swapped)

    assert seen == [("A", "B"), ("B", "A")]  # once it is written, once it is published


@pytest.mark.parametrize("rows_at_a_time", [1, 200])
def test_what_names_a_record_that_waits_comes_after_it(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int
) -> None:
    monkeypatch.setattr("loyalty.usecases.reference.import_rows.ROWS_AT_A_TIME", rows_at_a_time)
    imported(demo, [account("A", "1")])
    card = {"type": "access_token", "id": "T", "account": "B", "authentication_code": "T"}
    opening = {"type": "opening_balance", "id": "O", "account": "B", "amount": 1, "performed_on": "2026-01-01T00:00:00"}
    nobody = {"type": "access_token", "id": "N", "account": "NOBODY", "authentication_code": "N"}

    summary = imported(demo, [account("B", "1"), card, opening, nobody, account("A", "2")])

    assert [(bad.line, bad.field) for bad in summary.refused] == [(4, "/account")]
    check(demo, [account("A", "2"), account("B", "1"), card])
    customer = find_customer(demo, "1")
    assert customer
    assert customer.wallet.balance == 1


def test_codes_are_passed_on_within_a_dropped_file(functions: Functions, demo: DynamoTable) -> None:
    importing = Importing(functions, demo)
    imported(demo, [product("A", "1"), product("B", "2")])

    upload = importing.drop("x.csv", b"type,id,code\nproduct,A,2\nproduct,B,1\nproduct,C,1\n")

    assert [line.split()[1] for line in importing.told(upload)] == ["updated", "updated", "refused"]
    check(demo, [product("A", "2"), product("B", "1")])
    assert demo.get(keys.record("product", "C")) is None


@pytest.mark.parametrize("taker", ["A1", "A3"], ids=["in a swap", "by a new account"])
def test_a_name_that_is_passed_on_leads_to_whoever_has_it_once_the_file_is_read(table: DynamoTable, taker: str) -> None:
    euro = {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}
    balance = {
        "type": "opening_balance",
        "id": "OB",
        "account": "N2",
        "amount": 50,
        "performed_on": "2026-01-01T00:00:00",
    }
    card = {"type": "access_token", "id": "T", "account": "N2", "authentication_code": "CARD"}
    imported(table, [euro, account("A1", "N1"), account("A2", "N2")])

    last = account("A2", "N1" if taker == "A1" else "N9")
    assert imported(table, [account(taker, "N2"), balance, card, last]).refused == []

    item, wallet = table.get(keys.token("CARD")), table.get(keys.wallet(taker))
    assert item
    assert wallet
    assert (item["account_id"], wallet["balance"]) == (taker, 50)
    assert table.get(keys.wallet("A2")) is None
