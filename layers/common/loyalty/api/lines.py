"""Rules for a purchase's lines, in both APIs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from loyalty.domain.errors import Code, Problem
from loyalty.domain.fields import json_number

MAX_LINES = 1000
LINE_TOLERANCE = Decimal("0.01")
"""By how much a line's total may differ from net plus tax (contract, Q8)."""


NOTHING_BOUGHT = "The total of a purchase must be above zero."


def broken_line_rules(items: Any, at: str, tax: str) -> Iterator[Problem]:
    """Return what does not hold between the amounts of raw lines, whose tax stands in the field `tax`.

    A line that has no proper amounts is passed over, as its model reports that.
    """
    if not isinstance(items, list):
        return
    lines = [line_amounts(item, tax) for item in items]
    for place, line in enumerate(lines):
        if line and not adds_up(*line):
            description = f"total_amount must be net_amount plus {tax}."
            yield Problem(Code.INVALID, description, f"{at}/{place}/total_amount")
    if lines and all(line and line[2] == 0 for line in lines):
        yield Problem(Code.INVALID, NOTHING_BOUGHT, at)


def adds_up(net: Decimal, tax: Decimal, total: Decimal) -> bool:
    """Return whether a total is the net amount plus the tax."""
    return abs(total - net - tax) <= LINE_TOLERANCE


def line_amounts(item: Any, tax: str) -> list[Decimal] | None:
    """Return a raw line's net amount, tax and total; None if it has no proper ones."""
    try:
        return [json_number(item[name]) for name in ("net_amount", tax, "total_amount")]
    except (KeyError, TypeError, PydanticCustomError):
        return None
