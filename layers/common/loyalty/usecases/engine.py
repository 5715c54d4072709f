"""What the use cases of one process work with, so that they are handed one thing and not its parts one by one."""

from typing import NamedTuple, Self

from loyalty.store.backoff import Pause, pause
from loyalty.store.catalogue import Catalogue
from loyalty.store.numbers import Numbers
from loyalty.store.table import Table


class Engine(NamedTuple):
    """The table, what is remembered of it, the numbers that are leased from it, and how to wait for others.

    It is made once and lives as long as its process; making it reads nothing. Who calls, when, and what about, are
    arguments of each call.
    """

    table: Table
    catalogue: Catalogue
    numbers: Numbers
    pause: Pause = pause

    @classmethod
    def on(cls, table: Table, pause: Pause = pause) -> Self:
        """Return an engine that works on a table and remembers nothing of it yet."""
        return cls(table, Catalogue(table), Numbers(table), pause)

    def rehearsing_on(self, table: Table) -> Self:
        """Return an engine that writes to another table, under the programme that this one knows."""
        return self._replace(table=table, numbers=Numbers(table))
