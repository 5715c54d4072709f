"""Amounts: exact decimals, rounded half up and only where somebody says so."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, DefaultContext, getcontext
from fractions import Fraction
from typing import Any

DIGITS = 130
"""Digits that amounts are reckoned with, wherever they are: a hundred are enough to round a product of the largest
amounts, values and rates once it is divided by a rate. The largest number that DynamoDB keeps, 1E+125, has a few more:
nobody has it, but somebody may put it in."""

DefaultContext.prec = getcontext().prec = DIGITS  # for threads that are still to come, and for this one

MAX_DECIMALS = 4
MAX_INTEGER_DIGITS = 12

MAX_KEPT_DIGITS = 38 - MAX_DECIMALS
"""Digits before the point of an amount that is kept to its last decimal: DynamoDB keeps 38 of a number, and refuses
more."""

ZERO = Decimal(0)
ONE = Decimal(1)

NOISY_DIGITS = 15
"""Digits of a number from which on it may be a double's: up to 15 survive in one, so what has been reckoned with has as
many, or 16 or 17."""

NOISE = Decimal("0.00000001")
"""How far a number may be off: the noise of differences and sums of a bill of some ten thousands."""

LAST_PLACES = Decimal(2) ** -51
"""How far a number may be off in proportion to itself, if that is more: two units in a double's last place, as in a
product with a rounded factor."""

UNITS = [Decimal(1).scaleb(-exponent) for exponent in range(MAX_DECIMALS + 1)]
"""The smallest amount above zero, by its decimals: at 2, 0.01."""


def rounded(amount: Decimal, exponent: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """`amount` to `exponent` decimals (at most 4), half up by default: at 2, 0.125 is 0.13 and -0.125 is -0.13."""
    return amount.quantize(UNITS[exponent], rounding)


def is_kept_exactly(amount: Decimal) -> bool:
    """Return whether a table keeps an amount, of at most 4 decimals, to the last of them."""
    return amount.adjusted() < MAX_KEPT_DIGITS


def rounded_fraction(amount: Fraction, exponent: int) -> Decimal:
    """Return `amount` to `exponent` decimals, half up; a share that no decimal can hold stays exact until then."""
    # So many digits tell a tie from everything else as long as the denominator has fewer than about ninety.
    return rounded(Decimal(amount.numerator) / Decimal(amount.denominator), exponent)


def share(amount: Decimal, part: Decimal | Fraction, whole: Decimal | Fraction, exponent: int) -> Decimal:
    """Return the share of `amount` that `part` has in `whole`, rounded once, half up; zero where the whole is zero."""
    if part == whole:
        return amount
    return rounded_fraction(Fraction(amount) * Fraction(part) / Fraction(whole), exponent) if whole else ZERO


def split(amount: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """`amount` shared out in proportion to `weights` (none negative), to as many decimals as it has; sums to it.

    Each share is the difference of two rounded running totals, so no share is off by more than one unit in the last
    place and none needs a correction afterwards. Weights that are all zero share evenly.
    """
    total = sum(weights, ZERO)
    if total == 0:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    shares, running, given = [], ZERO, ZERO
    for weight in weights:
        running += weight
        upto = amount
        if running != total:
            upto = (amount * running / total).quantize(amount, ROUND_HALF_UP)
        shares.append(upto - given)
        given = upto
    return tuple(shares)


def is_noise(number: Decimal, meant: Decimal) -> bool:
    """Return whether what a number has beyond `meant`, its rounding to four decimals, is the noise of a program that
    calculates in doubles: 15.190000000000001 for 15.19, or 0.10999999999999943 for 100.10 - 99.99.

    Nobody writes so many digits, and no price is so near to another one by chance.
    """
    return len(number.as_tuple().digits) >= NOISY_DIGITS and abs(number - meant) < max(NOISE, abs(number) * LAST_PLACES)


def plain(amount: Decimal) -> Decimal:
    """`amount` without trailing zeros or an exponent, the form in which it is stored, compared and answered. Only what
    is larger than any number in a table keeps its exponent."""
    amount = +amount  # a negative zero becomes zero
    is_written_out = amount == amount.to_integral_value() and amount.adjusted() < DIGITS
    return amount.quantize(UNITS[0]) if is_written_out else amount.normalize()


def plain_text(number: Decimal) -> str:
    """Return a number of any length as text, the same for all that are equal: without an exponent, trailing zeros, or
    the sign of zero. Nothing is rounded."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def decimal_in(record: Mapping[str, Any], name: str) -> Decimal | None:
    """Return an amount that a record may have; it may have been read back as an int."""
    return None if record.get(name) is None else Decimal(record[name])
