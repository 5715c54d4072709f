"""What the proof of the counters that numbers are leased from calls a deviation."""

from decimal import Decimal

import pytest
from msgspec import structs
from msgspec.structs import replace

from loyalty.domain.events.documents import PostedSpend, PurchaseDocument
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.store import keys
from loyalty.store.events import Event
from loyalty.store.memory_table import MemoryTable
from loyalty.store.writes import Put
from loyalty.usecases.proofs.verify_numbers import LargestNumbers
from tests.builders import line, purchase
from tests.unit.test_reversal import TEN, book
from tests.whole_table import WholeTable

AMOUNTS = Amounts(*[Decimal(1)] * len(Amounts.__struct_fields__))


@pytest.fixture
def event() -> Event:
    """A purchase that gave an award."""
    return book(TEN).buy(purchase(line("20")))


def numbered(event: Event, number: str, award: str, spend: str, request: str) -> Event:
    """Return the purchase with these numbers; its second award has none, as those of early versions."""
    [given] = event.purchase_document.awards
    awards = tuple(structs.replace(given, number=one) for one in (award, ""))
    paid = PostedSpend(number=spend, request_number=request, method=SpendMethod.ON_REQUEST, amounts=AMOUNTS)
    return replace(event, document=PurchaseDocument(number=number, awards=awards, spends=(paid,)))


def found(events: list[Event], **leased: int) -> list[str]:
    """Return what is told of counters, of a scan and of the table by now."""
    numbers, table = LargestNumbers(), MemoryTable()
    for event in events:
        numbers.take(event)
    table.put(Put(keys.NUMBERS, {kind: Decimal(number) for kind, number in leased.items()}))
    numbers.take_counters(table.get(keys.NUMBERS) or {})
    told = [one.found for one in numbers.listed()]
    assert [one.found for one in numbers.deviations(table)] == told
    return told


def test_counters_may_be_ahead_of_the_numbers_that_events_tell_and_not_behind(event: Event) -> None:
    events = [numbered(event, "9", "20", "3", "40"), numbered(event, "10", "19", "2", "39")]

    assert found(events, purchase=10, award=20, spend=3, spend_request=40) == []
    assert found(events, purchase=100, award=100, spend=100, spend_request=100) == []
    assert found(events, purchase=9, award=19, spend=2) == [
        "purchase: 9 on the counter, an event tells 10",
        "award: 19 on the counter, an event tells 20",
        "spend: 2 on the counter, an event tells 3",
        "spend_request: 0 on the counter, an event tells 40",
    ]


def test_a_spend_request_without_a_spend_has_a_number_too(event: Event) -> None:
    asked = replace(event, document=PurchaseDocument(number="1", unspent_request="7"))

    assert found([asked], purchase=1, spend_request=7) == []
    assert found([asked], purchase=1, spend_request=6) == ["spend_request: 6 on the counter, an event tells 7"]


def test_events_that_tell_no_numbers_need_no_counters(event: Event) -> None:
    assert found([replace(event, document=None), replace(event, document=PurchaseDocument(number=""))]) == []


def test_counters_may_be_leased_from_while_the_table_is_read(event: Event) -> None:
    numbers, table = LargestNumbers(), MemoryTable()
    numbers.take_counters({})
    numbers.take(numbered(event, "1", "1", "1", "1"))
    table.put(Put(keys.NUMBERS, dict.fromkeys(("purchase", "award", "spend", "spend_request"), Decimal(100))))

    assert list(numbers.deviations(table)) == []


def test_what_is_seen_in_parts_is_found_as_if_it_were_seen_at_once(event: Event) -> None:
    """Whichever part has the counters, and whichever the largest number."""
    leased = {"purchase": Decimal(9), "award": Decimal(9), "spend": Decimal(9), "spend_request": Decimal(9)}
    for with_counters in (0, 1):
        parts = [LargestNumbers(), LargestNumbers()]
        parts[0].take(numbered(event, "10", "8", "7", "9"))
        parts[1].take(numbered(event, "7", "11", "8", "9"))
        parts[with_counters].take_counters(leased)

        parts[0].add(parts[1])

        assert [one.found for one in parts[0].listed()] == [
            "purchase: 9 on the counter, an event tells 10",
            "award: 9 on the counter, an event tells 11",
        ]


def test_counters_are_read_consistently_and_as_far_as_they_can_be_read(event: Event) -> None:
    numbers, table = LargestNumbers(), WholeTable()
    numbers.take(numbered(event, "1", "1", "1", "1"))
    behind = [f"{kind}: 0 on the counter, an event tells 1" for kind in ("purchase", "award", "spend", "spend_request")]

    assert [one.found for one in numbers.deviations(table)] == behind
    table.take_over([{**keys.NUMBERS._asdict(), "purchase": Decimal(5), "award": Decimal("NaN")}])
    assert [one.found for one in numbers.deviations(table)] == behind[1:]


def test_a_deviation_is_of_no_account_and_no_event(event: Event) -> None:
    numbers = LargestNumbers()
    numbers.take(replace(event, document=PurchaseDocument(number="1")))

    rule = "no number is given a second time: what numbers are leased from is not behind those that events tell"
    [found] = numbers.listed()
    assert (found.account_id, found.event_id, found.rule) == (None, None, rule)
