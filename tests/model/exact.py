"""Exact numbers and the few places where they are rounded (rewards.md, "Rounding")."""

from fractions import Fraction
from functools import cache
from typing import Any

Json = dict[str, Any]

HALF_UP, HALF_EVEN, DOWN, UP = "HALF_UP", "HALF_EVEN", "DOWN", "UP"
NOTHING = Fraction(0)


def is_kept(amount: Fraction) -> bool:
    """Tell whether an amount has no more digits before its point than a table keeps (rewards.md, "Rounding")."""
    return abs(amount) < 10**34


def exact(value: Any) -> Fraction:
    """Return a JSON number as it was written, but for what a program in doubles leaves behind (api.md, "The API")."""
    return value if isinstance(value, Fraction) else _meant(str(value))


@cache
def _meant(text: str) -> Fraction:
    written = Fraction(text)
    digits = len(text.replace("-", "").replace(".", "").lstrip("0"))
    meant = rounded(written, 4, HALF_EVEN)
    return meant if digits >= 15 and abs(written - meant) < Fraction(1, 10**8) else written


def rounded(amount: Fraction, exponent: int, mode: str = HALF_UP) -> Fraction:
    """Return an amount, not negative, with as many decimals as its currency has (rewards.md, "Rounding")."""
    whole, rest = divmod(amount.numerator * 10**exponent, amount.denominator)
    half = 2 * rest - amount.denominator
    up = {
        DOWN: False,
        UP: rest > 0,
        HALF_UP: half >= 0,
        HALF_EVEN: half > 0 or (half == 0 and whole % 2 == 1),
    }[mode]
    return Fraction(whole + up, 10**exponent)


@cache
def shares(whole: Fraction, weights: tuple[Fraction, ...], exponent: int) -> tuple[Fraction, ...]:
    """Share an amount over lines: each gets the difference of two rounded running totals (rewards.md, "Rounding")."""
    if not any(weights):
        weights = (Fraction(1),) * len(weights)
    result, running, before = [], NOTHING, NOTHING
    for weight in weights:
        running += weight
        total = rounded(whole * running / sum(weights), exponent)
        result.append(total - before)
        before = total
    return tuple(result)
