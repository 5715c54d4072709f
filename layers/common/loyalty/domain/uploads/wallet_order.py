"""The order of a chunk's rows: whatever happens, a wallet's rows are posted in the order of the file, as a later one
may spend what an earlier one earned."""

from collections.abc import Callable, Hashable, Iterable, Mapping

Wallets = Mapping[int, Hashable]
"""By the numbers of rows in their order, whose wallet each moves; None if it names nobody, and so moves none."""


class WalletOrder:
    """The order of some rows, and which of them are held back: those behind one that has no outcome, in its wallet.

    `wallets_of` is asked once, when something is to be held back. With `is_lax`, nothing is: what has no outcome by
    then will not be tried any more.
    """

    def __init__(self, wallets_of: Callable[[], Wallets], *, is_lax: bool = False) -> None:
        self.held: set[int] = set()
        self._wallets_of = wallets_of
        self._is_lax = is_lax
        self._wallets: Wallets | None = None

    def hold_behind(self, rows: Iterable[int]) -> None:
        """Hold back what stands behind these rows, as they have no outcome."""
        if not self._is_lax:
            self.held |= self.behind(rows)

    def behind(self, rows: Iterable[int]) -> set[int]:
        """Return the rows behind the first of `rows` in each of their wallets."""
        first: dict[Hashable, int] = {}
        for row in sorted(rows):
            first.setdefault(self._of_row[row], row)
        first.pop(None, None)
        if not first:
            return set()
        return {row for row, wallet in self._of_row.items() if wallet in first and row > first[wallet]}

    def wallets(self, rows: Iterable[int]) -> int:
        """Return how many wallets these rows move."""
        return len({self._of_row[row] for row in rows})

    @property
    def _of_row(self) -> Wallets:
        if self._wallets is None:
            self._wallets = self._wallets_of()
        return self._wallets
