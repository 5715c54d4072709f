"""Which purchases a reversal changes beside its own, as it settles what had been waived of them."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store.events import Event
from loyalty.store.table import MAX_TRANSACTION
from loyalty.usecases.reversals.settlement import UNTOLD
from tests.book import Book
from tests.builders import line, offer, purchase
from tests.unit.test_reversal import JANUARY, TEN, book, held, money, spend

ON_P = {"conditions": {"products": ["P"]}}


def waived_by_itself() -> Book:
    """Return a purchase that was paid with 10, half for each of its lines, and of which line 0 came back once its award
    of 10 was spent: the 5 that were given back with it are all that could be taken."""
    ledger = book(TEN | ON_P | {"limits": {"budget": 10, "per_account": 1}}, balance="10")
    ledger.buy(purchase(line("20"), line("20", product="Q"), spend="10"))
    ledger.buy(spend("10"), "SPENT")
    ledger.give_back({0: Decimal(1)}, JANUARY)
    return ledger


def test_a_purchase_settles_what_was_waived_of_itself() -> None:
    ledger = waived_by_itself()
    assert ledger.wallet.waived == {"E": 5}
    assert ledger.event().kept == {"O1": 5}
    assert not ledger.buy(purchase(line("20")), "F").purchase_document.awards

    ledger.give_back({1: Decimal(1)}, JANUARY)

    assert held(ledger) == (0, {})
    assert (ledger.wallet.waived, ledger.event().kept) == ({}, {})
    lines = {0: Decimal(1), 1: Decimal(1)}
    assert ledger.event().taken_back == TakenBack(lines, awarded=money("10"), spent=money("10"), settled=money("5"))
    assert ledger.reversals_at_odds == []
    assert ledger.attributes("USED", "used") == [0]
    assert ledger.buy(purchase(line("20")), "G").purchase_document.awards


def test_no_purchase_is_read_twice_for_a_reversal() -> None:
    ledger, seen = waived_by_itself(), list[str]()

    def read(event_id: str) -> Event:
        seen.append(event_id)
        return ledger.event(event_id)

    ledger.post(replace(ledger.cancellation_draft(JANUARY), read=read))

    assert ledger.wallet.waived == {}
    assert seen == ["E"]


@pytest.mark.parametrize(("budgets", "is_told"), [(96, True), (97, False)])
def test_a_purchase_is_told_of_what_is_settled_as_long_as_the_transaction_has_room(budgets: int, is_told: bool) -> None:
    """The event, the wallet and the two purchases leave room for 96 budgets."""
    rules = [
        offer(f"O{number}", method="FIXED", value="0.10", limits={"budget": 100}, **ON_P) for number in range(budgets)
    ]
    ledger = book(*rules)
    given = ledger.buy(purchase(line("20"))).entry.movement.awarded
    ledger.buy(spend(str(given)), "SPENT")
    ledger.cancel(JANUARY)
    draft = ledger.cancellation_draft(JANUARY, "SPENT")
    assert 1 + 1 + len(ledger.writes_beside(draft)) == (MAX_TRANSACTION if is_told else 3)
    assert ledger.fits(draft)

    document = ledger.post(draft).reversal_document

    assert document.settled == {"E" if is_told else UNTOLD: given}
    assert ledger.event().taken_back.waived == (0 if is_told else given)
    assert ledger.wallet.waived == {}
    assert ledger.reversals_at_odds == []
