"""Limits of offers hold over any run of purchases, in whatever order of days they are posted, whatever of them is taken
back, and however the programme changes meanwhile."""

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.wallet import EventType, Wallet
from loyalty.domain.ledger.windows import LimitPeriod
from loyalty.domain.pricing.pricing import price
from loyalty.domain.programme.limits import Limits
from loyalty.domain.proofs.audit import deviations
from loyalty.store.events import EventState
from tests.book import Book
from tests.builders import AT, POINTS, RATE, account, line, offer, programme, purchase
from tests.property.test_pricing import LINES, VALUES, cents, some


def makes_sense(limits: dict[str, Any]) -> bool:
    """Return a period needs something to limit within it."""
    return bool(limits) and ("period" not in limits or bool(limits.keys() & {"per_account", "per_account_amount"}))


LIMITS = some(
    per_account=st.none() | st.integers(1, 3),
    per_account_amount=st.none() | cents(1, 5000),
    period=st.none() | st.sampled_from([period.value for period in LimitPeriod]),
    budget=st.none() | cents(1, 20000),
).filter(makes_sense)
OFFER = st.builds(
    lambda value, currency, limits: offer(method="PERCENTAGE", value=str(value), currency=currency, limits=limits),
    VALUES,
    st.sampled_from(["SYSTEM", "ALTERNATIVE"]),
    LIMITS,
)
RUN = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 400), LINES), min_size=1, max_size=12)


DAYS_OF_FIVE = [("A", day, [line("10")]) for day in (1, 2, 3, 4, 5, 1)]


@settings(max_examples=1000, deadline=None)
@given(OFFER, RUN)
@example(offer(method="FIXED", value="3", limits={"per_account_amount": Decimal(7), "period": "P1D"}), DAYS_OF_FIVE)
def test_no_run_of_purchases_gets_more_than_the_limits_allow(rule: dict[str, Any], run: list[Any]) -> None:
    known = programme(POINTS, RATE, rule)
    limits = Limits.of(rule["limits"])
    wallets = {name: Wallet(name) for name in "AB"}
    times: Counter[tuple[str, str]] = Counter()
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    given_so_far = Decimal(0)

    for name, day, lines in run:
        at = AT + timedelta(days=day)
        plan = price(purchase(*lines, at=at), account(), wallets[name], known, {"O1": given_so_far})
        assert {verdict.failed for verdict in plan.why} <= {None, "award", *rule["limits"]}
        wallets[name] = wallets[name].moved(plan.movement)
        for award in plan.awards:
            window = (name, limits.window(at))
            times[window] += 1
            sums[window] += award.amount
            given_so_far += award.amount

    assert limits.budget is None or given_so_far <= limits.budget
    assert limits.per_account is None or all(count <= limits.per_account for count in times.values())
    assert limits.per_account_amount is None or all(total <= limits.per_account_amount for total in sums.values())


@given(st.integers(1, 30), st.integers(2, 5))
def test_every_nth_purchase_is_rewarded_and_no_other(purchases: int, every: int) -> None:
    known = programme(offer(method="FIXED", value="1", conditions={"every_nth_purchase": every}))
    wallet, rewarded = Wallet("A1"), []
    for number in range(1, purchases + 1):
        plan = price(purchase(line("10")), account(), wallet, known)
        wallet = wallet.moved(plan.movement)
        rewarded += [number] if plan.awards else []

    assert rewarded == list(range(every, purchases + 1, every))


@dataclass
class Recount:
    """What stands of an account's uses, reckoned from dates: each with its period, its day, currency and amount."""

    uses: dict[str, tuple[str | None, date, str, Decimal]] = field(default_factory=dict)
    halved: set[str] = field(default_factory=set)

    def used(self, period: str | None, day: date, currency: str, *, nested: bool) -> tuple[int, Decimal]:
        """Return how often, and for how much, the limit was used in the period that a day lies in; with `nested`, what
        was counted by shorter periods within it is part of that."""
        found = [
            (of, amount)
            for counted, on, of, amount in self.uses.values()
            if (counted == period or (nested and counted in NESTED[period])) and span(period, on) == span(period, day)
        ]
        return len(found), sum((amount for of, amount in found if of == currency), Decimal(0))


NESTED: dict[str | None, set[str | None]] = {
    None: {"P1D", "P1W", "P1M", "P1Y"},
    "P1Y": {"P1D", "P1M"},
    "P1M": {"P1D"},
    "P1W": {"P1D"},
    "P1D": set(),
}


def span(period: str | None, day: date) -> object:
    """Return the period that a day lies in."""
    week = (day - date(2020, 12, 28)).days // 7  # a Monday
    return {None: 0, "P1D": day, "P1W": week, "P1M": (day.year, day.month), "P1Y": day.year}[period]


FIRST_DAY = datetime(2026, 1, 5, 12, tzinfo=AT.tzinfo)
PERIODS = st.none() | st.sampled_from(["P1D", "P1W", "P1M", "P1Y"])
RULES = st.builds(
    lambda count, amount, period, currency: three(
        currency, per_account=count, per_account_amount=amount, period=period
    ),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 12),
    PERIODS,
    st.sampled_from(["SYSTEM", "SYSTEM", "SYSTEM", "ALTERNATIVE"]),
)


def three(currency: str = "SYSTEM", **limits: Any) -> dict[str, Any]:
    """Return an offer of 3 under these limits, without those that are None."""
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    return offer(method="FIXED", value="3", currency=currency, **_limited(limits))


def _limited(limits: dict[str, Any]) -> dict[str, Any]:
    return {"limits": limits} if makes_sense(limits) else {}


def days(count: int) -> st.SearchStrategy[int]:
    """So many days, next to each other or far apart, around the turn of a year, and one of a wrong clock."""
    return st.sampled_from([0, 1, 2, -6, 35, 120, 121, 13000][:count])


def runs(count: int) -> st.SearchStrategy[list[Any]]:
    """Purchases on so many days at most, in any order; cancellations, returns and changes of the offer in between."""
    return st.lists(
        st.tuples(st.just("buy"), days(count))
        | st.tuples(st.just("buy"), days(count))
        | st.tuples(st.sampled_from(["cancel", "return"]), st.integers(0, 9))
        | st.tuples(st.just("change"), RULES),
        min_size=1,
        max_size=14,
    )


LEAK = [("buy", 0), ("buy", 1), ("buy", 2), ("buy", 7), ("buy", 35), ("cancel", 4), ("buy", 0)]
"""One more day than is remembered, which is taken back; and then the first day once more."""


def carried_out(rule: dict[str, Any], run: list[Any], *, exact: bool) -> None:
    """Carry a run out on a ledger, and hold each purchase to the recount: never more than the limit allows; with
    `exact`, neither less."""
    book, recount = Book(programme(POINTS, RATE, rule), account("PTS"), Wallet("A1")), Recount()
    for number, (act, what) in enumerate(run):
        if act == "change":
            rule = what
            book.programme = programme(POINTS, RATE, rule)
        elif act == "buy":
            bought(book, recount, rule, f"E{number}", FIRST_DAY + timedelta(days=what), exact=exact)
        elif standing := [entry.event_id for entry in book.entries if is_standing(book, entry.event_id)]:
            taken_back(book, recount, act, standing[what % len(standing)])
    assert list(deviations(book.wallet, book.entries)) == []


def is_standing(book: Book, event_id: str) -> bool:
    """Return whether an event is a purchase that is not cancelled."""
    event = book.event(event_id)
    return event.entry.type is EventType.PURCHASE and event.state is EventState.POSTED


def bought(book: Book, recount: Recount, rule: dict[str, Any], event_id: str, at: datetime, *, exact: bool) -> None:
    """Buy two pieces, and compare what the offer gives with what its limits leave."""
    limits, currency = rule.get("limits", {}), rule["award"]["currency"]
    event = book.buy(purchase(line("20", quantity="2"), at=at), event_id)
    [given_now] = [award.amounts.of(award.currency) for award in event.purchase_document.awards] or [Decimal(0)]
    left = []
    for nested in (False, True):
        times, amount = recount.used(limits.get("period"), at.date(), currency, nested=nested)
        most = limits.get("per_account_amount", 3) - amount if "per_account_amount" in limits else Decimal(3)
        left.append(Decimal(0) if times >= limits.get("per_account", 99) else max(Decimal(0), min(Decimal(3), most)))
    assert given_now <= left[0]
    assert not exact or given_now == left[1]
    if given_now and limits:
        recount.uses[event_id] = (limits.get("period"), at.date(), currency, given_now)


def taken_back(book: Book, recount: Recount, act: str, event_id: str) -> None:
    """Cancel a purchase, or return a piece of it. The wallet is in points, a hundred a euro."""
    with suppress(Refused):
        undone = book.cancel(AT, event_id) if act == "cancel" else book.give_back({0: Decimal(1)}, AT, event_id)
        if event_id in recount.uses:
            period, day, currency, amount = recount.uses.pop(event_id)
            amount += undone.entry.movement.awarded / (1 if currency == "ALTERNATIVE" else 100)
            if act == "return" and event_id not in recount.halved:
                recount.halved.add(event_id)  # a piece is still with the customer, so the award counts
                recount.uses[event_id] = period, day, currency, amount


@settings(max_examples=1000, deadline=None)
@given(RULES, runs(8))
@example(three(per_account=1, period="P1D"), LEAK)
def test_no_period_gets_more_than_its_limit_whatever_is_taken_back_or_changed(rule: Any, run: list[Any]) -> None:
    carried_out(rule, run, exact=False)


@settings(max_examples=1000, deadline=None)
@given(RULES, runs(4))
def test_as_long_as_no_period_is_forgotten_each_gets_all_that_its_limit_leaves(rule: Any, run: list[Any]) -> None:
    carried_out(rule, run, exact=True)
