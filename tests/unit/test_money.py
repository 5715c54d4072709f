"""Amounts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic_core import PydanticCustomError

from loyalty.domain.fields import json_number
from loyalty.domain.money import is_kept_exactly, is_noise, plain, plain_text, rounded, share, split


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


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1E+2", "100"),
        ("2.50", "2.5"),
        ("-0.0", "0"),
        ("0.0001", "0.0001"),
        ("9" * 38, "9" * 38),
        ("1E+125", "1" + "0" * 125),
        ("1E+129", "1" + "0" * 129),
        ("1E+130", "1E+130"),
        ("9E+999999", "9E+999999"),
    ],
)
def test_an_amount_is_written_without_trailing_zeros_or_exponent(amount: str, text: str) -> None:
    assert str(plain(Decimal(amount))) == text


LARGEST = Decimal("999999999999.9999")


def test_an_amount_at_the_largest_rate_is_exact_to_the_cent() -> None:
    assert rounded(Decimal("9" * 30 + ".125"), 2) == Decimal("9" * 30 + ".13")


@pytest.mark.parametrize(
    "run",
    [lambda what: what(), lambda what: ThreadPoolExecutor(1).submit(what).result(), lambda what: Context().run(what)],
    ids=["here", "in another thread", "in a fresh context"],
)
def test_what_is_made_of_the_largest_amounts_is_exact_wherever_it_is_reckoned(
    run: Callable[[Callable[[], Decimal]], Decimal],
) -> None:
    exact = Fraction(LARGEST) ** 4 + Fraction("0.0001")

    assert Fraction(run(lambda: LARGEST * LARGEST * LARGEST * LARGEST + Decimal("0.0001"))) == exact


def test_an_amount_has_twelve_digits_before_its_point_at_most() -> None:
    assert json_number(LARGEST) == LARGEST
    with pytest.raises(PydanticCustomError, match="at most 12 digits"):
        json_number(Decimal("1000000000000"))


@pytest.mark.parametrize("amount", ["9" * 34 + ".9999", "-" + "9" * 34 + ".9999", "0", "0.0001"])
def test_a_table_keeps_38_digits_of_which_four_are_decimals(amount: str) -> None:
    assert is_kept_exactly(Decimal(amount))
    assert not is_kept_exactly(Decimal("1" + "0" * 34 + ".0001").copy_sign(Decimal(amount)))


def test_the_whole_of_an_amount_is_that_amount_however_fine_it_is() -> None:
    assert share(Decimal("0.125"), Decimal(3), Decimal(3), 2) == Decimal("0.125")
    assert share(Decimal("0.125"), Decimal(3), Decimal(6), 2) == Decimal("0.06")


def test_there_is_no_share_in_nothing() -> None:
    assert share(Decimal(1), Decimal(5), Decimal(0), 2) == 0


@pytest.mark.parametrize(
    ("number", "meant", "noise"),
    [
        ("15.1900000000001", "15.19", True),  # 15 digits, as many as survive in a double
        ("15.190000000001", "15.19", False),
        ("15.1899999999999", "15.19", True),
        ("-15.1899999999999", "-15.19", True),
        ("15.1900000100000", "15.19", False),  # off by as much as sums of a bill may be, no less
        ("15.1900000099999", "15.19", True),
        ("15.1899999900000", "15.19", False),
        ("99999999999.12350005", "99999999999.1235", True),  # off by less than a double that large can tell
        ("99999999999.12353", "99999999999.1235", True),  # by less than two units in its last place
        ("99999999999.12355", "99999999999.1235", False),
        ("-99999999999.12350005", "-99999999999.1235", True),
        ("99999999999.1236", "99999999999.1235", False),
        ("99999999999.12360000", "99999999999.1235", False),
    ],
)
def test_noise_has_as_many_digits_as_a_double_and_is_no_larger_than_its_last_ones(
    number: str, meant: str, noise: bool
) -> None:
    assert is_noise(Decimal(number), Decimal(meant)) is noise


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.50", "1.5"),
        ("-1.0", "-1"),
        ("10", "10"),
        ("100.00", "100"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("-0.10", "-0.1"),
    ],
)
def test_equal_numbers_are_one_text(number: str, text: str) -> None:
    assert plain_text(Decimal(number)) == text
