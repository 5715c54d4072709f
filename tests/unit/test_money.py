"""Amounts."""

from decimal import Decimal

import pytest

from loyalty.domain.money import plain, rounded, split


@pytest.mark.parametrize(
    ("amount", "exponent", "expected"),
    [
        ("0.125", 2, "0.13"),
        ("0.124999", 2, "0.12"),
        ("-0.125", 2, "-0.13"),
        ("2.5", 0, "3"),
        ("0.75", 4, "0.7500"),
        ("999999999999.995", 2, "1000000000000.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: str, exponent: int, expected: str) -> None:
    assert str(rounded(Decimal(amount), exponent)) == expected


def test_a_share_is_in_proportion_and_the_last_unit_goes_where_it_is_due() -> None:
    assert split(Decimal("1.00"), [Decimal(1), Decimal(1), Decimal(1)]) == (
        Decimal("0.33"),
        Decimal("0.34"),
        Decimal("0.33"),
    )


def test_an_amount_is_shared_evenly_where_nothing_says_how() -> None:
    assert split(Decimal("0.50"), [Decimal(0), Decimal(0)]) == (Decimal("0.25"), Decimal("0.25"))


def test_nothing_is_shared_among_nobody() -> None:
    assert split(Decimal(0), []) == ()


@pytest.mark.parametrize(("amount", "text"), [("1E+2", "100"), ("2.50", "2.5"), ("-0.0", "0"), ("0.0001", "0.0001")])
def test_an_amount_is_written_without_trailing_zeros_or_exponent(amount: str, text: str) -> None:
    assert str(plain(Decimal(amount))) == text
