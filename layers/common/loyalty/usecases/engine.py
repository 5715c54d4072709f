"""The tools of the use cases of one process, passed as one value."""

from typing import NamedTuple, Self

from loyalty.store.backoff import Pause, pause
from loyalty.store.catalogue import Catalogue
from loyalty.store.numbers import Numbers
from loyalty.store.table import Table


class Engine(NamedTuple):
    """The table, its cached records, the numbers that are leased from it, and the pause between attempts.

    It is made once and lives as long as its process; making it reads nothing. The partner, the time and the request are
    arguments of each call.
    """

    table: Table
    catalogue: Catalogue
    numbers: Numbers
    pause: Pause = pause

    @classmethod
    def on(cls, table: Table, pause: Pause = pause) -> Self:
        """Return an engine that works on a table and has cached nothing of it yet."""
        return cls(table, Catalogue(table), Numbers(table), pause)

    def forget(self) -> None:
        """Forget what no other process may have as well: the leased numbers, and how new the programme is."""
        self.numbers.forget()
        self.catalogue.forget()

    def for_dry_run(self, table: Table) -> Self:
        """Return an engine that writes to another table, under the programme of this one."""
        return self._replace(table=table, numbers=Numbers(table))
