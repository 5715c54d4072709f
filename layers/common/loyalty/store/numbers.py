"""Numbers of records: unique and growing per kind, but not without gaps, as each container leases a block at a time."""

from collections.abc import Mapping

from loyalty.store import keys
from loyalty.store.table import Table

BLOCK = 100
"""Numbers leased at a time: one write for as many purchases, and a hundred numbers lost with a container."""

KINDS = ("purchase", "award", "spend", "spend_request")


class Numbers:
    """The numbers that one container may give."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._next: dict[str, int] = {}
        self._last: Mapping[str, int] = {}
        self._block = BLOCK

    def reserve(self, count: int) -> None:
        """See to it that `count` numbers of each kind can be taken without another write; and lease as many at a time
        from now on, as whoever takes so many may need more of one kind."""
        self._block = max(BLOCK, count)
        left = min((self._last.get(kind, 0) - self._next.get(kind, 1) + 1 for kind in KINDS), default=0)
        if left < count:
            self._lease(count)

    def take(self, kind: str, count: int = 1) -> list[str]:
        """Return the next `count` numbers of a kind."""
        if not count:
            return []
        first = self._next.get(kind, 1)
        if first + count - 1 > self._last.get(kind, 0):
            self._lease(count)
            first = self._next[kind]
        self._next[kind] = first + count
        return [str(number) for number in range(first, first + count)]

    def forget(self) -> None:
        """Give up what is left of the numbers that were leased."""
        self._next, self._last = {}, {}

    def _lease(self, count: int) -> None:
        """A block of each kind, of at least `count`, which is one write as well."""
        size = max(self._block, count)
        self._last = self._table.add(keys.NUMBERS, dict.fromkeys(KINDS, size))
        self._next = {kind: last - size + 1 for kind, last in self._last.items()}
