"""Finding the offers that a purchase can match, without looking at all the others."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from loyalty.domain.programme.conditions import Occasion
from loyalty.domain.programme.offers import EFFECTIVE, Offer, Offers


class OfferIndex:
    """Offers by the business units, products and product types that their conditions name.

    A set of offers is an int here, one bit for each, the lowest bit for the first of `offers`: so sets of thousands
    are united and intersected at once, and come out in order.
    """

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._effective = _set_of(state == EFFECTIVE for state in offers.states)
        conditions = offers.restrictions
        self._by_unit = _Facet([one.business_units or () for one in conditions])
        self._by_product = _Facet([one.products or () for one in conditions])
        self._by_product_type = _Facet([one.product_types or () for one in conditions])

    def possible(self, occasion: Occasion) -> Iterator[Offer]:
        """Return the offers, in their order, that are not ruled out by where and what was bought."""
        products = [line.product for line in occasion.purchase.lines if line.product]
        found = (
            self._effective
            & self._by_unit.matching(occasion.units)
            & self._by_product.matching(product.id for product in products)
            & self._by_product_type.matching(product.product_type_id for product in products)
        )
        while found:
            lowest = found & -found
            yield self._offers[lowest.bit_length() - 1]
            found ^= lowest


class _Facet:
    """Sets of offers by the value of one condition; an offer that does not have the condition matches every value."""

    def __init__(self, values: Sequence[Collection[str]]) -> None:
        self._any = _set_of(not wanted for wanted in values)
        self._places: dict[str | None, list[int]] = defaultdict(list)
        self._sets: dict[str | None, int] = {}
        for place, wanted in enumerate(values):
            for value in wanted:
                self._places[value].append(place)

    def matching(self, values: Iterable[str | None]) -> int:
        """Return the offers that match at least one of `values`."""
        found = self._any
        if self._places:
            for value in values:
                if value in self._places:
                    found |= self._set(value)
        return found

    def _set(self, value: str | None) -> int:
        """Return the offers that name a value; made when it is first asked for."""
        if value not in self._sets:
            self._sets[value] = sum(1 << place for place in set(self._places[value]))
        return self._sets[value]


def _set_of(members: Iterable[bool]) -> int:
    """Return the set of the places at which there is a member."""
    digits = "".join(["1" if is_member else "0" for is_member in members])
    return int(digits[::-1] or "0", 2)
