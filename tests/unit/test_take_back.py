"""Taking purchases back: each once, however often it is asked for, and answered with what it came to."""

from collections.abc import Sequence
from typing import Any

import pytest

from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store import keys
from loyalty.store.backoff import Backoff
from loyalty.store.events import Event, EventState
from loyalty.store.ledger import read_event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Write
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.reversals.take_back import PostedReturn, cancel_purchase, return_products
from tests.unit.test_interleaved import NOW, PARTNER, buy, stocked


class Till:
    """A purchase of a coffee and a cake, and calls that take it back; each answer is noted before it is posted."""

    def __init__(self) -> None:
        self.table: MemoryTable = stocked()
        self.event_id = buy(self.table)
        self.prepared: list[Any] = []

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
        return Engine.on(self.table, pause=lambda _: None)

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
    [prepared] = till.prepared
    assert prepared.purchase == answer.purchase
    assert (prepared.posting.event.entry, prepared.posting.replayed) == (answer.posting.event.entry, False)
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


class Busy(MemoryTable):
    """A table that takes no transaction."""

    def __init__(self, base: MemoryTable) -> None:
        super().__init__(base)
        self.asked = 0

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:  # noqa: ARG002 - as a table's
        """As `Table.transact`."""
        self.asked += 1
        raise Refused(Problem(Code.RETRY_LATER, "Busy."))


def test_while_others_are_at_work_a_call_is_put_off_and_not_tried_for_ever(till: Till) -> None:
    busy = Busy(till.table)
    till.table = busy

    for call in (till.cancel, lambda: till.give_back(0)):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.problems[0].code is Code.RETRY_LATER
    assert busy.asked == 2
    assert till.purchase().taken_back == TakenBack()
