"""The programmes that a call may go by: processes notice an import within a minute of its being published, and a
product, a promo code or a customer's name is read for itself, so that of two records one may be new and the other not
yet. The account is read after its names, consistently."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, product
from typing import Any, TypeVar

from loyalty.store.reference import PROGRAMME_TYPES
from tests.model.programme import Programme

NAME_SECONDS = 5.0
"""For how long a customer's name may lead to nobody, or to whom it led before, and a promo code be as it was before:
both are read with each purchase, as they were a moment ago."""

PROGRAMME_SECONDS = 90.0
"""For how long a process may go by an earlier programme: a minute after it was read, and a call that goes by it."""

OF_NAMES = frozenset({"account", "contact", "access_token", "invoice", "opening_balance", "promo_code"})
"""Types of record that no process keeps."""

ACCOUNT, PROMO_CODE = "account", "promo_code"

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


@dataclass(frozen=True)
class Before:
    """The records as they were until a moment, the types of those that were changed then, and when that counted."""

    until: float
    rows: Rows
    changed: frozenset[str]
    published: float


@dataclass
class Programmes:
    """The programmes there were, beside the newest."""

    before: list[Before] = field(default_factory=list)
    _made: dict[tuple[int, int], "Drawn[Programme]"] = field(default_factory=dict)

    def keep(self, until: float, programme: Programme, changed: Iterable[Any]) -> None:
        """Keep a programme that is about to be another, by these records."""
        types = frozenset(record["type"] for record in changed)
        published = until if types.isdisjoint(PROGRAMME_TYPES) else math.inf
        self.before.append(Before(until, dict(programme.rows), types, published))
        self._made.clear()

    def publish(self, at: float) -> None:
        """Let what was changed so far count."""
        self.before = [replace(one, published=min(one.published, at)) for one in self.before]
        self._made.clear()

    def since(self, moment: float, newest: Programme) -> Iterable[Programme]:
        """Return the programmes that a call of a moment may go by, beside the newest; the latest first."""
        counted = moment - PROGRAMME_SECONDS
        first = next((place for place, one in enumerate(self.before) if one.published >= counted), len(self.before))
        place = first, bisect_left([one.until for one in self.before], moment - NAME_SECONDS)
        if place not in self._made:
            self._made[place] = Drawn(self._make(*place, newest))
        return self._made[place]

    def _make(self, first: int, first_of_names: int, newest: Programme) -> Iterator[Programme]:
        """Return each programme that processes may have, with names of each of the last moments, and accounts of the
        same moment or of each later one; at last, with promo codes of another moment than names."""
        of_processes = [newest.rows, *(one.rows for one in reversed(self.before[first:]) if one.changed - OF_NAMES)]
        kept = [
            _of_processes(rows) | names | {place: accounts[place] for place in names if place[0] == ACCOUNT}
            for names, accounts in self._names_and_accounts(first_of_names, newest)
            for rows in of_processes
        ]
        for names in _namings(kept):
            for rows in kept if names else kept[1:]:
                yield _named(Programme.of_rows(rows), names)
        for codes, rows in product(self._promo_codes(first_of_names, newest), kept):
            yield Programme.of_rows(_without(PROMO_CODE, rows) | codes)

    def _promo_codes(self, first: int, newest: Programme) -> Iterator[Rows]:
        """Return the promo codes that may be read, where they were changed lately."""
        earlier = [one.rows for one in reversed(self.before[first:]) if PROMO_CODE in one.changed]
        for rows in (newest.rows, *earlier) if earlier else ():
            yield {place: row for place, row in rows.items() if place[0] == PROMO_CODE}

    def _names_and_accounts(self, first: int, newest: Programme) -> Iterator[tuple[Rows, Rows]]:
        """Return what names may lead to, and what accounts may be found there, the latest first."""
        accounts = [newest.rows]
        yield _of_names(newest.rows), newest.rows
        for one in reversed(self.before[first:]):
            if ACCOUNT in one.changed:
                accounts.append(one.rows)
            if one.changed & OF_NAMES:
                yield from ((_of_names(one.rows), rows) for rows in accounts)


def _of_processes(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] not in OF_NAMES}


def _of_names(rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] in OF_NAMES}


def _without(kind: str, rows: Rows) -> Rows:
    return {place: row for place, row in rows.items() if place[0] != kind}


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
