"""What holds for every programme and purchase."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.domain.errors import Refused
from loyalty.domain.pricing import price
from loyalty.domain.purchase import Line, Purchase
from loyalty.domain.wallet import Wallet
from tests.builders import POINTS, RATE, account, line, offer, programme, purchase

CENTS = st.decimals(min_value=0, max_value=5000, places=2).map(str)
LINES = st.lists(st.builds(line, CENTS, product=st.sampled_from("PQR"), tax=CENTS), min_size=1, max_size=12)
SPENDS = st.none() | st.decimals(min_value="0.01", max_value=200, places=2).map(str)


@st.composite
def offers(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        offer(
            f"O{number}",
            method=draw(st.sampled_from(["PERCENTAGE", "FIXED"])),
            value=draw(st.decimals(min_value=0, max_value=50, places=2).map(str)),
            base=draw(st.sampled_from(["NET", "TOTAL"])),
            conditions={
                "products": draw(st.lists(st.sampled_from("PQRS"), max_size=2)),
                "minimum_total_amount": draw(st.none() | st.integers(0, 1000)),
            },
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@settings(max_examples=300)
@given(LINES, offers(), SPENDS, st.decimals(min_value=0, max_value=500, places=2))
def test_a_plan_adds_up_and_never_overdraws(
    lines: list[Line], rules: list[dict[str, Any]], spend: str | None, balance: Decimal
) -> None:
    what, wallet = purchase(*lines, spend=spend), Wallet("A1", 1, balance)
    known = programme(POINTS, RATE, *rules)
    try:
        plan = price(what, account(), wallet, known)
    except Refused:
        assert spend
        assert Decimal(spend) > min(balance, what.totals.total)
        return

    assert plan == price(what, account(), wallet, known)
    for award in plan.awards:
        assert sum((share.amount for share in award.shares), Decimal(0)) == award.amounts.system
    assert plan.movement.awarded == sum((award.amounts.wallet for award in plan.awards), Decimal(0))
    assert plan.movement.spent <= balance
    assert wallet.moved(plan.movement).balance >= 0


@given(LINES, offers())
def test_an_offer_that_does_not_apply_changes_nothing(lines: list[Line], rules: list[dict[str, Any]]) -> None:
    what: Purchase = purchase(*lines)
    never = offer("NEVER", conditions={"business_units": ["ELSEWHERE"]})

    without = price(what, account(), Wallet("A1"), programme(*rules))
    with_it = price(what, account(), Wallet("A1"), programme(*rules, never))

    assert (with_it.awards, with_it.movement) == (without.awards, without.movement)
