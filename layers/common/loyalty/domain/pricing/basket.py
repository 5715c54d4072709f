"""The lines of a purchase as offers look at them. What several offers look at is worked out once."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec import Struct

from loyalty.domain.money import ZERO
from loyalty.domain.programme.offers import Offer
from loyalty.domain.purchases.purchase import Line


class Portion(Struct, frozen=True):
    """Lines, by their places in the purchase, and what each of them brings to `base`: an amount, or pieces."""

    places: tuple[int, ...]
    weights: tuple[Decimal, ...]
    base: Decimal


class Basket:
    """Lines that offers earn on, until an exclusive one has them."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._free = tuple(range(len(lines)))
        self._about: dict[tuple[frozenset[str], frozenset[str]], tuple[tuple[int, ...], list[Line]]] = {}
        self._portions: dict[tuple[tuple[int, ...], Callable[[Line], Decimal]], Portion] = {}

    def about(self, offer: Offer) -> tuple[tuple[int, ...], list[Line]]:
        """Return the free lines that `offer` is about, by their places and themselves."""
        key = offer.products, offer.product_types
        found = self._about.get(key)
        if found is None:
            places = self._free
            if offer.products or offer.product_types:
                places = tuple(place for place in places if offer.is_about(self._lines[place]))
            found = self._about[key] = places, [self._lines[place] for place in places]
        return found

    def has_lines_for(self, offer: Offer) -> bool:
        """Return whether `offer` is about any of the lines, free or not."""
        return any(offer.is_about(line) for line in self._lines)

    def portion(self, places: tuple[int, ...], measure: Callable[[Line], Decimal]) -> Portion:
        """Return the lines at these places, by what each measures."""
        key = places, measure
        found = self._portions.get(key)
        if found is None:
            weights = tuple(map(measure, map(self._lines.__getitem__, places)))
            found = self._portions[key] = Portion(places, weights, sum(weights, ZERO))
        return found

    def take(self, places: Sequence[int]) -> None:
        """Let an exclusive offer have these lines: for all others it is as if they had not been bought."""
        self._free = tuple(place for place in self._free if place not in places)
        self._about.clear()
