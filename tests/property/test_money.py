"""Arithmetic that holds for all amounts."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from loyalty.domain.fields import json_number
from loyalty.domain.money import rounded, split

AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=2)
WEIGHTS = st.lists(st.decimals(min_value=0, max_value=10**6, places=4), min_size=1, max_size=50)


@given(AMOUNTS, WEIGHTS)
def test_shares_sum_to_the_amount(amount: Decimal, weights: list[Decimal]) -> None:
    assert sum(split(amount, weights)) == amount


@given(AMOUNTS, WEIGHTS)
def test_no_share_is_negative_or_more_than_a_cent_off(amount: Decimal, weights: list[Decimal]) -> None:
    total = sum(weights)
    for share, weight in zip(split(amount, weights), weights, strict=True):
        exact = amount * weight / total if total else amount / len(weights)
        assert share >= 0
        assert abs(share - exact) <= Decimal("0.01")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6), st.integers(0, 4))
def test_rounding_moves_an_amount_by_half_a_unit_at_most(amount: Decimal, exponent: int) -> None:
    assert abs(rounded(amount, exponent) - amount) <= Decimal(5).scaleb(-exponent - 1)


@given(st.decimals(min_value=-(10**8), max_value=10**8, places=4), st.integers(min_value=1, max_value=100))
@example(Decimal("910664.1839"), 72)
def test_an_amount_that_went_through_a_double_and_back_is_the_amount(amount: Decimal, times: int) -> None:
    assert json_number(Decimal(repr(float(amount) * times))) == amount * times
