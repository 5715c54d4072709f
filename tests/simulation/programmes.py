"""The programmes that a call may go by: processes notice an import within a minute, and a product or a customer's name
is read for itself, so that of two records of one file one may be new and the other not yet."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any, TypeVar

from tests.model.programme import Programme

NAME_SECONDS = 5.0
"""For how long a customer's name may lead to nobody, or to whom it led before: names are read as they were a moment
ago."""

PROGRAMME_SECONDS = 90.0
"""For how long a process may go by an earlier programme: a minute after it was read, and a call that goes by it."""

OF_CUSTOMERS = frozenset({"contact", "account", "access_token", "invoice", "opening_balance"})
"""Types of record that no process keeps."""

Rows = dict[tuple[str, str], Any]

T = TypeVar("T")


class Drawn(Iterable[T]):
    """What an iterator returns, each of it made when it is asked for first: few look at more than the beginning."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._known: list[T] = []

    def __iter__(self) -> Iterator[T]:
        for place in count():
            if place == len(self._known):
                try:
                    self._known.append(next(self._source))
                except StopIteration:
                    return
            yield self._known[place]


@dataclass
class Programmes:
    """The programmes there were, beside the newest: until when, and whether processes keep what was changed then."""

    before: list[tuple[float, Rows, bool]] = field(default_factory=list)
    _made: dict[tuple[int, int], "Drawn[Programme]"] = field(default_factory=dict)

    def keep(self, until: float, programme: Programme, changed: Iterable[Any]) -> None:
        """Keep a programme that is about to be another, by these records."""
        is_kept = any(record["type"] not in OF_CUSTOMERS for record in changed)
        self.before.append((until, dict(programme.rows), is_kept))
        self._made.clear()

    def since(self, moment: float, newest: Programme) -> Iterable[Programme]:
        """Return the programmes that a call of a moment may go by, beside the newest; the latest first."""
        ends = [until for until, _, _ in self.before]
        place = bisect_left(ends, moment - PROGRAMME_SECONDS), bisect_left(ends, moment - NAME_SECONDS)
        if place not in self._made:
            self._made[place] = Drawn(self._make(*place, newest))
        return self._made[place]

    def _make(self, first: int, first_of_names: int, newest: Programme) -> Iterator[Programme]:
        kept = [newest.rows]
        for at in range(len(self.before) - 1, first - 1, -1):
            _, rows, is_kept = self.before[at]
            if is_kept:
                kept.append(_of_processes(rows) | _of_customers(newest.rows))
            if at >= first_of_names:
                kept.append(rows)
        for names in _namings(kept):
            for rows in kept if names else kept[1:]:
                yield _named(Programme.of_rows(rows), names)


def _of_processes(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] not in OF_CUSTOMERS}


def _of_customers(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] in OF_CUSTOMERS}


def _namings(kept: list[Rows]) -> Iterator[Mapping[str, str]]:
    """Return which product each code may lead to that has led to several: first none but as the programmes have it."""
    yield {}
    leads: dict[str, set[str]] = {}
    for rows in kept:
        for (kind, id_), row in rows.items():
            if kind == "product":
                leads.setdefault(row["code"], set()).add(id_)
    several = {code: sorted(ids) for code, ids in leads.items() if len(ids) > 1}
    if several:
        for chosen in product(*several.values()):
            yield dict(zip(several, chosen, strict=True))


def _named(programme: Programme, names: Mapping[str, str]) -> Programme:
    for code, id_ in names.items():
        programme.name("product", "code", code, id_)
    return programme
