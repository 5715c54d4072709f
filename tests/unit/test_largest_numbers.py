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
