"""Purchases may be taken back in any order, and in parts: the wallet ends up the same."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.wallet import Clawback, Wallet
from loyalty.domain.programme.programme import Programme
from loyalty.domain.proofs.audit import deviations
from loyalty.domain.purchases.purchase import Purchase
from loyalty.store.events import EventState
from loyalty.usecases.proofs.verify_counters import Counters
from tests.book import Book
from tests.builders import AT, POINTS, RATE, SHOP, account, line, offer, programme, purchase
from tests.property.test_pricing import MONEY
from tests.property.test_reversal import PURCHASES, RULES, VOUCHERS


class History(NamedTuple):
    """What happened before anything is taken back: purchases of a programme, each so many days after the one before;
    and after which of them expired lots are taken out."""

    programme: Programme
    bought: list[tuple[Purchase, int, bool]]

    @property
    def end(self) -> datetime:
        """When the last purchase was."""
        return AT + timedelta(days=sum(days for _, days, _ in self.bought))

    def book(self) -> Book:
        """Return a ledger of it."""
        book, at = Book(self.programme, account(), Wallet("A1")), AT
        for number, (what, days, expires) in enumerate(self.bought):
            at += timedelta(days=days)
            with suppress(Refused):
                book.buy(replace(what, performed_on=at), f"E{number}")
            if expires:
                with suppress(Refused):
                    book.expire(at)
        return book


def at_rate(rate: int) -> list[dict[str, Any]]:
    """Return the currencies and rates, with so many points for a euro; a cent may be no whole number of them."""
    return [one | {"rate": rate} if one is RATE else one for one in MONEY]


CLAWBACKS = st.sampled_from([Clawback.WITHIN_BALANCE, Clawback.WITHIN_BALANCE, Clawback.ALLOW_NEGATIVE])
HISTORIES = st.builds(
    lambda clawback, rate, rules, bought: History(
        programme(*at_rate(rate), VOUCHERS, {**SHOP, "clawback": clawback}, *rules), bought
    ),
    CLAWBACKS,
    st.sampled_from([75, 100, 133]),
    RULES,
    st.lists(st.tuples(PURCHASES, st.sampled_from([0, 0, 20, 70]), st.booleans()), min_size=2, max_size=6),
)
Step = tuple[str, Decimal | None]
"""A cancellation of a purchase, or the return of such a part of its first line; all of them are less than it."""


def steps(book: Book) -> st.SearchStrategy[list[Step]]:
    """Cancellations and returns of some of the purchases."""
    sold = [entry.event_id for entry in book.entries if entry.event_id.startswith("E")]
    step = st.tuples(st.sampled_from(sold), st.sampled_from([None, None, Decimal("0.5"), Decimal("0.35")]))
    return st.lists(step, max_size=8, unique=True) if sold else st.just([])


def take_back(book: Book, taken: Iterable[Step], at: datetime) -> None:
    """Take purchases back in this order; of one that is cancelled, nothing is left to be returned."""
    for event_id, part in taken:
        if book.event(event_id).state == EventState.CANCELLED:
            continue
        if part is None:
            book.cancel(at, event_id)
        else:
            book.give_back({0: book.event(event_id).purchase_document.lines[0].quantity * part}, at, event_id)
    with suppress(Refused):
        book.expire(at)


def state(book: Book) -> Any:
    """Return all that the order must not change."""
    wallet = book.wallet
    waived = sum(wallet.waived.values(), Decimal(0))
    limits = None if waived else (wallet.uses, book.attributes("USED", "used"))
    return wallet.balance, wallet.lots, wallet.purchases, waived, limits


def assert_the_ledger_holds(book: Book) -> None:
    assert list(deviations(book.wallet, book.entries)) == []
    assert book.reversals_at_odds == []
    counters = Counters()
    for entry in book.entries:
        counters.take(book.event(entry.event_id))
    for key in counters.suspects:
        item = book.table.get(key)
        assert (item or {}).get("used", 0) == counters._journal[key]


@settings(max_examples=500, deadline=None)
@given(HISTORIES, st.sampled_from([0, 40, 400]), st.data())
def test_the_order_in_which_purchases_are_taken_back_does_not_matter(
    history: History, days: int, data: st.DataObject
) -> None:
    """Up to what expires: what is given back to a lot that is over goes with the next run."""
    at = history.end + timedelta(days=days)
    one, other = history.book(), history.book()
    taken = data.draw(steps(one))
    order = data.draw(st.permutations(taken))

    take_back(one, taken, at)
    take_back(other, order, at)

    assert_the_ledger_holds(one)
    assert state(one) == state(other)


SHOPS = ("SHOP", "KIOSK", "CAFE")
SETTINGS = st.lists(st.sampled_from(list(Clawback)), min_size=len(SHOPS), max_size=len(SHOPS))
SALES = st.lists(
    st.tuples(PURCHASES, st.sampled_from(SHOPS), st.sampled_from([0, 0, 20, 70, 250]), st.booleans()), max_size=6
)


@settings(max_examples=300, deadline=None)
@given(SETTINGS, RULES, SALES, st.data())
def test_once_everything_is_taken_back_nothing_is_left_whatever_merchants_have_set(
    clawbacks: list[Clawback], rules: list[Any], sales: list[tuple[Purchase, str, int, bool]], data: st.DataObject
) -> None:
    """Those that are refused at first, as their award is spent, are taken back once what it was spent on is."""
    shops = [{**SHOP, "id": shop, "code": shop, "clawback": one} for shop, one in zip(SHOPS, clawbacks, strict=True)]
    book, at = Book(programme(*MONEY, VOUCHERS, *shops, *rules), account(), Wallet("A1")), AT
    for number, (what, shop, days, expires) in enumerate(sales):
        at += timedelta(days=days)
        with suppress(Refused):
            book.buy(replace(what, performed_on=at, merchant_id=shop), f"E{number}")
        if expires:
            with suppress(Refused):
                book.expire(at)

    left = data.draw(st.permutations([one.event_id for one in book.entries if one.event_id.startswith("E")]))
    for _ in list(left):
        for event_id in list(left):
            with suppress(Refused):
                book.cancel(at, event_id)
                left.remove(event_id)
    with suppress(Refused):
        book.expire(at)

    assert_the_ledger_holds(book)
    assert left == []
    assert book.wallet.balance == book.wallet.purchases == 0
    assert not book.wallet.waived
    assert not book.wallet.lots
    assert not any(book.attributes("USED", "used"))


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 300), st.sampled_from([75, 90, 133]), st.sampled_from(list(Clawback)), st.data())
def test_the_points_that_are_taken_back_sum_to_those_that_were_awarded(
    cents: int, rate: int, clawback: Clawback, data: st.DataObject
) -> None:
    """At rates at which a cent is no whole number of points: in any order, whatever is waived and settled meanwhile."""
    award = offer(method="FIXED", value=str(Decimal(cents) / 100), conditions={"products": ["P"]})
    book = Book(
        programme(POINTS, {**RATE, "rate": rate}, {**SHOP, "clawback": clawback}, award), account(), Wallet("A1")
    )
    book.buy(purchase(line("20", quantity="3")), "EARNED")
    spent = Decimal(data.draw(st.integers(1, cents))) / 100
    book.buy(purchase(line("20", product="Q", quantity="5"), spend=str(spent)), "SPENT")
    pieces = data.draw(st.permutations(["EARNED"] * 3 + ["SPENT"] * 5))

    for event_id in pieces[: data.draw(st.integers(0, len(pieces)))]:
        with suppress(Refused):
            book.give_back({0: Decimal(1)}, AT, event_id)
    for event_id in ("SPENT", "EARNED"):
        book.cancel(AT, event_id)

    moved = [entry.movement for entry in book.entries]
    assert book.wallet.waived == {}
    assert sum(movement.alternative_awarded or 0 for movement in moved) == 0
    assert sum(movement.alternative_spent or 0 for movement in moved) == 0
