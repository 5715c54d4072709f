"""Proving the counters that numbers are leased from: none is behind a number that an event tells."""

from collections.abc import Iterator
from decimal import Decimal

from loyalty.domain.events.documents import PurchaseDocument
from loyalty.domain.money import ZERO
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item
from loyalty.store.events import Event
from loyalty.store.numbers import KINDS
from loyalty.store.table import Table
from loyalty.usecases.proofs.legible import legible

NOT_GIVEN_AGAIN = "no number is given a second time: what numbers are leased from is not behind those that events tell"


class LargestNumbers:
    """The largest number of each kind that the events of a scan tell, and what numbers are leased from."""

    def __init__(self) -> None:
        self._told: dict[str, int] = dict.fromkeys(KINDS, 0)
        self._leased: Item = {}

    def take(self, event: Event) -> None:
        """Sort an event in."""
        if isinstance(event.document, PurchaseDocument):
            for kind, number in _numbers_in(event.document):
                if number.isdecimal():
                    self._told[kind] = max(self._told[kind], int(number))

    def take_counters(self, item: Item) -> None:
        """Take in what numbers are leased from."""
        self._leased = item

    def add(self, other: "LargestNumbers") -> None:
        """Take in what was seen elsewhere, of other items."""
        self._leased = other._leased or self._leased
        self._told = {kind: max(number, other._told[kind]) for kind, number in self._told.items()}

    def deviations(self, table: Table) -> Iterator[Deviation]:
        """Return which counters are behind by now: each was leased from before an event told of it."""
        self.take_counters(legible(table.get(keys.NUMBERS, consistent=True) or keys.NUMBERS._asdict())[0])
        yield from self.listed()

    def listed(self) -> Iterator[Deviation]:
        """Return the counters that are behind."""
        for kind, told in self._told.items():
            leased: Decimal = self._leased.get(kind, ZERO)
            if leased < told:
                yield Deviation(None, None, NOT_GIVEN_AGAIN, f"{kind}: {leased} on the counter, an event tells {told}")


def _numbers_in(document: PurchaseDocument) -> Iterator[tuple[str, str]]:
    yield "purchase", document.number
    yield "spend_request", document.unspent_request or ""
    for award in document.awards:
        yield "award", award.number
    for spend in document.spends:
        yield "spend", spend.number
        yield "spend_request", spend.request_number
