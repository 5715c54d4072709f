"""Limits of offers hold over any run of purchases, in whatever order of days they are posted."""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.domain.limits import LimitPeriod, Limits
from loyalty.domain.pricing import price
from loyalty.domain.wallet import Wallet
from tests.builders import AT, POINTS, RATE, account, line, offer, programme, purchase
from tests.property.test_pricing import LINES, VALUES, cents, some


def makes_sense(limits: dict[str, Any]) -> bool:
    """A period needs something to limit within it."""
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


@settings(max_examples=1000, deadline=None)
@given(OFFER, RUN)
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
