"""Taking purchases back: each once, however often it is asked for, and answered with what it came to."""

import json
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.backoff import Backoff
from loyalty.store.catalogue import Catalogue
from loyalty.store.events import Event, EventState
from loyalty.store.keys import Key
from loyalty.store.ledger import read_event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import PostedReturn, cancel_purchase, return_products
from tests.unit.test_interleaved import NOW, PARTNER, buy, stocked


def bring(table: MemoryTable, record: dict[str, Any]) -> None:
    assert not import_records([json.dumps(record).encode()], table=table, now=NOW).refused


class Till:
    """A purchase of a coffee and a cake, and calls that take it back; each answer is noted before it is posted, and
    each wait."""

    def __init__(self, table: MemoryTable | None = None, merchant: str = "M") -> None:
        self.table: MemoryTable = table or stocked()
        self.event_id = buy(self.table, merchant_tap={"code": merchant})
        self.prepared: list[Any] = []
        self.waits: list[float] = []
        self.catalogue: Catalogue | None = None
        """That of a container which knows a programme already."""

    def cancel(self) -> PostedEvent:
        return cancel_purchase(self._engine, self._named, PARTNER, now=NOW, before_posting=self.prepared.append)

    def give_back(self, *lines: int, number: str = "RET") -> PostedReturn:
        body = {"reference_number": number, "products": [{"line": line} for line in lines]}
        request = read_return(body, self._named, NOW)
        return return_products(self._engine, request, PARTNER, now=NOW, before_posting=self.prepared.append)

    def purchase(self) -> Event:
        """Return the purchase as it stands."""
        found = read_event(self.table, self.event_id)
        assert found
        return found

    def wallet(self) -> tuple[Any, Any]:
        """Return how many events the wallet has, and its balance."""
        item = self.table.get(keys.wallet("A")) or {}
        return item["version"], item["balance"]

    @property
    def _engine(self) -> Engine:
        engine = Engine.on(self.table, self.waits.append)
        return engine._replace(catalogue=self.catalogue or engine.catalogue)

    @property
    def _named(self) -> Reference:
        return Reference("id", self.event_id, "")


@pytest.fixture
def till() -> Till:
    return Till()


def test_a_cancellation_is_answered_with_the_purchase_as_it_is_then(till: Till) -> None:
    answer = till.cancel()

    assert (answer.replayed, answer.event) == (False, till.purchase())
    assert answer.event.state is EventState.CANCELLED
    assert till.prepared == [answer]
    assert till.wallet() == (2, 0)


def test_a_cancellation_has_the_reference_number_of_its_purchase_and_is_of_now(till: Till) -> None:
    till.cancel()

    posted = read_event(till.table, derived_id(Origin.CANCELLATION, till.event_id))
    assert posted
    assert (posted.entry.type, posted.entry.reference_number) == (EventType.CANCELLATION, "R")
    assert (posted.entry.performed_on, posted.entry.posted_on) == (NOW, NOW)
    assert posted.reversal_document.reverses == till.event_id
    assert posted.fingerprint == Fingerprint.of_fields({"cancels": till.event_id}).digest


def test_a_cancellation_that_is_sent_again_is_a_replay_and_posts_nothing(till: Till) -> None:
    first = till.cancel()

    again = till.cancel()

    assert (again.replayed, again.event) == (True, first.event)
    assert len(till.prepared) == 1
    assert till.wallet() == (2, 0)


def test_a_return_is_answered_with_its_event_and_the_purchase_as_it_is_then(till: Till) -> None:
    answer = till.give_back(1)

    assert (answer.posting.replayed, answer.purchase) == (False, till.purchase())
    assert answer.posting.event.entry.event_id == derived_id(Origin.RETURN, till.event_id, "RET")
    assert (answer.posting.event.entry.reference_number, answer.posting.event.entry.performed_on) == ("RET", NOW)
    assert till.purchase().taken_back.lines == {1: 1}
    unlinked = replace(answer.posting, event=replace(answer.posting.event, link=None))
    assert till.prepared == [replace(answer, posting=unlinked)]
    assert till.wallet() == (2, 2)


@pytest.mark.parametrize("rest", [(), (0,)], ids=["something is left", "nothing is left"])
def test_a_return_that_is_sent_again_is_a_replay_with_the_purchase_as_it_is_now(
    till: Till, rest: tuple[int, ...]
) -> None:
    first = till.give_back(1)
    if rest:
        till.give_back(*rest, number="REST")
    before = till.wallet()

    again = till.give_back(1)

    assert again.posting.replayed
    assert again.posting.event.entry.event_id == first.posting.event.entry.event_id
    assert again.purchase == till.purchase()
    assert till.wallet() == before


@pytest.mark.parametrize("other", [(0,), (1,)], ids=["which could be returned", "which came back already"])
def test_a_return_of_other_goods_under_the_same_number_is_a_duplicate(till: Till, other: tuple[int, ...]) -> None:
    till.give_back(*{0, 1} - set(other)) if other == (0,) else till.give_back(0, 1)
    before = till.wallet()

    with pytest.raises(Refused) as refused:
        till.give_back(*other)

    assert refused.value.problems[0].code is Code.DUPLICATE
    assert till.wallet() == before


def test_what_is_refused_for_good_is_refused_at_once(till: Till) -> None:
    till.give_back(0, 1)

    for lines in ((0,), (7,)):
        with pytest.raises(Refused) as refused:
            till.give_back(*lines, number="MORE")
        assert refused.value.problems[0].code is Code.INVALID
    till.cancel()
    with pytest.raises(Refused) as refused:
        till.give_back(0, number="LATE")
    assert refused.value.problems[0].description == "The purchase is cancelled, so nothing of it can be returned."
    assert till.purchase().taken_back.lines == {0: 1, 1: 1}


class Disturbed(MemoryTable):
    """A table on top of another one, on which something happens before each transaction: all but the last thing once,
    the last one ever after."""

    def __init__(self, base: MemoryTable, *mishaps: Callable[[], object]) -> None:
        super().__init__(base)
        self.asked = 0
        self._mishaps = mishaps

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        self.asked += 1
        self._mishaps[min(self.asked, len(self._mishaps)) - 1]()
        super().transact(writes, backoff)


def busy() -> None:
    raise Refused(Problem(Code.RETRY_LATER, "Busy."))


CALLS = pytest.mark.parametrize("call", [Till.cancel, lambda till: till.give_back(0)], ids=["cancellation", "return"])


@CALLS
def test_while_others_are_at_work_a_call_is_put_off_and_not_tried_for_ever(
    till: Till, call: Callable[[Till], Any]
) -> None:
    till.table = table = Disturbed(till.table, busy)

    with pytest.raises(Refused) as refused:
        call(till)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert table.asked == 1
    assert till.purchase().taken_back == TakenBack()


@CALLS
def test_a_call_that_is_put_off_is_not_tried_again_because_goods_came_back_meanwhile(
    till: Till, call: Callable[[Till], Any]
) -> None:
    rival = Till(till.table)

    def return_and_be_busy() -> None:
        rival.give_back(1, number="RIVAL")
        busy()

    till.table = table = Disturbed(till.table, return_and_be_busy)

    with pytest.raises(Refused) as refused:
        call(till)

    assert refused.value.problems[0].code is Code.RETRY_LATER
    assert table.asked == 1
    assert till.purchase().taken_back.lines == {1: 1}


def test_what_is_cancelled_already_is_told_without_another_transaction(till: Till) -> None:
    """Even if the wallet holds enough to take the award back once more."""
    till.cancel()
    more = {"type": "opening_balance", "id": "O", "account": "A", "amount": 9, "performed_on": "2026-01-15T00:00:00"}
    bring(till.table, more)
    till.table = table = Disturbed(till.table, busy)

    assert till.cancel() == PostedEvent(till.purchase(), replayed=True)

    assert (table.asked, len(till.prepared)) == (0, 1)


def test_who_comes_second_with_a_cancellation_is_told_of_a_replay_and_the_purchase_as_the_first_one_left_it(
    till: Till,
) -> None:
    till.table = Disturbed(till.table, Till(till.table).cancel, lambda: None)

    answer = till.cancel()

    assert answer == PostedEvent(till.purchase(), replayed=True)
    assert answer.event.state is EventState.CANCELLED
    assert till.wallet() == (2, 0)


@CALLS
def test_while_its_wallet_moves_a_call_waits_between_tries_as_its_engine_does(
    till: Till, call: Callable[[Till], Any]
) -> None:
    rivals = [partial(buy, till.table, number) for number in ("R2", "R3")]
    till.table = table = Disturbed(till.table, *rivals, lambda: None)

    call(till)

    assert (table.asked, len(till.waits)) == (3, 2)


class ReadBefore(MemoryTable):
    """A table that cannot be read any more once something was written."""

    written_to = False

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`."""
        assert not self.written_to
        return super().get_many(keys, consistent=consistent)

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        super().transact(writes, backoff)
        self.written_to = True


@CALLS
def test_once_it_is_posted_nothing_is_read_to_tell_of_it(till: Till, call: Callable[[Till], Any]) -> None:
    till.table = table = ReadBefore(till.table)

    call(till)

    assert table.written_to


@CALLS
def test_a_purchase_at_a_new_merchant_is_taken_back_by_a_container_with_an_older_programme(
    call: Callable[[Till], Any],
) -> None:
    table = stocked()
    old = Catalogue(table)
    old.programme(NOW)
    bring(table, {"type": "business_unit", "id": "NEW", "code": "N", "name": "New"})
    till = Till(table, merchant="N")
    till.catalogue = old

    call(till)

    assert till.wallet()[0] == 2
