"""Posting events of several wallets: what goes together, in which order, and what becomes of each while others are at
work on the same wallets, or a table is busy or fails."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import FAULT, Code, Problem, Refused, not_found
from loyalty.domain.identity import Origin
from loyalty.domain.ledger.wallet import EventType, Movement, Wallet
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account, LifeCycle
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.backoff import MAX_TOTAL_SECONDS, Backoff
from loyalty.store.customers import Customer, read_customers
from loyalty.store.events import Event, wallet_of
from loyalty.store.keys import Key
from loyalty.store.ledger import Effect, PreparedEvent
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Add, Put, Write
from loyalty.usecases.ledger.journal_entry import EntryHeader, journal_entry
from loyalty.usecases.ledger.post_events import EventOutcome, PostedEvent, post_event, post_events
from loyalty.usecases.ledger.transaction_batch import (
    MAX_BATCH_BYTES,
    MAX_EVENT_BYTES,
    TOO_MANY_WRITES,
    Used,
    next_batch,
    read_used,
    require_active,
)
from tests.builders import account, programme

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
BUSY = Refused(Problem(Code.RETRY_LATER, "Busy."))
REDEEMED = Problem(Code.INVALID, "It is redeemed.")
PROGRAMME = programme()
ACCOUNTS = ("A", "B", "C")


@dataclass(frozen=True)
class Gift:
    """A draft that moves a wallet by an amount. It is known by its event's id and by what it says; `draws` is the
    counter that it adds to, `claims` the record that it writes, `redeems` the one that nobody may have written before,
    and `meets` what keeps it from being prepared."""

    event_id: str
    amount: str = "1"
    says: bytes = b"same"
    draws: str | None = None
    claims: str | None = None
    redeems: str | None = None
    meets: Exception | None = None
    programme: Programme = PROGRAMME

    @property
    def named(self) -> Reference:
        """As a draft's."""
        return Reference("id", "?", "/account")

    def duplicate_of(self, rival: Event | None) -> Problem:
        """Return a problem that tells the rival."""
        return Problem(Code.DUPLICATE, rival.entry.event_id if rival else "unknown")

    def is_posted_as(self, event: Event) -> bool:
        """Return whether it says the same."""
        return event.fingerprint == self.says

    def counters(self, account: Account) -> Iterable[Key]:  # noqa: ARG002 - a draft's
        """Return the counter that it draws on."""
        return [keys.counter("reward_offer", self.draws)] if self.draws else []

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:
        """Return the event; in the place of its partner it tells how much of its counter was used before."""
        if self.meets:
            raise self.meets
        wallet = customer.wallet.moved(Movement(Decimal(self.amount), Decimal(0)))
        header = EntryHeader(self.event_id, EventType.ADJUSTMENT, performed_on=AT, posted_on=AT)
        entry = journal_entry(header, Movement(Decimal(self.amount), Decimal(0)), wallet, customer.account, PROGRAMME)
        told = "".join(str(used[key]) for key in self.counters(customer.account)) or None
        event = Event(entry, Origin.GIVEN, self.says, partner_id=told, document=None)
        writes: list[Write] = [Add(key, 1) for key in self.counters(customer.account)]
        writes += [Put(keys.record("voucher", self.claims), {})] if self.claims else []
        effects = list(map(Effect, writes))
        if self.redeems:
            once = Put(keys.record("voucher", self.redeems), {}, condition="attribute_not_exists(pk)")
            effects.append(Effect(once, REDEEMED))
        return PreparedEvent(event, wallet, tuple(effects))


class Observed(MemoryTable):
    """A table that notes the events of each transaction; before the first ones of them something happens."""

    def __init__(self, *mishaps: Callable[["Observed"], None]) -> None:
        super().__init__(_accounts())
        self.transactions: list[str] = []
        """The ids of their events."""
        self.side_by_side = False
        """Whether any was sent beside another."""
        self.readings = 0
        """How often accounts were read."""
        self.reading: Callable[[], None] = lambda: None
        """Happens before each of these."""
        self._mishaps = list(mishaps)
        self._lock = threading.Lock()

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        if any(key.sk == "ACCOUNT" for key in keys):
            self._note_reading()
        return super().get_many(keys, consistent=consistent)

    def partition(self, pk: str, *, consistent: bool = False) -> Iterator[Item]:
        """As `Table.partition`, by which one account is read."""
        self._note_reading()
        return super().partition(pk, consistent=consistent)

    def _note_reading(self) -> None:
        self.reading()
        self.readings += 1

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        assert writes, "there is no transaction of nothing"
        events = [keys.event_id(write.key) for write in writes if keys.is_event(write.key)]
        if not events:
            return super().transact(writes, backoff)
        assert backoff, "the waits of a transaction are those of its call"
        with self._lock:
            self.side_by_side |= threading.current_thread() is not threading.main_thread()
            self.transactions.append(" ".join(events))
            if self._mishaps:
                self._mishaps.pop(0)(self)
            super().transact(writes, backoff)
        return None

    def wallet(self, account_id: str) -> Wallet:
        """Return a wallet as it stands."""
        return wallet_of(account_id, super().get_many([keys.wallet(account_id)]).get(keys.wallet(account_id)))

    def move(self, account_id: str) -> None:
        """Move a wallet, as another call does."""
        wallet = self.wallet(account_id)
        attributes = {"version": Decimal(wallet.version + 1), "balance": wallet.balance, "purchases": Decimal(0)}
        super().transact([Put(keys.wallet(account_id), attributes)])


def _accounts() -> MemoryTable:
    table = MemoryTable()
    for account_id in ACCOUNTS:
        record = f'{{"type": "account", "id": "{account_id}", "number": "1", "life_cycle_state": "ACTIVE"}}'
        table.put(Put(keys.account(account_id), {"record": record}))
    return table


def nothing(table: Observed) -> None:
    """Let a transaction pass."""


def moving(*account_ids: str) -> Callable[[Observed], None]:
    """Move wallets between their reading and the transaction."""

    def move(table: Observed) -> None:
        for account_id in account_ids:
            table.move(account_id)

    return move


def failing(failure: Exception) -> Callable[[Observed], None]:
    """Keep a transaction from being written."""

    def fail(_: Observed) -> None:
        raise failure

    return fail


class Posting:
    """Some events that were posted: what became of each, the waits on the way, and the faults that were heard of."""

    def __init__(self, table: Observed, *drafts: tuple[str, Gift], **more: Any) -> None:
        self.waits: list[float] = []
        self.faults: list[Exception] = []
        self.outcomes = post_events(drafts, table=table, pause=self.waits.append, report=self.faults.append, **more)

    @property
    def told(self) -> list[str]:
        """Return the outcome of each in a word: its number in the journal, `replayed`, or why it was refused."""
        return [_told(outcome) for outcome in self.outcomes]


def _told(outcome: EventOutcome) -> str:
    if isinstance(outcome, Refused):
        return outcome.problems[0].code.name
    return "replayed" if outcome.replayed else str(outcome.event.entry.sequence)


def test_events_of_several_wallets_go_into_one_transaction_and_are_numbered_in_their_order() -> None:
    table = Observed()

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")), ("A", Gift("3", "2")), ("C", Gift("4")))

    assert posting.told == ["1", "1", "2", "1"]
    assert table.transactions == ["1 3 2 4"]
    assert [table.wallet(name).balance for name in ACCOUNTS] == [3, 1, 1]
    assert posting.waits == []


def test_nothing_is_done_for_no_events() -> None:
    table = Observed()

    assert Posting(table).told == []
    assert (table.readings, table.transactions) == (0, [])


def test_an_event_that_is_refused_is_left_out_of_its_wallets_events() -> None:
    table, refused = Observed(), Refused(Problem(Code.INVALID, "No."))

    posting = Posting(table, ("A", Gift("1")), ("A", Gift("2", meets=refused)), ("A", Gift("3")))

    assert posting.told == ["1", "INVALID", "2"]
    assert posting.outcomes[1] is refused
    assert (table.transactions, table.readings) == (["1 3"], 1)


BUSY = Refused(Problem(Code.RETRY_LATER, "Busy."))


@pytest.mark.parametrize("before", ["nothing", "an event that is refused", "an event that is posted"])
def test_an_event_that_is_to_be_sent_again_holds_back_those_behind_it(before: str) -> None:
    """Such as one that finds no numbers, as storage is busy for a moment."""
    table, first = Observed(), {"an event that is refused": "-1", "an event that is posted": "1"}
    drafts = [("A", Gift("1", first[before]))] if before in first else []

    posting = Posting(table, *drafts, ("A", Gift("2", meets=BUSY)), ("A", Gift("3")), ("B", Gift("4")))

    told = {"an event that is refused": ["INSUFFICIENT_BALANCE"], "an event that is posted": ["1"]}
    assert posting.told == [*told.get(before, []), "RETRY_LATER", "RETRY_LATER", "1"]
    assert posting.faults == []
    assert table.wallet("A").balance == (before == "an event that is posted")


def test_wallets_whose_events_are_all_refused_take_no_transaction() -> None:
    table = Observed()

    posting = Posting(table, ("A", Gift("1", "-1")), ("GONE", Gift("2")), ("B", Gift("3")))

    assert posting.told == ["INSUFFICIENT_BALANCE", "NOT_FOUND", "1"]
    assert isinstance(posting.outcomes[1], Refused)
    assert posting.outcomes[1].problems == (not_found("Account", "?", "/account"),)
    assert table.transactions == ["3"]


def test_where_all_is_refused_there_is_no_transaction() -> None:
    posting = Posting(Observed(), ("A", Gift("1", "-1")), ("GONE", Gift("2")))

    assert posting.told == ["INSUFFICIENT_BALANCE", "NOT_FOUND"]
    assert posting.faults == []


def test_more_events_than_fit_into_a_transaction_are_posted_all_the_same_in_their_order() -> None:
    table = Observed()
    drafts = [(ACCOUNTS[place % 2], Gift(f"{place:03}")) for place in range(210)]

    posting = Posting(table, *drafts)

    assert posting.told == [str(place // 2 + 1) for place in range(210)]
    assert [len(events.split()) for events in table.transactions] == [99, 99, 12]
    assert [table.wallet(name).balance for name in "AB"] == [105, 105]
    assert posting.waits == []


@pytest.mark.parametrize(("second", "transactions"), [(49, 1), (50, 2)])
def test_wallets_share_a_transaction_as_long_as_all_their_items_fit(second: int, transactions: int) -> None:
    """A hundred items: of each wallet one, and its events."""
    table = Observed()

    Posting(table, *(("A", Gift(f"A{at}")) for at in range(49)), *(("B", Gift(f"B{at}")) for at in range(second)))

    assert len(table.transactions) == transactions


def test_a_wallet_that_has_moved_is_tried_alone_and_holds_up_no_other() -> None:
    table = Observed(moving("B"), moving("B"))

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")), ("C", Gift("3")), ("B", Gift("4")))

    assert posting.told == ["1", "3", "1", "4"]
    assert table.transactions[0] == "1 2 4 3"
    assert sorted(table.transactions[1:]) == ["1 3", "2 4", "2 4"]
    assert len(posting.waits) == 1, "while something is posted there is no wait"


def test_wallets_are_read_again_only_once_they_may_have_moved() -> None:
    table = Observed()
    known = read_customers(table, ACCOUNTS)
    table.readings = 0
    Posting(table, ("A", Gift("1")), ("B", Gift("2")), customers=known)
    assert table.readings == 0

    posting = Posting(table, ("A", Gift("3")), ("B", Gift("4")), customers=known)

    assert posting.told == ["2", "2"]
    assert table.readings == 1


def test_a_wallet_that_moves_all_the_time_is_put_off_and_nothing_of_it_is_posted() -> None:
    table = Observed(*[moving("B")] * 1000)

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")), ("B", Gift("3")))

    assert posting.told == ["1", "RETRY_LATER", "RETRY_LATER"]
    assert table.wallet("B").balance == 0
    assert sum(posting.waits) >= MAX_TOTAL_SECONDS
    assert posting.faults == []


def test_waits_begin_anew_once_something_was_posted() -> None:
    """Each of 60 events meets somebody else twice: all waits together take longer than those for one may."""
    table = Observed(*[moving("A"), moving("A"), nothing] * 60)

    posting = Posting(table, *(("A", Gift(f"{place}", claims="V")) for place in range(60)))

    assert posting.told == [str(place * 3 + 3) for place in range(60)]
    assert len(posting.waits) == 120


class Wide(Gift):
    """A draft of an event with 98 items beside it, one more than can be taken back."""

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:
        """Return the event."""
        records = (keys.record("voucher", str(number)) for number in range(98))
        return replace(super().prepare(customer, used), effects=tuple(Effect(Put(key, {})) for key in records))


def test_an_event_of_more_items_than_can_be_taken_back_is_refused_alone() -> None:
    posting = Posting(Observed(), ("A", Gift("1")), ("A", Wide("2")), ("A", Gift("3")))

    assert posting.told == ["1", "LIMIT_EXCEEDED", "2"]
    assert isinstance(posting.outcomes[1], Refused)
    assert posting.outcomes[1].problems[0].description == TOO_MANY_WRITES


class Strict(MemoryTable):
    """A table that is read consistently, and not for nothing."""

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        assert consistent
        assert keys
        return super().get_many(keys, consistent=True)


def test_counters_are_read_as_they_stand_and_only_where_there_are_any() -> None:
    table = MemoryTable()
    counter, unused = (keys.counter("reward_offer", name) for name in ("O", "UNUSED"))
    table.put(Put(counter, {"used": Decimal(3)}))

    assert read_used(Strict(table), []) == {}
    assert read_used(Strict(table), [counter, unused]) == {counter: 3, unused: 0}


@pytest.mark.parametrize("state", list(LifeCycle))
def test_only_an_active_account_passes(state: LifeCycle) -> None:
    one, named = replace(account(), life_cycle_state=state), Reference("id", "A", "/account")
    if state is LifeCycle.ACTIVE:
        require_active(one, named)
        return
    with pytest.raises(Refused) as refused:
        require_active(one, named)
    assert refused.value.problems == (Problem(Code.INVALID, f"The account is {state}.", "/account"),)


def test_the_largest_event_leaves_room_for_what_is_taken_back_of_it() -> None:
    assert MAX_EVENT_BYTES + 40_000 <= 400 * 1024
    assert MAX_BATCH_BYTES + 1_000_000 <= 4 * 1024 * 1024


def size_of(says: bytes) -> int:
    """Return the bytes of an event that says this."""
    customer = read_customers(Observed(), ["A"])["A"]
    return next_batch({0: Gift("1", says=says)}, customer, {}, set()).size


BESIDE = size_of(b"")
"""Bytes of an event beside what it says."""


@pytest.mark.parametrize(("beyond", "told"), [(0, "2"), (1, "LIMIT_EXCEEDED")])
def test_an_event_of_more_bytes_than_one_may_have_is_refused_alone(beyond: int, told: str) -> None:
    table, says = Observed(), bytes(MAX_EVENT_BYTES - BESIDE + beyond)

    posting = Posting(table, ("A", Gift("1")), ("A", Gift("2", says=says)), ("A", Gift("3")), ("B", Gift("4")))

    assert posting.told == ["1", told, "2" if beyond else "3", "1"]
    assert len(table.transactions) == 1


@pytest.mark.parametrize("names", [("A",), ("A", "B")], ids="".join)
@pytest.mark.parametrize(("beyond", "together"), [(0, 11), (1, 10)])
def test_events_of_more_bytes_than_a_transaction_may_have_go_into_several(
    names: tuple[str, ...], beyond: int, together: int
) -> None:
    each = MAX_BATCH_BYTES // 11
    sizes = [*[each] * 10, MAX_BATCH_BYTES - 10 * each + beyond]
    table, seen = Observed(), [Gift(f"{at:02}", says=bytes(size - BESIDE)) for at, size in enumerate(sizes, 10)]
    drafts = [(names[0] if at < 10 else names[-1], one) for at, one in enumerate(seen)]

    posting = Posting(table, *drafts)

    assert [outcome for outcome in posting.outcomes if isinstance(outcome, Refused)] == []
    assert [len(events.split()) for events in sorted(table.transactions)] == [together, 11 - together][: 12 - together]


def test_two_events_that_write_the_same_item_go_one_after_the_other() -> None:
    table = Observed()

    posting = Posting(table, *((name, Gift(name, claims="V")) for name in ACCOUNTS), ("A", Gift("A2", claims="W")))

    assert posting.told == ["1", "1", "1", "2"]
    assert table.transactions == ["A A2", "B", "C"]


def test_while_storage_is_too_busy_to_be_read_all_is_put_off() -> None:
    table = Observed()

    def busy() -> None:
        raise BUSY

    table.reading = busy

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")))

    assert posting.outcomes == [BUSY, BUSY]
    assert (posting.faults, table.transactions, posting.waits) == ([], [], [])


def test_a_fault_in_reading_is_reported_and_puts_all_off() -> None:
    table, fault = Observed(), RuntimeError("ours")

    def fail() -> None:
        raise fault

    table.reading = fail

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")))

    assert [_told(outcome) for outcome in posting.outcomes] == [FAULT.code.name] * 2
    assert (posting.faults, table.transactions, posting.waits) == ([fault], [], [])
    with pytest.raises(RuntimeError, match="ours"):
        post_events([("A", Gift("1"))], table=table)


def test_a_fault_in_preparing_an_event_holds_up_what_comes_after_it_in_its_wallet() -> None:
    table, fault = Observed(), RuntimeError("ours")

    posting = Posting(table, ("A", Gift("1")), ("A", Gift("2", meets=fault)), ("A", Gift("3")), ("B", Gift("4")))

    assert posting.told == ["1", FAULT.code.name, FAULT.code.name, "1"]
    assert posting.faults == [fault]
    assert table.transactions == ["1 4"]


def test_what_is_refused_before_a_fault_keeps_its_reason() -> None:
    refused, fault = Refused(Problem(Code.INVALID, "No.")), RuntimeError("ours")

    posting = Posting(Observed(), ("A", Gift("1", meets=refused)), ("A", Gift("2", meets=fault)), ("A", Gift("3")))

    assert posting.told == ["INVALID", FAULT.code.name, FAULT.code.name]


def test_a_busy_transaction_puts_off_all_that_is_left_of_its_wallets_and_nothing_of_others() -> None:
    """Of the events of wallet A 99 fit into the first transaction; none that come later may be posted before them."""
    table = Observed(failing(BUSY))
    drafts = [("A", Gift(f"A{place:03}", draws="O")) for place in range(150)]

    posting = Posting(table, *drafts, ("B", Gift("B1")), ("A", Gift("A150")))

    assert posting.told == ["RETRY_LATER"] * 150 + ["1", "RETRY_LATER"]
    assert table.transactions[1:] == ["B1"]


def test_a_busy_transaction_puts_off_no_wallet_that_had_to_wait_for_it() -> None:
    table = Observed(failing(BUSY))

    posting = Posting(table, ("A", Gift("1", claims="V")), ("B", Gift("2", claims="V")))

    assert posting.told == ["RETRY_LATER", "1"]


def test_an_event_that_is_impossible_by_now_is_refused_alone() -> None:
    table = Observed()
    Posting(table, ("A", Gift("1", redeems="V")))

    posting = Posting(table, ("B", Gift("2")), ("B", Gift("3", redeems="V")), ("C", Gift("4")), ("B", Gift("5")))

    assert posting.told == ["1", "INVALID", "1", "2"]
    assert isinstance(posting.outcomes[1], Refused)
    assert posting.outcomes[1].problems == (REDEEMED,)


def test_a_fault_in_a_transaction_of_one_wallet_is_reported_and_puts_off_all_that_is_left_of_it() -> None:
    fault = RuntimeError("ours")
    table = Observed(failing(fault))

    posting = Posting(table, *(("A", Gift(f"{place:03}")) for place in range(150)))

    assert posting.told == [FAULT.code.name] * 150
    assert (posting.faults, len(table.transactions)) == ([fault], 1)


def test_wallets_whose_transaction_fails_are_each_tried_alone_and_the_fault_is_reported_once() -> None:
    fault = RuntimeError("ours")
    table = Observed(failing(fault))

    posting = Posting(table, ("A", Gift("1")), ("B", Gift("2")), ("A", Gift("3")))

    assert posting.told == ["1", "1", "2"]
    assert sorted(table.transactions) == ["1 3", "1 3 2", "2"]
    assert posting.faults == [fault]


def test_an_event_that_is_posted_already_is_replayed_and_what_says_something_else_is_a_duplicate() -> None:
    table = Observed()
    Posting(table, ("A", Gift("1")), ("B", Gift("2")))

    posting = Posting(
        table, ("C", Gift("4")), ("A", Gift("1")), ("B", Gift("2", says=b"other")), ("B", Gift("3")), ("A", Gift("5"))
    )

    assert posting.told == ["1", "replayed", "DUPLICATE", "2", "2"]
    assert isinstance(posting.outcomes[2], Refused)
    assert posting.outcomes[2].problems[0].description == "2"
    replayed = posting.outcomes[1]
    assert isinstance(replayed, PostedEvent)
    assert replayed.event.entry.event_id == "1"
    assert [table.wallet(name).balance for name in ACCOUNTS] == [2, 2, 1]


def test_an_id_that_leads_to_an_event_with_another_one_is_taken() -> None:
    table = Observed()
    table.transact([Put(keys.event("POINTER"), {"event_id": "1"})], Backoff())

    posting = Posting(table, ("A", Gift("POINTER")), ("A", Gift("2")))

    assert posting.told == ["DUPLICATE", "1"]
    assert isinstance(posting.outcomes[0], Refused)
    assert posting.outcomes[0].problems[0].description == "unknown"


def test_a_counter_is_known_to_each_event_with_what_those_before_it_add() -> None:
    table = Observed()

    posting = Posting(table, ("A", Gift("1", draws="O")), ("B", Gift("2", draws="O")), ("A", Gift("3", draws="O")))
    later = Posting(table, ("C", Gift("4", draws="O")))

    seen = [
        outcome.event.partner_id for outcome in (*posting.outcomes, *later.outcomes) if isinstance(outcome, PostedEvent)
    ]
    assert seen == ["0", "2", "1", "3"]
    assert table.get(keys.counter("reward_offer", "O"))["used"] == 4  # type: ignore[index]


@pytest.mark.parametrize("drawing", ["", "A", "ABC"])
def test_transactions_go_side_by_side_unless_some_add_to_counters(drawing: str) -> None:
    table = Observed()
    drafts = [
        (name, Gift(f"{name}{place}", draws="O" if name in drawing else None))
        for name in ACCOUNTS
        for place in range(60)
    ]

    posting = Posting(table, *drafts)

    assert posting.told == [str(place + 1) for _ in ACCOUNTS for place in range(60)]
    assert table.side_by_side is not bool(drawing)


def test_one_event_is_posted_or_refused_as_many_are() -> None:
    table = Observed()

    assert post_event("A", Gift("1"), table=table).event.entry.sequence == 1
    assert post_event("A", Gift("1"), table=table).replayed
    with pytest.raises(Refused) as refused:
        post_event("A", Gift("2", amount="-9"), table=table)
    assert refused.value.problems[0].code is Code.INSUFFICIENT_BALANCE


def test_one_event_waits_as_it_is_told_to() -> None:
    waits: list[float] = []

    post_event("A", Gift("1"), table=Observed(moving("A"), moving("A")), pause=waits.append)

    assert len(waits) == 2
