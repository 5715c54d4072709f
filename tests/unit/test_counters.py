"""What the proof of counters that all accounts share calls a deviation."""

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.store import keys
from loyalty.store.attributes import Item, pack, unpack
from loyalty.store.keys import Key
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Delete, Put
from loyalty.usecases.proofs.verify_counters import Counters
from tests.book import Book
from tests.builders import line, purchase
from tests.unit.test_reversal import JANUARY, TEN, book

COUNTED = "a budget's or promo code's counter is what its events used of it"
WITHIN = "all accounts together use no more of a budget or promo code than its limit"
CODE = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=9)
BUDGET, USES = keys.counter("reward_offer", "O1"), keys.counter("promo_code", "CODE")


@pytest.fixture
def ledger() -> Book:
    """A book with two purchases that stand, one that is cancelled and one of which half came back: 25 of a budget are
    used, and the promo code three times."""
    posted = book(TEN | {"limits": {"budget": 90}})
    for event_id in "EFGH":
        posted.buy(purchase(line("20", quantity="2"), promo_code=CODE), event_id)
    posted.cancel(JANUARY, "G")
    posted.give_back({0: Decimal(1)}, JANUARY, "H")
    return posted


def seen(ledger: Book) -> Counters:
    """Return what a scan shows of a book."""
    counters = Counters()
    for entry in ledger.entries:
        counters.take(ledger.event(entry.event_id))
    for key in (BUDGET, USES):
        if item := ledger.table.get(key):
            counters.take_counter(item)
    return counters


def set_to(ledger: Book, key: Key, used: int | str) -> None:
    """Change a counter by hand."""
    ledger.table.put(Put(key, {"used": Decimal(used)}))


def test_counters_that_their_events_make_are_no_deviation(ledger: Book) -> None:
    assert ledger.attributes("USED", "used") == [3, 25]
    assert (seen(ledger).suspects, list(seen(ledger).listed())) == (set(), [])


def test_an_event_without_a_document_uses_nothing(ledger: Book) -> None:
    counters = seen(ledger)

    counters.take(replace(ledger.event("E"), document=None))

    assert counters.suspects == set()


def test_counters_that_their_events_do_not_make_are_told_in_their_order(ledger: Book) -> None:
    set_to(ledger, BUDGET, "24.99")
    set_to(ledger, USES, 4)

    assert [(one.account_id, one.event_id, one.rule, one.found) for one in seen(ledger).listed()] == [
        (None, None, COUNTED, "promo_code#CODE: 4 on the counter, 3 in the journal"),
        (None, None, COUNTED, "reward_offer#O1: 24.99 on the counter, 25.00 in the journal"),
    ]


def test_a_counter_that_is_gone_is_found_even_if_it_stood_at_nothing(ledger: Book) -> None:
    ledger.table.transact([Delete(USES)])
    assert [one.found for one in seen(ledger).listed()] == ["promo_code#CODE: there is no counter, 3 in the journal"]

    for event_id in "EFH":
        ledger.cancel(JANUARY, event_id)
    set_to(ledger, USES, 0)
    assert ledger.attributes("USED", "used") == [0, 0]
    assert seen(ledger).suspects == set()

    ledger.table.transact([Delete(USES), Delete(BUDGET)])
    assert [one.found for one in seen(ledger).listed()] == [
        "promo_code#CODE: there is no counter, 0 in the journal",
        "reward_offer#O1: there is no counter, 0.00 in the journal",
    ]


def test_a_counter_that_no_event_used_is_found_even_if_it_stands_at_nothing() -> None:
    counters = Counters()
    counters.take_counter({"pk": BUDGET.pk, "sk": BUDGET.sk, "used": Decimal(1)})
    counters.take_counter({"pk": USES.pk, "sk": USES.sk})

    assert counters.suspects == {BUDGET, USES}
    assert [one.found for one in counters.listed()] == [
        "promo_code#CODE: 0 on the counter, no event used it",
        "reward_offer#O1: 1 on the counter, no event used it",
    ]


def test_however_many_counters_are_off_they_are_told_in_their_order() -> None:
    counters = Counters()
    for number in range(20):
        counters.take_counter({**keys.counter("promo_code", f"{7 * number % 20:02}")._asdict(), "used": Decimal(1)})

    told = [f"promo_code#{number:02}: 1 on the counter, no event used it" for number in range(20)]
    assert [one.found for one in counters.listed()] == told
    some = {keys.counter("promo_code", f"{number:02}") for number in range(12)}
    assert [one.found for one in counters.listed(some)] == told[:12]


@pytest.mark.parametrize(
    ("budget", "maximum", "found"), [(25, 3, []), (24, 3, [BUDGET]), (25, 2, [USES]), (1, 1, [USES, BUDGET])]
)
def test_what_is_beyond_the_limit_of_today_is_told(ledger: Book, budget: int, maximum: int, found: list[Key]) -> None:
    counters = seen(ledger)
    counters.take_limit({"type": "reward_offer", "id": "O1", "limits": {"budget": budget}})
    counters.take_limit({"type": "promo_code", "id": "CODE", "maximum_uses": maximum})
    counters.take_limit({"type": "reward_offer", "id": "UNUSED", "limits": {"budget": 0}})
    for other in ({"type": "reward_offer", "id": "O1", "limits": {}}, {"type": "promo_code", "id": "CODE"}):
        counters.take_limit(other)

    told = {
        BUDGET: f"reward_offer#O1: 25.00 on the counter, of {budget}",
        USES: f"promo_code#CODE: 3 on the counter, of {maximum}",
    }
    assert [(one.rule, one.found) for one in counters.beyond()] == [(WITHIN, told[key]) for key in found]


@pytest.mark.parametrize("first", [[], ["E"], ["E", "F", "H"]], ids=str)
@pytest.mark.parametrize("counter", [BUDGET, USES])
def test_what_is_seen_in_parts_is_found_as_if_it_were_seen_at_once(
    ledger: Book, first: list[str], counter: Key
) -> None:
    """Each part has some of the events, one of the counters and the limit of the other."""
    limits: dict[Key, dict[str, Any]] = {
        BUDGET: {"type": "reward_offer", "id": "O1", "limits": {"budget": 24}},
        USES: {"type": "promo_code", "id": "CODE", "maximum_uses": 2},
    }

    def part(events: list[str], counted: Key) -> Counters:
        counters = Counters()
        for event_id in events:
            counters.take(ledger.event(event_id))
        counters.take_counter({"pk": counted.pk, "sk": counted.sk, "used": Decimal(25 if counted == BUDGET else 3)})
        counters.take_limit(limits[USES if counted == BUDGET else BUDGET])
        return counters

    rest = [entry.event_id for entry in ledger.entries if entry.event_id not in first]
    whole = part(first, counter)
    whole.add(part(rest, USES if counter == BUDGET else BUDGET))

    assert list(whole.listed()) == []
    assert [one.found for one in whole.beyond()] == [
        "promo_code#CODE: 3 on the counter, of 2",
        "reward_offer#O1: 25 on the counter, of 24",
    ]


class Scanned(MemoryTable):
    """A table that can be read as a whole; before each reading something happens."""

    def __init__(self, ledger: Book, reading: Callable[[int], Any] = lambda _: None) -> None:
        super().__init__(ledger.table)
        self.events = [keys.event(entry.event_id) for entry in ledger.entries]
        self._reading = reading
        self.readings = 0

    def scan(self, **_: Any) -> Iterator[Item]:
        """Return the events, and a copy of one that lies elsewhere, as no event does."""
        self.readings += 1
        self._reading(self.readings)
        for item in self.get_many(self.events).values():
            yield unpack(pack(item))
        yield unpack(pack({**item, "pk": "COPY"}))

    def get_many(self, keys: Collection[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """As `Table.get_many`; counters are to be read as they stand."""
        assert consistent or not {BUDGET, USES} & set(keys)
        return super().get_many(keys, consistent=consistent)


def closer(counters: Counters, table: Scanned) -> list[str]:
    """Return what is found at a closer look."""
    found = list(counters.deviations(table))  # type: ignore[arg-type]
    assert {one.rule for one in found} <= {COUNTED}
    return [one.found for one in found]


def test_a_closer_look_tells_what_does_not_hold_with_one_reading(ledger: Book) -> None:
    set_to(ledger, BUDGET, 24)
    set_to(ledger, USES, 4)
    table = Scanned(ledger)

    assert closer(seen(ledger), table) == [
        "promo_code#CODE: 4 on the counter, 3 in the journal",
        "reward_offer#O1: 24 on the counter, 25.00 in the journal",
    ]
    assert table.readings == 1


def test_where_nothing_is_suspect_nothing_is_read(ledger: Book) -> None:
    table = Scanned(ledger)

    assert (closer(seen(ledger), table), table.readings) == ([], 0)


def test_a_counter_that_is_gone_is_found_at_a_closer_look(ledger: Book) -> None:
    ledger.table.transact([Delete(USES)])

    assert closer(seen(ledger), Scanned(ledger)) == ["promo_code#CODE: there is no counter, 3 in the journal"]


def test_a_counter_that_moves_during_a_reading_is_read_again(ledger: Book) -> None:
    """The scan had seen one purchase less than the counter."""
    counters = seen(ledger)
    counters.take_counter({"pk": USES.pk, "sk": USES.sk, "used": Decimal(2)})

    def buy(reading: int) -> None:
        if reading == 1:
            ledger.buy(purchase(line("20"), promo_code=CODE), "LATE")
            table.events.append(keys.event("LATE"))

    table = Scanned(ledger, buy)

    assert closer(counters, table) == []
    assert table.readings == 2


def test_counters_that_move_during_every_reading_are_not_proven_and_told_in_their_order(ledger: Book) -> None:
    moved = [USES, BUDGET, *(keys.counter("reward_offer", f"X{number}") for number in range(9))]
    counters = seen(ledger)
    for key in moved:
        counters.take_counter({**key._asdict(), "used": Decimal(7)})

    def move(reading: int) -> None:
        for key in moved:
            set_to(ledger, key, 10 + reading)

    table = Scanned(ledger, move)

    assert closer(counters, table) == [
        f"{subject}: it changed during each of 3 readings, so it is not proven: verify again"
        for subject in ("promo_code#CODE", "reward_offer#O1", *(f"reward_offer#X{number}" for number in range(9)))
    ]
    assert table.readings == 3
