"""A purchase on its way back: what the event records, and what becomes of the purchase, all of it and nothing else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.events.documents import ReturnedQuantity, ReversalDocument
from loyalty.domain.fingerprint import FORM, Fingerprint
from loyalty.domain.identity import Origin
from loyalty.domain.ledger.uses import Use
from loyalty.domain.ledger.wallet import LASTING, EventType, JournalEntry, Wallet
from loyalty.domain.purchases.account import LifeCycle
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals.returns import ReturnedProduct
from loyalty.domain.reversals.reversal import TakenBack
from loyalty.store.customers import Customer
from loyalty.store.events import Event, EventState
from loyalty.usecases.reversals.reversal_draft import ReversalDraft, ReversalRequest
from tests.book import Book
from tests.builders import AT, DESK, POINTS, RATE, SHOP, account, line, offer, programme, purchase

POSTED_ON, PERFORMED_ON = AT + timedelta(days=2), AT + timedelta(days=1)
OFFERS = (offer(method="FIXED", value="4", limits={"budget": 100, "per_account": 5}),)
ALL = (ReturnedProduct(0, None, None, ""),)
HALF = (ReturnedProduct(0, None, Decimal(1), ""),)


def book(*records: dict[str, Any], outlet: str | None = None) -> Book:
    """Return a wallet of 10 after a purchase of two pieces that earned 4."""
    made = Book(programme(*(records or OFFERS)), account(), Wallet("A1", version=1, balance=Decimal(6)))
    made.buy(purchase(line("20", quantity="2"), outlet=outlet))
    return made


def draft(of: Book, products: Any = None, **fields: Any) -> ReversalDraft:
    """Return what takes a purchase back: goods of it, or else all."""
    asked = ReversalRequest("BACK", "RET-1", PERFORMED_ON, Fingerprint.of_fields({"back": 1}), products)
    return replace(of.cancellation_draft(POSTED_ON), asked=asked, **fields)


def posted(of: Book, products: Any = None) -> tuple[Event, Event]:
    """Return the event, and the purchase after it."""
    made = draft(of, products).prepare(Customer(of.account, of.wallet), {})
    assert made.purchase
    return made.event, made.purchase


@pytest.mark.parametrize(
    ("products", "kind", "origin"),
    [(None, EventType.CANCELLATION, Origin.CANCELLATION), (ALL, EventType.RETURN, Origin.RETURN)],
)
def test_everything_that_comes_back_is_on_the_event(products: Any, kind: EventType, origin: Origin) -> None:
    event, _ = posted(book(), products)

    assert event == Event(
        entry=JournalEntry(
            account_id="A1",
            sequence=3,
            event_id="BACK",
            type=kind,
            performed_on=PERFORMED_ON,
            posted_on=POSTED_ON,
            reference_number="RET-1",
            merchant_id="SHOP",
            movement=event.entry.movement,
            balance=Decimal(6),
            alternative_balance=None,
        ),
        origin=origin,
        fingerprint=Fingerprint.of_fields({"back": 1}).digest,
        form=FORM,
        partner_id="P",
        document=ReversalDocument(
            reverses="E",
            lines=(ReturnedQuantity(0, Decimal(2)),) if products else (),
            waived=Decimal(0),
            completes=True,
            uses=(Use("O1", "", -1, Decimal(-4), "EUR"),),
            budgets={"O1": Decimal(-4)},
        ),
    )
    movement: Any = event.entry.movement
    assert (movement.awarded, movement.spent, movement.purchases) == (-4, 0, -1)
    assert movement.uses == event.reversal_document.uses


def test_a_promo_code_may_be_used_once_more_by_all_once_all_is_taken_back() -> None:
    ledger = Book(programme(), account(), Wallet("A1"))
    ledger.buy(purchase(line("20", quantity="2"), promo_code=PromoCode("CODE", "CODE", "SUMMER", maximum_uses=2)))

    assert [posted(ledger, goods)[0].reversal_document.codes for goods in (HALF, ALL, None)] == [
        (),
        ("CODE",),
        ("CODE",),
    ]


def test_a_part_of_a_purchase_leaves_it_among_those_that_stand() -> None:
    event, changed = posted(book(), HALF)

    assert (event.entry.movement.awarded, event.entry.movement.purchases) == (Decimal(-2), 0)
    assert event.reversal_document.completes is False
    assert changed.taken_back == TakenBack({0: Decimal(1)}, awarded=Decimal(2))


def test_goods_are_told_in_the_order_of_their_lines() -> None:
    ledger = Book(programme(), account(), Wallet("A1"))
    ledger.buy(purchase(line("20"), line("30"), line("40")))

    event, _ = posted(ledger, tuple(ReturnedProduct(place, None, None, "") for place in (2, 0)))

    assert event.reversal_document.lines == (ReturnedQuantity(0, Decimal(1)), ReturnedQuantity(2, Decimal(1)))


@pytest.mark.parametrize(("products", "state"), [(None, EventState.CANCELLED), (ALL, EventState.POSTED)])
def test_the_purchase_tells_who_took_it_back_last_and_when_and_is_cancelled_by_a_cancellation_alone(
    products: Any, state: EventState
) -> None:
    _, changed = posted(book(), products)

    assert (changed.state, changed.updated_on, changed.updated_by) == (state, POSTED_ON, "P")


def test_what_is_posted_and_what_becomes_of_the_purchase_is_heard_before() -> None:
    heard: list[tuple[Event, Event]] = []
    ledger = book()

    made = draft(ledger, before_posting=lambda *told: heard.append(told)).prepare(
        Customer(ledger.account, ledger.wallet), {}
    )

    assert heard == [(made.event, made.purchase)]


def test_an_account_in_any_state_gets_its_own_back() -> None:
    ledger = book()
    ledger.account = replace(ledger.account, life_cycle_state=LifeCycle.SUSPENDED)

    assert posted(ledger)[0].entry.balance == 6
    assert draft(ledger).named == Reference("id", "A1", "")


def test_a_cancelled_purchase_has_nothing_to_be_returned() -> None:
    ledger = book()
    ledger.cancel(POSTED_ON)

    with pytest.raises(Refused) as refused:
        posted(ledger, HALF)

    [problem] = refused.value.problems
    assert (problem.code, problem.pointer) == (Code.INVALID, "")
    assert "is cancelled" in problem.description


def test_another_return_of_the_same_reference_number_is_a_duplicate_of_it() -> None:
    ledger = book()
    event, _ = posted(ledger, HALF)

    assert draft(ledger, HALF).is_posted_as(event)
    assert not draft(ledger, HALF).is_posted_as(replace(event, fingerprint=b"another"))
    assert draft(ledger).duplicate_of(event) == Problem(
        Code.DUPLICATE,
        "Another return of this purchase, with different content, already has this reference number.",
        "/reference_number",
    )


@pytest.mark.parametrize(
    ("outlet", "balance"), [(None, "0"), ("DESK", "-4")], ids=["merchant alone", "outlet of its own"]
)
def test_what_becomes_of_a_spent_award_is_as_the_outlet_says_or_else_the_merchant(
    outlet: str | None, balance: str
) -> None:
    merchant, desk = {**SHOP, "clawback": "WITHIN_BALANCE"}, {**DESK, "clawback": "ALLOW_NEGATIVE"}
    ledger = book(merchant, desk, offer(method="FIXED", value="4", conditions={"products": ["P"]}), outlet=outlet)
    ledger.buy(purchase(line("20", product="Q"), spend="10"), "SPENT")

    assert posted(ledger)[0].entry.balance == Decimal(balance)


def test_what_is_waived_is_settled_by_spends_that_are_given_back_in_points_too() -> None:
    points = (POINTS, RATE, offer(method="FIXED", value="4", conditions={"products": ["P"]}))
    ledger = book(*points)
    ledger.buy(purchase(line("20", product="Q"), spend="10"), "SPENT")
    waiving: Any = ledger.cancel(POSTED_ON).reversal_document

    settling: Any = ledger.cancel(POSTED_ON, "SPENT").reversal_document

    assert (waiving.waived, waiving.outstanding, waiving.forgiven) == (4, {"E": 4}, {LASTING: 4})
    assert (settling.settled, settling.outstanding, settling.forgiven) == ({"E": 4}, {"E": -4}, {LASTING: -4})

    movement: Any = ledger.entries[-1].movement
    assert (movement.awarded, movement.alternative_awarded) == (-4, -400)
    assert (movement.spent, movement.alternative_spent) == (-10, -1000)
