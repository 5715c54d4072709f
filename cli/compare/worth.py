"""What differences are worth in money: in each call, of each kind of money, once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cli.compare.by_design import MISSING, FieldPair
from loyalty.domain.money import ZERO

_KINDS: Mapping[str, str] = {
    "awarded": r".*/(?:total_awarded_amount|total_award_amount|awarded)"
    r"|.*/(?:award_reward_transactions_set|awards)/\d+/amount",
    "spent": r".*/(?:total_spend_amount|total_(?:instant|automatic)_spend_amount|spent|spend_amount)"
    r"|.*/(?:spend_reward_transactions_set/\d+|spend_reward_transaction)/total_amount|.*/spends/\d+/amount",
    "bill": r"(?:/data|/data/purchase_customer_event)?/total_amount|.*/(?:products_set|products)/\d+/total_amount",
    "balance": r".*/(?:wallet_balance|balance)",
}
"""The fields that tell each kind of money, by pointer."""

_PATTERNS = {kind: re.compile(pointers) for kind, pointers in _KINDS.items()}
_PLACE = re.compile(r"/\d+(?=/|$)")

POSTED, PREVIEWED, SHOWN = "posted", "previewed", "shown"
EFFECTS = {
    "preview_purchase": PREVIEWED,
    "classic_preview_purchase": PREVIEWED,
    "show_purchase": SHOWN,
    "classic_show_purchase": SHOWN,
    "show_wallet": SHOWN,
}
"""Routes whose answers tell money that they do not move."""


@dataclass(slots=True)
class Worth:
    """One kind of money: in how many calls it differs, by how much we are above the vendor in some of them, and below
    it in others."""

    calls: int = 0
    above: Decimal = ZERO
    below: Decimal = ZERO

    def add(self, amount: Decimal) -> None:
        """Count a call in which we are that much above the vendor."""
        self.calls += 1
        self.above += max(amount, ZERO)
        self.below -= min(amount, ZERO)


def pattern_of(pointer: str) -> str:
    """Return a pointer with a `*` for each place in a list."""
    return _PLACE.sub("/*", pointer)


def worth_of_field(pair: FieldPair) -> Decimal | None:
    """Return how much we are above the vendor in a field; None if it tells no money."""
    amounts = list(_amounts(pair))
    return sum((amount for _, _, amount in amounts), ZERO) if amounts else None


def worth_of_call(disagreements: Iterable[FieldPair]) -> dict[str, Decimal]:
    """Return how much we are above the vendor in one call, by kind of money.

    An answer tells the same money several times, as a total and by its parts: what differs most of these tellings is
    what it is worth, or else it would count as often as it is told.
    """
    by_telling: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pair in disagreements:
        for kind, telling, amount in _amounts(pair):
            by_telling[kind][telling] += amount
    return {kind: max(tellings.values(), key=abs) for kind, tellings in by_telling.items()}


def _amounts(pair: FieldPair) -> Iterator[tuple[str, str, Decimal]]:
    """Return the amounts in a field, or within what only one side has there: kind, which telling of it, difference."""
    theirs, ours = dict(_leaves(pair.theirs, pair.pointer)), dict(_leaves(pair.ours, pair.pointer))
    for pointer in theirs.keys() | ours.keys():
        kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(pointer)), None)
        mine, vendors = (_amount_in(side.get(pointer)) for side in (ours, theirs))
        if kind and (mine is not None or vendors is not None):
            yield kind, pattern_of(pointer), (mine or ZERO) - (vendors or ZERO)


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, f"{at}/{name}")
    elif value is not MISSING:
        yield at, value


def _amount_in(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
