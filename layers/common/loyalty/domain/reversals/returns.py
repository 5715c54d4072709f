"""Returning goods: which lines of a purchase a return names, and how much of each may still come back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.purchase import Reference


class ReturnedProduct(Struct, frozen=True):
    """Goods that are returned: those of a line (its place, from 0), or of all lines with a product (its code); exactly
    one of the two is set. Without `quantity`, everything that is left of them. `pointer` is their place in the
    request."""

    line: int | None
    product_code: str | None
    quantity: Decimal | None
    pointer: str


class ReturnRequest(Struct, frozen=True):
    """Goods of the named purchase to take back. If the return is sent again, the reference number identifies it."""

    purchase: Reference
    reference_number: str
    products: tuple[ReturnedProduct, ...]
    performed_on: datetime
    fingerprint: Fingerprint


class SoldLine(Struct, frozen=True):
    """A line of a posted purchase."""

    product_code: str | None
    quantity: Decimal


Quantities = Mapping[int, Decimal]
"""How much of each line, by its place."""

Fractions = Mapping[int, Fraction]
"""How much of each line, by its place, as a part of the whole line: from 0 to 1, exactly, as 5 of 24 pieces are no
decimal."""


WHOLE = Fraction(1)
"""All of a line."""


class ReturnedLines(Struct, frozen=True):
    """The quantities that are returned now (none if the purchase is cancelled), and how much of each line has come back
    before and after that."""

    quantities: Quantities
    before: Fractions
    after: Fractions

    @property
    def completes(self) -> bool:
        """Whether nothing of the purchase is left now, and was before."""
        return is_all(self.after) and not is_all(self.before)


def is_all(fractions: Fractions) -> bool:
    """Tell whether all lines came back whole."""
    return all(fraction == 1 for fraction in fractions.values())


def cancelled_lines(lines: Sequence[SoldLine], returned: Quantities) -> ReturnedLines:
    """Return what comes back with the cancellation of a purchase, of which this much was returned already."""
    return ReturnedLines({}, come_back(lines, returned), all_of(lines))


def returning(products: Sequence[ReturnedProduct], lines: Sequence[SoldLine], returned: Quantities) -> ReturnedLines:
    """Return what comes back with the return of `products`.

    A product that several lines have comes back from the first of them first.

    Raises:
        Refused: INVALID, with everything that names no line of the purchase, or more of one than is left.
    """
    left = {place: line.quantity - returned.get(place, ZERO) for place, line in enumerate(lines)}
    problems = []
    for product in products:
        places = _places(product, lines)
        if problem := _problem(product, places, sum((left[place] for place in places), ZERO), len(lines)):
            problems.append(problem)
        else:
            _take(product.quantity, places, left)
    if problems:
        raise Refused(*problems)
    after = {place: line.quantity - left[place] for place, line in enumerate(lines)}
    now = {place: after[place] - returned.get(place, ZERO) for place in after}
    quantities = {place: quantity for place, quantity in now.items() if quantity}
    return ReturnedLines(quantities, come_back(lines, returned), come_back(lines, after))


def all_of(lines: Sequence[SoldLine]) -> Fractions:
    """Return what came back of a cancelled purchase: all lines, whole."""
    return dict.fromkeys(range(len(lines)), WHOLE)


def come_back(lines: Sequence[SoldLine], quantities: Quantities) -> Fractions:
    """Return how much of each line came back, by the quantities that were returned."""
    return {place: Fraction(quantities.get(place, ZERO)) / Fraction(line.quantity) for place, line in enumerate(lines)}


def _take(quantity: Decimal | None, places: Sequence[int], left: dict[int, Decimal]) -> None:
    """Take a quantity, or all there is, of what is left at `places`."""
    for place in places:
        part = left[place] if quantity is None else min(quantity, left[place])
        left[place] -= part
        quantity = None if quantity is None else quantity - part


def _places(product: ReturnedProduct, lines: Sequence[SoldLine]) -> list[int]:
    if product.line is None:
        return [place for place, line in enumerate(lines) if line.product_code == product.product_code]
    return [product.line] if product.line < len(lines) else []


def _problem(product: ReturnedProduct, places: Sequence[int], left: Decimal, lines: int) -> Problem | None:
    name = "product_sku" if product.line is None else "line"
    if not places:
        description = "The purchase has no such product." if product.line is None else f"Lines are 0 to {lines - 1}."
        return Problem(Code.INVALID, description, f"{product.pointer}/{name}")
    if not left:
        return Problem(Code.INVALID, "All of it was returned already.", f"{product.pointer}/{name}")
    if product.quantity is not None and product.quantity > left:
        return Problem(Code.INVALID, f"No more than {left} can be returned.", f"{product.pointer}/quantity")
    return None
