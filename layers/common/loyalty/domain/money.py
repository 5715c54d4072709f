"""Amounts: exact decimals, rounded half up and only where somebody says so."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

MAX_DECIMALS = 4
MAX_INTEGER_DIGITS = 12
ZERO = Decimal(0)


def rounded(amount: Decimal, exponent: int) -> Decimal:
    """`amount` to `exponent` decimals, half up: 0.125 at 2 is 0.13, -0.125 is -0.13."""
    return amount.quantize(Decimal(1).scaleb(-exponent), rounding=ROUND_HALF_UP)


def split(amount: Decimal, weights: Sequence[Decimal], exponent: int) -> tuple[Decimal, ...]:
    """`amount` shared out in proportion to `weights` (none negative), to `exponent` decimals; sums to `amount`.

    Each share is the difference of two rounded running totals, so no share is off by more than one unit in the last
    place and none needs a correction afterwards. Weights that are all zero share evenly.
    """
    total = sum(weights, ZERO)
    if total == 0:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    shares, running, given = [], ZERO, ZERO
    for weight in weights:
        running += weight
        upto = amount if running == total else rounded(amount * running / total, exponent)
        shares.append(upto - given)
        given = upto
    return tuple(shares)


def plain(amount: Decimal) -> Decimal:
    """`amount` without trailing zeros or an exponent, the form in which it is stored, compared and answered."""
    amount += ZERO  # a negative zero becomes zero
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()
