"""Proving what all accounts together have used: every counter of a budget or promo code against the whole journal."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Any

from loyalty.domain.money import ZERO
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, is_kept, key_of
from loyalty.store.events import Event, is_event
from loyalty.store.keys import Key
from loyalty.store.table import WholeTable
from loyalty.usecases.proofs.legible import legible
from loyalty.usecases.proofs.verify_wallets import readable
from loyalty.usecases.purchases.shared_limits import budget_key, promo_code_key

MAX_READINGS = 3
"""How often the table is read again for counters that keep moving while it is read."""


COUNTERS_COUNT = "a budget's or promo code's counter is what its events used of it"
WITHIN = "all accounts together use no more of a budget or promo code than its limit"


class Counters:
    """The counters of a scan, and the events that moved them."""

    def __init__(self) -> None:
        self._used: dict[Key, Decimal] = {}
        self._limits: dict[Key, Decimal] = {}
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
        self._used[key_of(item)] = _used_in(item)

    def take_limit(self, record: Mapping[str, Any]) -> None:
        """Take in a record that may limit what all accounts use together.

        Raises:
            ValueError: the limit is no number that a table keeps.
        """
        match record:
            case {"type": "reward_offer", "id": offer_id, "limits": {"budget": budget}}:
                self._limits[budget_key(offer_id)] = _limit(budget)
            case {"type": "promo_code", "id": code_id, "maximum_uses": maximum}:
                self._limits[promo_code_key(code_id)] = _limit(maximum)

    def add(self, other: "Counters") -> None:
        """Take in what was seen elsewhere, of other items."""
        self._used |= other._used
        self._limits |= other._limits
        for key, amount in other._journal.items():
            self._journal[key] += amount

    def beyond(self) -> Iterator[Deviation]:
        """Return the counters that are beyond what they are limited to today. An earlier limit may have allowed it, as
        nothing keeps what limits were."""
        for key, limit in sorted(self._limits.items()):
            if (used := self._used.get(key, ZERO)) > limit:
                yield Deviation(None, None, WITHIN, f"{keys.counter_subject(key)}: {used} on the counter, of {limit}")

    @property
    def suspects(self) -> set[Key]:
        """Counters that do not agree with what was seen of their events."""
        return {key for key in self._used.keys() | self._journal.keys() if not self._holds(key)}

    def _holds(self, key: Key) -> bool:
        """Return whether a counter is what its events used. It is there, even at zero, once one used it; not before."""
        return key in self._used and key in self._journal and self._used[key] == self._journal[key]

    def listed(self, among: Set[Key] | None = None) -> Iterator[Deviation]:
        """Return the counters that do not agree with what was seen of their events, of those keys if there are any
        named."""
        for key in sorted(self.suspects if among is None else self.suspects & among):
            counted = f"{self._used[key]} on the counter" if key in self._used else "there is no counter"
            used = f"{self._journal[key]} in the journal" if key in self._journal else "no event used it"
            yield _deviation(key, f"{counted}, {used}")

    def deviations(self, table: WholeTable) -> Iterator[Deviation]:
        """Return what does not hold of the suspects, from a reading of the table during which each stood still; or that
        there was none."""
        suspects = self.suspects
        for _ in range(MAX_READINGS):
            if not suspects:
                return
            before, recount = table.get_many(suspects, consistent=True), Counters()
            for item in table.scan():
                if is_event(item) and (seen := readable(item)):
                    recount.take(seen.event)
            for item in before.values():
                recount.take_counter(legible(item)[0])
            after = table.get_many(suspects, consistent=True)
            still = {key for key in suspects if before.get(key) == after.get(key)}
            yield from recount.listed(still)
            suspects -= still
        for key in sorted(suspects):
            yield _deviation(
                key, f"it changed during each of {MAX_READINGS} readings, so it is not proven: verify again"
            )


def _limit(told: Any) -> Decimal:
    limit = Decimal(told)
    if not is_kept(limit):
        raise ValueError(told)
    return limit


def _used_in(counter: Item) -> Decimal:
    used: Decimal = counter.get("used", ZERO)  # which is told already where it cannot be read
    return used


def _deviation(key: Key, found: str) -> Deviation:
    what = keys.counter_subject(key)
    return Deviation(None, None, COUNTERS_COUNT, f"{what}: {found}")
