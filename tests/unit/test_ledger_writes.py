"""Posting: what one transaction writes, and what it means if a condition of it does not hold."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem
from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.identity import Origin, given_id
from loyalty.domain.ledger.chain import SALT_BYTES, linked, root
from loyalty.domain.ledger.wallet import EventType, JournalEntry, Movement, Wallet
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item, pack, pack_key, size_of, unpack
from loyalty.store.backoff import Backoff
from loyalty.store.events import Event, EventState, WrittenEvent, wallet_of
from loyalty.store.keys import Key
from loyalty.store.ledger import Changed, Effect, PreparedEvent, Unpostable, post
from loyalty.store.memory_table import MemoryTable
from loyalty.store.sdk_errors import ConditionFailed
from loyalty.store.writes import Add, Delete, Put, Write
from tests.consistent_table import ConsistentTable

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
COUNTER = keys.counter("reward_offer", "B")
NO_PASSWORD = Problem(Code.NOT_FOUND, "There is no such password.")
PASSWORD = keys.one_time_password("0" * 64)
USE_UP = Effect(Delete(PASSWORD, condition="attribute_exists(pk)"), NO_PASSWORD)


def event(event_id: str = "E", account_id: str = "A", sequence: int = 1, pointer: str | None = None) -> Event:
    """Return a purchase that awards 2."""
    entry = JournalEntry(
        account_id=account_id,
        sequence=sequence,
        event_id=event_id,
        type=EventType.PURCHASE,
        performed_on=NOW,
        posted_on=NOW,
        reference_number="R",
        merchant_id="M",
        movement=Movement(Decimal(2), Decimal(0)),
        balance=Decimal(2 * sequence),
        alternative_balance=None,
    )
    return Event(entry, Origin.KEY, b"F", "P", PurchaseDocument(number=event_id), pointer=pointer)


def prepared(of: Event, *effects: Effect) -> PreparedEvent:
    """Return an event of a wallet that had just as many of its kind before."""
    entry = of.entry
    return PreparedEvent(of, Wallet(entry.account_id, entry.sequence, entry.balance), effects)


def stocked(*puts: Put) -> MemoryTable:
    table = MemoryTable()
    table.transact(puts)
    return table


def used(table: MemoryTable) -> Decimal:
    return Decimal((table.get(COUNTER) or {}).get("used", 0))


def drawn(amount: str, maximum: int = 10) -> Effect:
    return Effect(Add(COUNTER, Decimal(amount), maximum))


def wallet(table: MemoryTable, account_id: str = "A") -> Wallet:
    return wallet_of(account_id, table.get(keys.wallet(account_id)))


def test_an_event_its_pointer_its_wallet_and_its_effects_are_written_at_once() -> None:
    table, one = stocked(Put(PASSWORD, {})), prepared(event(pointer="Q"), drawn("2"), USE_UP)

    post(table, [one])

    assert ledger.read_event(table, "E") == one.event
    assert table.get(keys.event("Q")) == {**keys.event("Q")._asdict(), "event_id": "E"}
    assert wallet(table) == one.wallet
    assert used(table) == 2
    assert table.get(PASSWORD) is None


def test_a_wallet_moves_from_before_the_first_of_its_events_to_after_the_last() -> None:
    table = MemoryTable()
    post(table, [prepared(event("E1"))])

    post(table, [prepared(event("E2", sequence=2)), prepared(event("O1", "B")), prepared(event("E3", sequence=3))])

    assert (wallet(table).version, wallet(table, "B").version) == (3, 1)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_wallet_that_is_not_where_its_first_event_was_priced_has_changed(version: int) -> None:
    table = MemoryTable()
    if version:
        post(table, [replace(prepared(event("BEFORE")), wallet=Wallet("A", version, Decimal(1)))])

    with pytest.raises(Changed) as changed:
        post(table, [prepared(event("E3", sequence=3)), prepared(event("E4", sequence=4)), prepared(event("O", "B"))])

    assert changed.value.accounts == {"A"}
    assert ledger.read_event(table, "O") is None


def test_what_has_been_posted_before_is_told_of_each_event_that_has_its_id_or_pointer() -> None:
    table = MemoryTable()
    post(table, [prepared(event("E1", pointer="Q1")), prepared(event("E2", sequence=2, pointer="Q2"))])
    again = [
        prepared(event("E1", "B", pointer="Q3")),
        prepared(event("FREE", "B", 2, pointer="Q2")),
        prepared(event("FREE-2", "B", 3)),
    ]

    with pytest.raises(Unpostable) as failed:
        post(table, again)

    assert failed.value.rivals == {0: event("E1", pointer="Q1"), 1: None}
    assert failed.value.refused == {}
    assert ledger.read_events(table, ["FREE", "FREE-2"]) == {}


def test_where_both_ids_are_taken_the_event_that_has_its_own_is_its_rival() -> None:
    table = MemoryTable()
    post(table, [prepared(event("E1", pointer="Q1")), prepared(event("Q2", sequence=2))])

    with pytest.raises(Unpostable) as failed:
        post(table, [prepared(event("E1", "B", pointer="Q2"))])

    assert failed.value.rivals == {0: event("E1", pointer="Q1")}


def test_an_event_whose_effect_is_impossible_is_refused_alone() -> None:
    table = MemoryTable()

    with pytest.raises(Unpostable) as failed:
        post(table, [prepared(event("O", "B")), prepared(event(), USE_UP)])

    assert (failed.value.rivals, failed.value.refused) == ({}, {1: NO_PASSWORD})


def test_a_refusal_that_rests_on_a_wallet_that_has_changed_may_be_none_any_more() -> None:
    table = MemoryTable()
    post(table, [prepared(event("BEFORE"))])

    with pytest.raises(Changed) as changed:
        post(table, [prepared(event(), USE_UP)])

    assert changed.value.accounts == {"A"}


def test_a_budget_that_others_have_used_meanwhile_is_a_reason_to_price_again() -> None:
    table = stocked(Put(COUNTER, {"used": Decimal("8.5")}))

    with pytest.raises(Changed) as changed:
        post(table, [prepared(event("O", "B")), prepared(event(), drawn("2"))])

    assert changed.value.accounts == {"A"}
    assert used(table) == Decimal("8.5")


@pytest.mark.parametrize(("before", "posted"), [("4.5", True), ("5", False)])
def test_events_of_one_transaction_draw_on_a_budget_together(before: str, posted: bool) -> None:
    table = stocked(Put(COUNTER, {"used": Decimal(before)}))
    three = [
        prepared(event("E1"), drawn("2")),
        prepared(event("E2", sequence=2), drawn("3")),
        prepared(event("O", "B"), drawn("0.5")),
    ]

    if posted:
        post(table, three)
        assert used(table) == 10
    else:
        with pytest.raises(Changed) as changed:
            post(table, three)
        assert changed.value.accounts == {"A"}  # of the first, with which the others draw


class Telling(MemoryTable):
    """A table that tells of some writes nothing but that they were in others' way."""

    def __init__(self, untold: Collection[int], found: Mapping[int, Item | None]) -> None:
        super().__init__()
        self.untold, self.failed = untold, found

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:  # noqa: ARG002 - a table's
        """Do nothing."""
        raise ConditionFailed(self.failed, frozenset(self.untold))


def test_of_whom_nothing_is_told_may_have_changed_and_is_refused_nothing() -> None:
    """The writes are: both events, both wallets, the password."""
    table = Telling({2}, {4: None})

    with pytest.raises(Changed) as changed:
        post(table, [prepared(event(), USE_UP), prepared(event("O", "B"))])

    assert changed.value.accounts == {"A"}


def test_where_it_is_not_told_what_has_an_id_the_rival_is_unknown() -> None:
    with pytest.raises(Unpostable) as failed:
        post(Telling((), {0: None}), [prepared(event())])

    assert failed.value.rivals == {0: None}


def test_what_is_told_of_one_wallet_is_no_reason_to_forget_a_refusal_of_another() -> None:
    table = Telling({3}, {4: None})

    with pytest.raises(Unpostable) as failed:
        post(table, [prepared(event(), USE_UP), prepared(event("O", "B"))])

    assert failed.value.refused == {0: NO_PASSWORD}


def test_the_backoff_of_the_caller_is_that_of_the_table() -> None:
    heard: list[Backoff | None] = []

    class Hearing(MemoryTable):
        def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
            heard.append(backoff)
            super().transact(writes, backoff)

    backoff = Backoff()
    post(Hearing(), [prepared(event())], backoff)

    assert heard == [backoff]


def test_what_an_event_takes_of_a_transaction_is_counted_and_measured() -> None:
    plain, full = prepared(event()), prepared(event(pointer="Q"), drawn("2"), USE_UP)

    assert (plain.writes, full.writes) == (1, 4)
    assert plain.item == WrittenEvent.of(plain.event).item(plain.event.link)
    assert plain.size == size_of(WrittenEvent.of(plain.event).item(plain.event.link))


def test_events_that_write_to_the_same_places_are_no_two_of_a_transaction_but_counters_are_shared() -> None:
    voucher: Key = keys.voucher("V")

    assert prepared(event()).own_keys == {keys.event("E")}
    assert prepared(event(pointer="Q"), drawn("2"), Effect(Put(voucher, {}))).own_keys == {
        keys.event("E"),
        keys.event("Q"),
        voucher,
    }


def test_an_event_follows_the_last_one_of_its_wallet_that_has_a_hash() -> None:
    before = Wallet("A", version=4, balance=Decimal(7), head=b"HEAD")

    first = prepared(event(sequence=5)).linked(replace(before, head=None), "TABLE")
    next_one = prepared(event(sequence=5)).linked(before, "TABLE")

    for one, head in ((first, root("TABLE", "A", 4, Decimal(7))), (next_one, b"HEAD")):
        link = one.event.link
        assert link
        assert link.salt
        assert len(link.salt) == SALT_BYTES
        assert link == linked(WrittenEvent.of(one.event).content, head, link.salt)
        assert one.wallet.head == link.digest
    unlinked = replace(first, event=event(sequence=5), wallet=replace(first.wallet, head=None), written=None)
    assert unlinked == prepared(event(sequence=5))
    other = prepared(event(sequence=5)).linked(before, "TABLE").event.link
    assert other
    assert next_one.event.link
    assert other.salt != next_one.event.link.salt


def test_events_are_read_by_their_ids_and_by_what_leads_to_them() -> None:
    table, given = MemoryTable(), given_id("M", "GIVEN")
    one, other = event("E", pointer="Q"), event(given, sequence=2)
    post(table, [prepared(one), prepared(other)])

    assert ledger.read_event(table, "Q") is None
    assert ledger.read_pointed(table, "Q") == ledger.read_pointed(table, "E") == one
    assert ledger.read_pointed(table, "NONE") is None
    assert ledger.read_events(table, ["E", "Q", given, "NONE"]) == {"E": one, given: other}
    assert ledger.read_taken(table, ["E", "Q", "NONE"]) == {"E": one, "Q": None}


def test_of_what_was_read_at_keys_only_those_of_events_are_told() -> None:
    table = MemoryTable()
    post(table, [prepared(event(pointer="Q"))])
    wanted = [keys.event("E"), keys.event("Q"), keys.event("NONE"), keys.wallet("A")]

    assert ledger.events_at(wanted, table.get_many(wanted)) == {"E": event(pointer="Q"), "Q": None, "NONE": None}


def test_of_all_items_of_a_table_those_of_events_are_read() -> None:
    table, one = MemoryTable(), event(pointer="Q")
    post(table, [prepared(one)])
    items = table.get_many([keys.wallet("A"), keys.event("Q"), keys.event("E")])
    whole: Any = SimpleNamespace(scan=lambda: iter(items.values()))

    assert len(items) == 3
    assert list(ledger.scan_events(whole)) == [one]


def test_all_that_callers_know_by_an_id_are_read_first_the_one_that_has_it_alone() -> None:
    table, ids = MemoryTable(), ["X", given_id("M", "X"), given_id("N", "X")]
    post(table, [prepared(event(one, sequence=place)) for place, one in enumerate(reversed(ids), start=1)])
    table.put(Put(keys.event(given_id("O", "X")), {"event_id": "ELSEWHERE"}))

    assert [one.entry.event_id for one in ledger.read_known_as(table, "X")] == ids


def test_a_reference_number_leads_to_the_last_purchase_that_is_filed_under_it() -> None:
    table, at = MemoryTable(), keys.reference_number("P", "R")
    assert ledger.read_filed(table, "P", "R") == (0, None)

    for event_id in ("E1", "E2"):
        table.transact([Add(at, 1, attributes={"event_id": event_id})])

    assert ledger.read_filed(table, "P", "R") == (2, "E2")
    assert ledger.read_filed(table, "Q", "R") == (0, None)


def test_what_was_posted_a_moment_ago_is_found() -> None:
    table = ConsistentTable()
    post(table, [prepared(event(pointer="Q"))])
    table.transact([Add(keys.reference_number("P", "R"), 1, attributes={"event_id": "E"})])

    assert ledger.read_event(table, "E")
    assert ledger.read_pointed(table, "Q")
    assert ledger.read_taken(table, ["E"])
    assert list(ledger.read_known_as(table, "E"))
    assert ledger.read_filed(table, "P", "R") == (1, "E")


def test_a_purchase_is_taken_back_as_it_was_read_or_not_at_all() -> None:
    table, posted = MemoryTable(), event()
    post(table, [prepared(posted)])
    parts = [TakenBack({0: Decimal(count)}, awarded=Decimal(count)) for count in (1, 2)]
    once, twice = (replace(posted, taken_back=part, updated_on=NOW, updated_by="P") for part in parts)
    cancelled = replace(twice, state=EventState.CANCELLED, kept={"O": Decimal(1)})

    table.transact([ledger.take_back(posted, once)])
    for late in (posted, twice):
        with pytest.raises(ConditionFailed):
            table.transact([ledger.take_back(late, cancelled)])
    table.transact([ledger.take_back(once, cancelled)])

    assert ledger.read_event(table, "E") == cancelled


class Pages:
    """The journal of an account, of which at most two entries are on a page."""

    def __init__(self, *items: Item) -> None:
        self.items = items
        self.asked: list[tuple[str, int | Decimal | None, int]] = []

    def journal(self, account_id: str, *, before: int | Decimal | None, limit: int) -> list[Item]:
        """As `JournalTable.journal`."""
        self.asked.append((account_id, before, limit))
        return [item for item in reversed(self.items) if before is None or item["sequence"] < before][: min(2, limit)]


def test_a_journal_is_read_page_by_page_down_to_its_first_entry() -> None:
    posted = [event(f"E{number}", sequence=number) for number in range(1, 6)]
    items = [
        unpack(pack_key(keys.event(one.entry.event_id)) | pack(WrittenEvent.of(one).item(one.link))) for one in posted
    ]
    pages = Pages(*items)

    assert [item["sequence"] for item in ledger.journal_items(pages, "A")] == [5, 4, 3, 2, 1]  # type: ignore[arg-type]
    assert pages.asked == [("A", before, 100) for before in (None, 4, 2, 1)]
    entries = ledger.read_journal(pages, "A", before=5, limit=1)  # type: ignore[arg-type]
    assert entries == [posted[3].entry]
    assert pages.asked[-1] == ("A", 5, 1)
