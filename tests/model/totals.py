"""Reading bodies of tills without baskets (api.md, "Tills without baskets") as if they were of other tills."""

from collections.abc import Iterator
from typing import Any

from tests.model.exact import Json, exact
from tests.model.purchase import EXCLUSIVE, INVALID, MANDATORY, Line, Problem

FIRST = ("organisation_id", "total_amount", "net_amount", "tax_amount")
SECOND = ("contact", "organisation", "transaction_amounts")
FIELDS = {*FIRST, *SECOND, "reduction_method"}


def totals_of(fields: Json) -> Json:
    """Return the totals that a body tells, by net, tax and total."""
    apart = fields.get("transaction_amounts")
    told = apart if isinstance(apart, dict) else {name[:-7]: fields[name] for name in FIRST[1:] if name in fields}
    return {name: amount for name, amount in told.items() if amount is not None}


def has_totals_alone(fields: Json) -> bool:
    """Tell whether a body tells totals and no lines, so that it needs no reference number."""
    return "products" not in fields and bool(totals_of(fields))


def line_of(fields: Json) -> Line:
    """Return the one line, without a product; without a tax it is the total less the net amount."""
    told = {name: exact(amount) for name, amount in totals_of(fields).items()}
    tax = told.get("tax", told["total"] - told["net"])
    return Line("", None, exact(1), told["net"], tax, told["total"], None)


def customer_faults(fields: Json) -> Iterator[Problem]:
    """Yield what keeps a body from naming one customer."""
    named = [name for name in ("contact_id", "cim", "contact") if name in fields]
    if len(named) > 1:
        yield f"/{named[1]}", EXCLUSIVE
    if not named:
        yield "/contact_id", MANDATORY


def mixed(fields: Json) -> Iterator[Problem]:
    """Yield what does not go together: names of both generations, or two of the place."""
    first, second = ([name for name in names if name in fields] for names in (FIRST, SECOND))
    if first and second:
        yield f"/{second[0]}", EXCLUSIVE
    taps = [name for name in ("merchant_tap", "outlet_tap") if name in fields]
    organisations = [name for name in ("organisation_id", "organisation") if name in fields]
    if taps and organisations:
        yield f"/{organisations[0]}", EXCLUSIVE
    if not taps and not organisations:
        yield "/merchant_tap", MANDATORY


def total_faults(fields: Json, is_amount: Any) -> Iterator[Problem]:
    """Yield what is wrong with totals in the place of lines."""
    apart = "transaction_amounts" in fields
    at = "/transaction_amounts/{}" if apart else "/{}_amount"
    told = totals_of(fields)
    wrong = [name for name in told if not is_amount(told[name])]
    yield from ((at.format(name), INVALID) for name in wrong)
    missing = [name for name in ("net", "total") if name not in told]
    yield from ((at.format(name), MANDATORY) for name in missing)
    if wrong or missing:
        return
    amounts = {name: exact(amount) for name, amount in told.items()}
    net, total = amounts["net"], amounts["total"]
    if total == 0 or ("tax" in amounts and abs(total - net - amounts["tax"]) > exact("0.01")):
        yield at.format("total"), INVALID
    elif "tax" not in amounts and net > total:
        yield at.format("net"), INVALID
