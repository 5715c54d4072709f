"""Bodies of tills that know no baskets: totals in the place of lines, and their own names for customer and place.

There are two generations of them, and a body is of one: `organisation_id` and `total_amount`, or `organisation` and
`transaction_amounts` (decision 36).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic_core import PydanticCustomError

from loyalty.api.lines import LINE_TOLERANCE, NOTHING_BOUGHT, adds_up, line_amounts
from loyalty.api.newest.unknown_fields import NewestModel
from loyalty.api.one_time_passwords import OneTimePassword
from loyalty.domain.empty_texts import is_given
from loyalty.domain.errors import Code as ErrorCode
from loyalty.domain.errors import Problem
from loyalty.domain.fields import Code, NotNegative, json_number
from loyalty.domain.purchases.purchase import RequestedLine
from loyalty.domain.validation import MISSING, at_most_one, value_at

FIRST = ("organisation_id", "total_amount", "net_amount", "tax_amount")
SECOND = ("contact", "organisation", "transaction_amounts")
"""The fields of which a body has those of one generation only."""

_TAPS = ("merchant_tap", "outlet_tap")
_ORGANISATIONS = ("organisation_id", "organisation")


class Contact(NewestModel):
    """The customer: a contact's id, or the one-time password that was given out for it; exactly one of them."""

    id: Code | None = None
    otp: OneTimePassword | None = None


class Organisation(NewestModel):
    """The merchant, or one of its outlets."""

    id: Code


class TransactionAmounts(NewestModel):
    """The totals of a purchase; without `tax` it is the total less the net amount."""

    total: NotNegative
    net: NotNegative
    tax: NotNegative | None = None


class ToldTotals(NamedTuple):
    """Net amount, tax and total; None for what is not given."""

    net: Decimal | None
    tax: Decimal | None
    total: Decimal | None

    def line(self) -> RequestedLine:
        """Return the one line of a purchase that tells nothing but these; net amount and total are given."""
        assert self.net is not None
        assert self.total is not None
        tax = self.total - self.net if self.tax is None else self.tax
        return RequestedLine(None, Decimal(1), self.net, tax, self.total)


def has_totals_alone(body: Mapping[str, Any]) -> bool:
    """Return whether a raw body tells totals, and no lines."""
    return not is_given(body.get("products")) and bool(_given_totals(body))


def broken_totals(body: Mapping[str, Any]) -> Iterator[Problem]:
    """Return what does not hold between the totals of a raw body, its lines, and its reference number, which only a
    body of totals alone may leave out."""
    if not is_given(body.get("reference_number")) and not has_totals_alone(body):
        yield Problem(ErrorCode.MANDATORY, MISSING, "/reference_number")
    at = _given_totals(body)
    told = {name: amount for name, pointer in at.items() if (amount := _amount_at(body, pointer)) is not None}
    apart = is_given(body.get("transaction_amounts"))
    if is_given(body.get("products")):
        yield from _broken_sums(body["products"], told, at)
    elif not at and not apart:
        yield Problem(ErrorCode.MANDATORY, MISSING, "/products")
    elif apart or {"net", "total"} <= at.keys():
        yield from _broken_amounts(told, at)
    else:
        missing = (name for name in ("total", "net") if name not in at)
        yield from (Problem(ErrorCode.MANDATORY, MISSING, f"/{name}_amount") for name in missing)


def broken_place(body: Mapping[str, Any]) -> Iterator[Problem]:
    """Return what keeps a raw body from saying where, and from being of one generation."""
    first, second = ([name for name in names if is_given(body.get(name))] for names in (FIRST, SECOND))
    if first and second:
        told = f"{', '.join(first)} and {', '.join(second)}"
        yield Problem(ErrorCode.EXCLUSIVE, f"Only one form of a body may be used: {told} are of two.", f"/{second[0]}")
    places = [name for name in (*_TAPS, *_ORGANISATIONS) if is_given(body.get(name))]
    if not places:
        yield Problem(ErrorCode.MANDATORY, "One of merchant_tap and outlet_tap is mandatory.", "/merchant_tap")
    elif places[0] in _TAPS:
        yield from at_most_one(body, "", places[0], *(name for name in places if name in _ORGANISATIONS))


def _given_totals(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the pointers of the totals that a raw body gives, by `net`, `tax` and `total`."""
    forms = ("/transaction_amounts/{}", "/{}_amount")
    places = ({name: form.format(name) for name in ToldTotals._fields} for form in forms)
    given = ({name: at for name, at in one.items() if is_given(value_at(body, at))} for one in places)
    return next(filter(None, given), {})


def _broken_sums(items: Any, told: Mapping[str, Decimal], at: Mapping[str, str]) -> Iterator[Problem]:
    """Return the totals that are not what the lines beside them sum to."""
    lines = [line_amounts(item, "tax_amount") for item in items] if isinstance(items, list) else []
    if not lines or not all(lines):
        return
    sums = ToldTotals(*(sum(amounts, Decimal(0)) for amounts in zip(*filter(None, lines), strict=True)))
    for name, amount in told.items():
        if abs(amount - getattr(sums, name)) > LINE_TOLERANCE:
            yield Problem(ErrorCode.INVALID, f"The lines sum to {getattr(sums, name)}.", at[name])


def _broken_amounts(told: Mapping[str, Decimal], at: Mapping[str, str]) -> Iterator[Problem]:
    """Return what does not hold between the totals of a purchase without lines."""
    if not {"net", "total"} <= told.keys():
        return
    net, total = told["net"], told["total"]
    if total == 0:
        yield Problem(ErrorCode.INVALID, NOTHING_BOUGHT, at["total"])
    elif "tax" in told and not adds_up(net, told["tax"], total):
        yield Problem(ErrorCode.INVALID, "The total must be the net amount plus the tax.", at["total"])
    elif "tax" not in at and net > total:
        yield Problem(ErrorCode.INVALID, "The net amount must not be more than the total.", at["net"])


def _amount_at(body: Mapping[str, Any], pointer: str) -> Decimal | None:
    try:
        return json_number(value_at(body, pointer))
    except PydanticCustomError:
        return None
