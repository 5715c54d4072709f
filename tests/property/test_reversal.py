"""Taking purchases back, whatever they were and whatever happened meanwhile."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.wallet import Clawback, Wallet
from loyalty.domain.proofs.audit import deviations
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, Purchase
from tests.book import Book
from tests.builders import AT, SHOP, account, line, offer, programme, purchase
from tests.property.test_pricing import MONEY

VOUCHERS = {"type": "voucher_type", "id": "V", "name": "Coffee", "value_options": "VARIABLE"}
PROMO_CODE = PromoCode("PC", "CODE", "SUMMER", maximum_uses=9, maximum_uses_per_account=9)
CLAWBACKS = st.sampled_from(list(Clawback))
# Few values, and few of each, are drawn fast; they are uneven enough for whatever rounding does.
AMOUNTS = st.sampled_from(["0", "0.01", "1", "3.33", "9.99", "10", "70.07"])
LINES = st.lists(
    st.builds(
        lambda net, tax, product, quantity: line(net, tax=tax, product=product, quantity=quantity),
        AMOUNTS,
        st.sampled_from(["0", "0.49"]),
        st.sampled_from("PQ"),
        st.sampled_from(["1", "3", "0.7"]),
    ),
    min_size=1,
    max_size=4,
)
AWARDS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["PERCENTAGE", "FIXED", "PER_UNIT"]),
        "value": st.sampled_from(["0.07", "5", "33.33"]),
        "currency": st.sampled_from(["SYSTEM", "SYSTEM", "ALTERNATIVE"]),
        "stacking": st.sampled_from(["COMBINE", "COMBINE", "EXCLUSIVE"]),
        "conditions": st.sampled_from([{}, {}, {"products": ["P"]}]),
        "limits": st.sampled_from([{}, {"budget": 7}, {"per_account": 3}, {"per_account_amount": 6, "period": "P1M"}]),
    }
)
INSTANT = {"spend": "INSTANT"}
KINDS = st.sampled_from(
    [
        {},
        {"expires_after": "P1M"},
        {"expires_after": "P3M"},
        INSTANT,
        {"expires_after": "P3M", **INSTANT},
        {"voucher_type": "V"},
    ]
)
RULES = st.lists(st.builds(lambda award, kind: award | kind, AWARDS, KINDS), max_size=4).map(
    lambda rules: [offer(f"O{number}", **rule) for number, rule in enumerate(rules)]
)
PURCHASES = st.builds(
    lambda lines, spend, code: purchase(*lines, spend=spend, promo_code=code),
    LINES,
    st.sampled_from([None, None, "1", "7.77"]),
    st.sampled_from([None, PROMO_CODE]),
)
ACCOUNTS = st.builds(
    account, st.sampled_from([None, "CRW", "PTS"]), automatic_spend=st.sampled_from([None, {"enabled": True}])
)
WALLETS = st.builds(
    lambda lots, lasting: Wallet("A1", 1, lasting + sum(lots.values(), Decimal(0)), lots),
    st.dictionaries(st.sampled_from(["2025-12", "2026-02", "2026-04"]), st.sampled_from([Decimal(2), Decimal("9.99")])),
    st.sampled_from([Decimal(0), Decimal(5), Decimal("50.05")]),
) | st.sampled_from([Wallet("A1", 1, Decimal("-0.5")), Wallet("A1", 1, Decimal(-40))])


@st.composite
def books(draw: st.DrawFn, clawbacks: st.SearchStrategy[Clawback] = CLAWBACKS) -> Book:
    """Return a wallet, which may be in debt, in some programme."""
    return Book(
        programme(*MONEY, VOUCHERS, {**SHOP, "clawback": draw(clawbacks)}, *draw(RULES)), draw(ACCOUNTS), draw(WALLETS)
    )


def bought(book: Book, what: Purchase) -> Book:
    """Return the book with a purchase, if the wallet can pay what is asked for."""
    with suppress(Refused):
        book.buy(what)
    assume(book.entries)
    return book


def state(book: Book) -> Any:
    """Return all that a purchase changes, the numbers of events apart."""
    used, vouchers = book.attributes("USED", "used"), book.attributes("VOUCHER", "state")
    return replace(book.wallet, version=0), used, vouchers


@settings(max_examples=1000, deadline=None)
@given(books(), PURCHASES)
def test_to_cancel_what_was_just_posted_restores_balance_lots_and_limits_exactly(book: Book, what: Purchase) -> None:
    before = book.wallet
    bought(book, what)

    undone = book.cancel(AT).entry.movement

    assert replace(book.wallet, version=before.version) == before
    assert not any(book.attributes("USED", "used"))
    assert set(book.attributes("VOUCHER", "state")) <= {"VOIDED"}
    posted = book.event().entry.movement
    assert (undone.awarded, undone.spent) == (-posted.awarded, -posted.spent)
    assert undone.alternative_amount == (None if posted.alternative_amount is None else -posted.alternative_amount)


@settings(max_examples=1000, deadline=None)
@given(books(), PURCHASES, st.data())
def test_to_return_all_lines_in_any_steps_is_to_cancel(book: Book, what: Purchase, data: st.DataObject) -> None:
    other = Book(book.programme, book.account, book.wallet)
    for one in (book, other):
        bought(one, what)

    for quantities in data.draw(steps(what.lines)):
        book.give_back(quantities, AT)
    other.cancel(AT)

    assert state(book) == state(other)
    assert replace(book.event().taken_back, lines={}) == other.event().taken_back
    book.cancel(AT)
    assert state(book) == state(other)


@st.composite
def steps(draw: st.DrawFn, lines: tuple[Line, ...]) -> list[dict[int, Decimal]]:
    """Returns that together bring all goods back, in any order, each one a piece or half or all that is left of a line,
    the last one all that is left of all."""
    left = {place: each.quantity for place, each in enumerate(lines)}
    found: list[dict[int, Decimal]] = []
    for place, pieces in draw(st.lists(st.tuples(st.sampled_from(sorted(left)), st.sampled_from("1/*")), max_size=6)):
        part = {"1": min(left[place], Decimal(1)), "/": left[place] / 2, "*": left[place]}[pieces]
        left[place] -= part
        found.append({place: part})
    steps = [{place: part for place, part in step.items() if part} for step in (*found, left)]
    return [step for step in steps if step]


ACTS = st.lists(
    st.tuples(st.sampled_from(["buy", "buy", "cancel", "return", "expire"]), st.integers(0, 40), st.integers(0, 3)),
    min_size=1,
    max_size=10,
)


@settings(max_examples=1000, deadline=None)
@given(books(), st.lists(PURCHASES, min_size=1, max_size=3), ACTS)
def test_whatever_happens_meanwhile_nothing_is_taken_back_twice_and_only_allowed_debts_grow(
    book: Book, purchases: list[Purchase], acts: list[tuple[str, int, int]]
) -> None:
    book = Book(book.programme, book.account, Wallet("A1"))
    now = AT
    sold: list[str] = []
    for act, days, which in acts:
        now += timedelta(days=days)
        with suppress(Refused):
            if act == "buy":
                what = replace(purchases[which % len(purchases)], performed_on=now)
                sold.append(book.buy(what, f"E{len(book.entries)}").entry.event_id)
            elif act == "expire":
                book.expire(now)
            elif sold:
                act_on(book, act, sold[which % len(sold)], now)

    assert list(deviations(book.wallet, book.entries)) == []
    assert all(amount > 0 for amount in book.wallet.lapsed.values())
    allowed = book.programme.clawback("SHOP") is Clawback.ALLOW_NEGATIVE
    assert allowed or all(entry.balance >= 0 for entry in book.entries)
    assert book.reversals_at_odds == []


def act_on(book: Book, act: str, event_id: str, now: Any) -> None:
    """Cancel a purchase, unless it is cancelled already, or return one piece, or what there is, of its first line."""
    if act == "return":
        book.give_back({0: min(Decimal(1), sold_quantity(book, event_id))}, now, event_id)
    elif book.event(event_id).state == "POSTED":
        book.cancel(now, event_id)


def sold_quantity(book: Book, event_id: str) -> Decimal:
    return book.event(event_id).purchase_document.lines[0].quantity


@given(st.integers(1, 400), st.sampled_from([3, 6, 7, 12, 24, 48, 360]), st.integers(1, 360))
@example(180, 24, 5)
def test_what_a_return_takes_back_is_the_exact_share_rounded_once_half_up(cents: int, of: int, pieces: int) -> None:
    """24 pieces under an award of 1.80: 5 of them are 0.375, so 0.38. Reckoned here in whole cents."""
    pieces = min(pieces, of)
    book = Book(programme(offer(method="FIXED", value=str(Decimal(cents) / 100))), account(), Wallet("A1"))
    book.buy(purchase(line("18", quantity=str(of))))

    movement = book.give_back({0: Decimal(pieces)}, AT).entry.movement

    assert -movement.awarded * 100 == (2 * cents * pieces + of) // (2 * of)
