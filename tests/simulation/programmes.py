"""The programmes that a call may go by: processes notice an import within a minute, and a product, a promo code or a
customer's name is read for itself, so that of two records of one file one may be new and the other not yet."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any, TypeVar

from tests.model.programme import Programme

NAME_SECONDS = 5.0
"""For how long a customer's name may lead to nobody, or to whom it led before, and a promo code be as it was before:
both are read with each purchase, as they were a moment ago."""

PROGRAMME_SECONDS = 90.0
"""For how long a process may go by an earlier programme: a minute after it was read, and a call that goes by it."""

OF_NAMES = frozenset({"contact", "account", "access_token", "invoice", "opening_balance", "promo_code"})
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
    """The programmes there were, beside the newest: until when, and whether what processes keep, and names that they do
    not keep, were changed then."""

    before: list[tuple[float, Rows, bool, bool]] = field(default_factory=list)
    _made: dict[tuple[int, int], "Drawn[Programme]"] = field(default_factory=dict)

    def keep(self, until: float, programme: Programme, changed: Iterable[Any]) -> None:
        """Keep a programme that is about to be another, by these records."""
        are_names = {record["type"] in OF_NAMES for record in changed}
        self.before.append((until, dict(programme.rows), False in are_names, True in are_names))
        self._made.clear()

    def since(self, moment: float, newest: Programme) -> Iterable[Programme]:
        """Return the programmes that a call of a moment may go by, beside the newest; the latest first."""
        ends = [until for until, *_ in self.before]
        place = bisect_left(ends, moment - PROGRAMME_SECONDS), bisect_left(ends, moment - NAME_SECONDS)
        if place not in self._made:
            self._made[place] = Drawn(self._make(*place, newest))
        return self._made[place]

    def _make(self, first: int, first_of_names: int, newest: Programme) -> Iterator[Programme]:
        """Return each programme that processes may have, with names of each moment of the last."""
        of_processes = [newest.rows, *(rows for _, rows, is_kept, _ in reversed(self.before[first:]) if is_kept)]
        of_names = [newest.rows, *(rows for _, rows, _, is_named in reversed(self.before[first_of_names:]) if is_named)]
        kept = [_of_processes(rows) | _of_names(names) for names in of_names for rows in of_processes]
        for names in _namings(kept):
            for rows in kept if names else kept[1:]:
                yield _named(Programme.of_rows(rows), names)


def _of_processes(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] not in OF_NAMES}


def _of_names(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] in OF_NAMES}


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
