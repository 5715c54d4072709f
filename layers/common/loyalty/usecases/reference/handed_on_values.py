"""Codes that records of one file pass on to each other: who has to wait for whom, and who may be written together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.reference import name_keys, unique_values
from loyalty.usecases.reference.record_of_row import Record, RecordName, name_of

_TAKEN: Mapping[str, str] = {
    "contact": 'Account {} is already the primary account of this contact. Write "primary": false here, or there first.'
}
"""How that is told of a field whose value others may have, but for one."""


class ValueTaken(Refused):
    """A record wants values that others have: by field, the id of the record that has it."""

    def __init__(self, owners: Mapping[str, str]) -> None:
        super().__init__(
            *(
                Problem(Code.DUPLICATE, _TAKEN.get(field, "{} already has this value.").format(owner), f"/{field}")
                for field, owner in owners.items()
            )
        )
        self.owners = owners


class WaitingRow(Struct, frozen=True):
    """A row whose record waits for others to give up values, or to be there at all."""

    number: int
    record: Record
    refusal: Refused

    @property
    def name(self) -> RecordName:
        """The record's."""
        return name_of(self.record)

    @property
    def owners(self) -> set[RecordName]:
        """The records that have what it wants."""
        return {(self.record["type"], owner) for owner in self.taken.values()}

    @property
    def taken(self) -> Mapping[str, str]:
        """By field that others have the value of, the id of the record that has it."""
        return self.refusal.owners if isinstance(self.refusal, ValueTaken) else {}


def wanted_names(waiting: Iterable[WaitingRow]) -> set[RecordName]:
    """Return the names, by type, that those who wait will have: what leads to somebody else until then."""
    return {
        (one.record["type"], value)
        for one in waiting
        for field, value in unique_values(one.record).items()
        if field in one.taken
    }


def values_of(record: Record) -> Mapping[str, Any]:
    """Return what no other record may have, by field."""
    return unique_values(record) | name_keys(record)


def groups(waiting: Iterable[WaitingRow]) -> list[list[WaitingRow]]:
    """Return those that get what they want if the others of their group are written with them; of each group, whoever
    gives up before whoever gets, as far as they do not stand in a ring."""
    able = {one.name: one for one in waiting}
    while stuck := _stuck(able):
        for name in stuck:
            del able[name]
    found = list[list[WaitingRow]]()
    neighbours = _neighbours(able)
    while able:
        group, reached = list[WaitingRow](), [next(iter(able))]
        while reached:
            if one := able.pop(reached.pop(), None):
                group.append(one)
                reached += neighbours[one.name]
        found.append(_order(group))
    return found


def _stuck(able: Mapping[RecordName, WaitingRow]) -> list[RecordName]:
    """Return those that want what its owner does not give up; or, of those that may all have theirs, those that will
    have what somebody before them will have as well, even if nobody has it now."""
    first: dict[Any, RecordName] = {}
    for one in able.values():
        for value in _values(one):
            first.setdefault(value, one.name)
    in_vain = [one.name for one in able.values() if not _gets_what_it_wants(one, able)]
    return in_vain or [one.name for one in able.values() if any(first[value] != one.name for value in _values(one))]


def _gets_what_it_wants(one: WaitingRow, able: Mapping[RecordName, WaitingRow]) -> bool:
    return one.owners <= able.keys() and _wanted_values(one).isdisjoint(_kept_by_owners(one, able))


def _values(one: WaitingRow) -> set[Any]:
    return {(one.record["type"], *value) for value in values_of(one.record).items()}


def _wanted_values(one: WaitingRow) -> set[Any]:
    values = values_of(one.record)
    return {(one.record["type"], field, values[field]) for field in one.taken}


def _kept_by_owners(one: WaitingRow, able: Mapping[RecordName, WaitingRow]) -> set[Any]:
    kind = one.record["type"]
    return {(kind, *value) for owner in one.owners for value in values_of(able[owner].record).items()}


def _neighbours(able: Mapping[RecordName, WaitingRow]) -> Mapping[RecordName, list[RecordName]]:
    """By record, those that it gets from and those that get from it."""
    found: dict[RecordName, list[RecordName]] = defaultdict(list)
    for one in able.values():
        for owner in one.owners:
            found[one.name].append(owner)
            found[owner].append(one.name)
    return found


def _order(group: Iterable[WaitingRow]) -> list[WaitingRow]:
    left, ordered = {one.name: one for one in group}, list[WaitingRow]()
    while left:
        path = [next(iter(left.values()))]
        while path:
            givers = [left[owner] for owner in path[-1].owners if owner in left and left[owner] not in path]
            if givers:
                path.append(givers[0])
            else:
                ordered.append(left.pop(path.pop().name))
    return ordered
