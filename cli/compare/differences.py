"""Two answers to one call, field by field."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any, NamedTuple

from cli.compare.by_design import GIVEN_OUT, LATER_RELEASE, MISSING, FieldPair, reason_of
from cli.compare.told_ids import ToldIds, kind_of_id
from loyalty.domain.money import ZERO


class ComparedField(NamedTuple):
    """A field of both answers: whether it `agrees`; or else, why it differs by design, None for a disagreement."""

    pair: FieldPair
    agrees: bool
    reason: str | None = None


def compare_answers(theirs: Any, ours: Any, request: Any, told: ToldIds) -> Iterator[ComparedField]:
    """Compare what the vendor answered with what we do. Lists are sets: their items are found by what names them."""
    for pair in _fields(theirs, ours, request):
        if pair.theirs is MISSING and not pair.pointer.rpartition("/")[2].isdigit():
            yield ComparedField(pair, agrees=False, reason=LATER_RELEASE)
        elif (kind := kind_of_id(pair.pointer)) and isinstance(pair.theirs, str) and isinstance(pair.ours, str):
            is_known = told.agree(kind, pair.theirs, pair.ours)
            yield ComparedField(pair, is_known and pair.theirs == pair.ours, GIVEN_OUT if is_known else None)
        elif _are_equal(pair.theirs, pair.ours):
            yield ComparedField(pair, agrees=True)
        else:
            yield ComparedField(pair, agrees=False, reason=reason_of(pair))


def _are_equal(theirs: Any, ours: Any) -> bool:
    return isinstance(theirs, bool) == isinstance(ours, bool) and bool(theirs == ours)


def _fields(
    theirs: Any, ours: Any, request: Any, at: str = "", beside: Mapping[str, Any] | None = None
) -> Iterator[FieldPair]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        theirs, ours = _normal(theirs), _normal(ours)
        for name in dict.fromkeys((*theirs, *ours)):
            inner = theirs.get(name, MISSING), ours.get(name, MISSING)
            yield from _fields(*inner, request, f"{at}/{name}", theirs)
    elif isinstance(theirs, list) and isinstance(ours, list):
        name_of = _NAMED_BY.get(at.rpartition("/")[2], ())
        for place, inner in enumerate(_side_by_side(theirs, ours, name_of)):
            yield from _fields(*inner, request, f"{at}/{place}", beside)
    else:
        yield FieldPair(at, theirs, ours, beside or {}, request)


def _normal(answered: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object with `id` in the place of `Id` (row 33)."""
    return {"id" if name == "Id" else name: value for name, value in answered.items()}


def _side_by_side(theirs: Sequence[Any], ours: Sequence[Any], name_of: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Return items of both lists that are the same one; those without a counterpart with MISSING."""
    groups: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, items in enumerate((theirs, ours)):
        for item in items:
            groups[_value_at(item, name_of)][side].append(item)
    for of_theirs, of_ours in groups.values():
        yield from zip_longest(sorted(of_theirs, key=_amount), sorted(of_ours, key=_amount), fillvalue=MISSING)


def _value_at(item: Any, steps: Sequence[str]) -> str:
    for step in steps:
        item = item.get(step) if isinstance(item, dict) else None
    return item if isinstance(item, str) else ""


_NAMED_BY: Mapping[str, Sequence[str]] = {
    "products_set": ("product", "code"),
    "processed_customer_events_set": ("request_unique_identifier",),
    "unprocessed_customer_events_set": ("request_unique_identifier",),
    "applied_reward_offers_set": ("id",),
    "voucher_types_set": ("id",),
    "spend_reward_transactions_set": ("spend_method",),
    "products": ("product_sku",),
    "awards": ("offer_id",),
    "spends": ("method",),
    "why": ("offer_id",),
}
"""What names an item of a list. Items of other lists, and items of one name, are taken in their order."""


def _amount(item: Any) -> Decimal:
    """Return what items of one name are put in order by: lines of a product by their total; others stay as they are."""
    total = item.get("total_amount") if isinstance(item, dict) and "quantity" in item else None
    return Decimal(total) if isinstance(total, int | Decimal) else ZERO
