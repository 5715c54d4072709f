"""Finding the offers that a purchase can match, without looking at all the others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from loyalty.domain.programme.conditions import Occasion
from loyalty.domain.programme.offers import Offer


class OfferIndex:
    """Offers by the business units, products and product types that their conditions name.

    A set of offers is an int here, one bit for each, the lowest bit for the first of `offers`: so sets of thousands
    are united and intersected at once, and come out in order.
    """

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._effective = sum(1 << place for place, offer in enumerate(offers) if offer.effective)
        self._by_unit = _Facet(offer.business_units for offer in offers)
        self._by_product = _Facet(offer.products for offer in offers)
        self._by_product_type = _Facet(offer.product_types for offer in offers)

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

    def __init__(self, values: Iterable[frozenset[str]]) -> None:
        self._any = 0
        self._by_value: dict[str | None, int] = defaultdict(int)
        for place, wanted in enumerate(values):
            if not wanted:
                self._any |= 1 << place
            for value in wanted:
                self._by_value[value] |= 1 << place

    def matching(self, values: Iterable[str | None]) -> int:
        """Return the offers that match at least one of `values`."""
        found = self._any
        if self._by_value:
            for value in values:
                found |= self._by_value.get(value, 0)
        return found
