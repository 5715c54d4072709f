"""Which rows go together: wallets are dealt out to shards, and a wallet's rows all land in its shard, in order."""

import zlib
from collections.abc import Callable, Mapping, Sequence

from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.chunk import Shard

AccountsOf = Callable[[Sequence[Reference]], Mapping[Reference, str]]
"""The ids of the accounts that customers' names lead to, as far as they lead to one."""


class Shards:
    """The shards of one upload."""

    def __init__(self, count: int, accounts_of: AccountsOf) -> None:
        self.all = [Shard(number) for number in range(count)]
        self._accounts_of = accounts_of

    def of(self, names: Sequence[Reference | None]) -> list[Shard]:
        """Return the shard of each of these customers: by the account, so that all names of a wallet lead to the same;
        else by the name itself. A row that names nobody will be refused, so any shard will do."""
        accounts = self._accounts_of([name for name in names if name])
        return [
            self.all[_number(accounts.get(name, f"{name.by} {name.value}")) % len(self.all)] if name else self.all[0]
            for name in names
        ]

    def settle(self) -> None:
        """See `Shard.settle`."""
        for shard in self.all:
            shard.settle()


def _number(text: str) -> int:
    return zlib.crc32(text.encode(errors="surrogatepass"))  # JSON can say half a character
