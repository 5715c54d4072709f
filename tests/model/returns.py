"""Reading the body of POST /purchases/{id}/returns (api.md): how much of which line comes back."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.model.exact import NOTHING, Json, exact
from tests.model.newest import is_amount, is_moment, is_text, said
from tests.model.posted import Posted, Returned
from tests.model.purchase import EXCLUSIVE, INVALID, MANDATORY, Problem, Refused

ITEM_FIELDS = {"line", "product_sku", "quantity"}


def check_return(body: Json) -> None:
    """Refuse a body whose fields are faulty, with all that is wrong with it."""
    problems = list(_faults(said(body)))
    if problems:
        raise Refused(*problems)


def _faults(fields: Json) -> Iterator[Problem]:
    known = ("reference_number", "products", "performed_on")
    yield from ((f"/{name}", INVALID) for name in fields if name not in known)
    if "reference_number" not in fields:
        yield "/reference_number", MANDATORY
    elif not is_text(fields["reference_number"]):
        yield "/reference_number", INVALID
    if "performed_on" in fields and not is_moment(fields["performed_on"]):
        yield "/performed_on", INVALID
    items = fields.get("products")
    if items is None:
        yield "/products", MANDATORY
    elif not isinstance(items, list) or not 1 <= len(items) <= 1000:
        yield "/products", INVALID
    else:
        for at, item in enumerate(items):
            yield from ((f"/products/{at}{pointer}", code) for pointer, code in _item_faults(item))


def _item_faults(item: Any) -> Iterator[Problem]:
    if not isinstance(item, dict):
        yield "", INVALID
        return
    fields = said(item)
    yield from ((f"/{name}", INVALID) for name in fields if name not in ITEM_FIELDS)
    if "line" in fields and "product_sku" in fields:
        yield "/product_sku", EXCLUSIVE
    if "line" not in fields and "product_sku" not in fields:
        yield "/line", MANDATORY
    line = fields.get("line", 0)
    if isinstance(line, bool) or not isinstance(line, int) or not 0 <= line < 1000:
        yield "/line", INVALID
    if "product_sku" in fields and not is_text(fields["product_sku"]):
        yield "/product_sku", INVALID
    if "quantity" in fields and not (is_amount(fields["quantity"]) and exact(fields["quantity"]) > 0):
        yield "/quantity", INVALID


def returned_after(posted: Posted, body: Json) -> tuple[Returned, list[Json]]:
    """Return how much of each line has come back with a return, and what of which line it brings.

    A product that several lines have comes back from the first of them first; without a quantity, all that is left
    does. Goods that the purchase does not have, or not any more, are refused.
    """
    if posted.is_cancelled:
        raise Refused(("", INVALID))
    lines, back = posted.purchase.lines, list(posted.returned)
    brought: dict[int, Fraction] = {}
    problems: list[Problem] = []
    for at, item in enumerate(said(one) for one in body["products"]):
        places = [item["line"]] if "line" in item else [
            place for place, line in enumerate(lines) if line.sku == item["product_sku"]
        ]  # fmt: skip
        left = {place: lines[place].quantity - back[place] for place in places if place < len(lines)}
        whole = sum(left.values(), NOTHING)
        wanted = exact(item["quantity"]) if "quantity" in item else whole
        if not whole or wanted > whole:
            problems.append((f"/products/{at}", INVALID))
            continue
        for place, rest in left.items():
            part = min(wanted, rest)
            if part:
                back[place] += part
                brought[place] = brought.get(place, NOTHING) + part
                wanted -= part
    if problems:
        raise Refused(*problems)
    return back, [
        {"line": place, "product_sku": lines[place].sku, "quantity": brought[place]} for place in sorted(brought)
    ]
