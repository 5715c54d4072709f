"""Proving reference numbers: each leads to one of the purchases that have it, and counts them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Set

from loyalty.domain.identity import Origin
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import Deviation
from loyalty.store import keys
from loyalty.store.attributes import Item, key_of
from loyalty.store.events import Event, is_event
from loyalty.store.keys import Key
from loyalty.store.table import WholeTable
from loyalty.usecases.proofs.legible import legible
from loyalty.usecases.proofs.verify_wallets import readable

MAX_READINGS = 3
"""How often the table is read again for reference numbers that are counted while it is read."""

COUNTED = "a reference number counts the purchases that are filed under it, and leads to one of them"

_NOTHING = (0, "nothing")
"""What a reference number counts and leads to that is not there."""

_OF_CLASSIC_CALLS = (Origin.EXTERNAL, Origin.KEY, Origin.CONTENT, Origin.NUMBER)


def filed_under(event: Event) -> tuple[Key, bool] | None:
    """Return the reference number that an event is filed under, None where it is under none; and whether that is told
    of it, or only possible, as older versions did not tell."""
    may_be = event.link is None and event.entry.type is EventType.PURCHASE and event.origin in _OF_CLASSIC_CALLS
    if not (event.filed or may_be) or not event.partner_id or event.entry.reference_number is None:
        return None
    return keys.reference_number(event.partner_id, event.entry.reference_number), event.filed


class References:
    """What a scan has shown of reference numbers, and of the purchases that are filed under them."""

    def __init__(self) -> None:
        self._items: dict[Key, tuple[int, str]] = {}
        self._filed: dict[Key, list[str]] = defaultdict(list)
        self._perhaps: dict[Key, list[str]] = defaultdict(list)

    def file(self, key: Key, event_id: str, *, certain: bool) -> None:
        """Take in a purchase that is filed under a reference number, or may be."""
        (self._filed if certain else self._perhaps)[key].append(event_id)

    def take(self, item: Item) -> None:
        """Sort a reference number in."""
        self._items[key_of(item)] = int(item.get("used", 0)), item.get("event_id", "nothing")

    @property
    def suspects(self) -> set[Key]:
        """Reference numbers that do not agree with what was seen of their purchases."""
        return {key for key in self._items.keys() | self._filed.keys() if not self._holds(key)}

    def _holds(self, key: Key) -> bool:
        used, last = self._items.get(key, _NOTHING)
        filed, perhaps = self._filed.get(key, []), self._perhaps.get(key, [])
        return len(filed) <= used <= len(filed) + len(perhaps) and (last in filed or last in perhaps)

    def listed(self, among: Set[Key] | None = None) -> Iterator[Deviation]:
        """Return what does not hold, of those keys if there are any named."""
        for key in sorted(self.suspects if among is None else self.suspects & among):
            used, last = self._items.get(key, _NOTHING)
            filed = [*self._filed.get(key, ()), *self._perhaps.get(key, ())]
            found = f"counts {used} and leads to {last}; filed under it: {', '.join(sorted(filed)) or 'none'}"
            yield Deviation(None, None, COUNTED, f"{key.pk}: {found}")


def recounted(table: WholeTable, suspects: Collection[Key]) -> Iterator[Deviation]:
    """Return what does not hold of the suspects, from a reading of the table during which each stood still; or that
    there was none."""
    left = set(suspects)
    for _ in range(MAX_READINGS):
        if not left:
            return
        before = table.get_many(left, consistent=True)
        recount = _recount(table, left)
        for item in before.values():
            recount.take(legible(item)[0])
        after = table.get_many(left, consistent=True)
        still = {key for key in left if before.get(key) == after.get(key)}
        yield from recount.listed(still)
        left -= still
    for key in sorted(left):
        found = f"it changed during each of {MAX_READINGS} readings, so it is not proven: verify again"
        yield Deviation(None, None, COUNTED, f"{key.pk}: {found}")


def _recount(table: WholeTable, suspects: Collection[Key]) -> References:
    recount = References()
    for item in table.scan():
        if is_event(item) and (seen := readable(item)) and (filed := filed_under(seen.event)) and filed[0] in suspects:
            recount.file(filed[0], seen.event.entry.event_id, certain=filed[1])
    return recount
