"""Proving what all accounts together have used: every counter of a budget or promo code against the whole journal."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from loyalty.domain.money import ZERO
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys, ledger
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.table import WholeTable
from loyalty.usecases.ledger.transaction_batch import read_used
from loyalty.usecases.purchases.shared_limits import budget_key, promo_code_key

MAX_READINGS = 3
"""How often the table is read again for counters that keep moving while it is read."""


class Counters:
    """The counters of a scan, and the events that moved them."""

    def __init__(self) -> None:
        self._used: dict[Key, Decimal] = {}
        self._journal: dict[Key, Decimal] = defaultdict(Decimal)

    def take(self, event: Event) -> None:
        """Sort an event in."""
        if event.document is None:
            return
        for offer_id, amount in event.document.budgets.items():
            self._journal[budget_key(offer_id)] += amount
        for code_id in event.document.codes:
            self._journal[promo_code_key(code_id)] += -1 if event.entry.type.reverses else 1

    def take_counter(self, item: Item) -> None:
        """Sort a counter in."""
        self._used[key_of(item)] = item["used"]

    @property
    def suspects(self) -> set[Key]:
        """Counters that do not agree with what was seen of their events."""
        return {
            key
            for key in self._used.keys() | self._journal.keys()
            if self._used.get(key, ZERO) != self._journal.get(key, ZERO)
        }

    def deviations(self, table: WholeTable) -> Iterator[Deviation]:
        """Return what does not hold of the suspects, from a reading of the table during which each stood still; or that
        there was none."""
        suspects = self.suspects
        for _ in range(MAX_READINGS):
            if not suspects:
                return
            used, recount = read_used(table, suspects), Counters()
            for event in ledger.scan_events(table):
                recount.take(event)
            after = read_used(table, suspects)
            for key in sorted(key for key in suspects if used[key] == after[key] != recount._journal[key]):
                yield _deviation(key, f"{used[key]} on the counter, {recount._journal[key]} in the journal")
            suspects = {key for key in suspects if used[key] != after[key]}
        for key in sorted(suspects):
            yield _deviation(
                key, f"it changed during each of {MAX_READINGS} readings, so it is not proven: verify again"
            )


def _deviation(key: Key, found: str) -> Deviation:
    what = keys.used_of(key)
    return Deviation(None, None, "a budget's or promo code's counter is what its events used of it", f"{what}: {found}")
