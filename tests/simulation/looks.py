"""What the model has answered so far, by all that it has read of the programme: many programmes differ only in what a
question never gets to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.model.programme import Programme

Read = tuple[str, ...]
"""What was read: a name of a method, and what it was asked."""


class WatchedRows(Mapping[tuple[str, str], Any]):
    """The rows of a programme, which tell it what is read of them."""

    def __init__(self, programme: "WatchedProgramme", rows: Mapping[tuple[str, str], Any]) -> None:
        self._programme, self._rows = programme, rows

    def __getitem__(self, place: tuple[str, str]) -> Any:
        found = self._programme.get(*place)
        if found is None:
            raise KeyError(place)
        return found

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise NotImplementedError("ask for the rows of a type, that it can be kept what was read")

    def __len__(self) -> int:
        return len(self._rows)


class WatchedProgramme(Programme):
    """A programme that keeps what was read of it."""

    def __init__(self, programme: Programme) -> None:
        self.__dict__.update(programme.__dict__)
        self._watched = programme
        self.rows = WatchedRows(self, programme.rows)  # type: ignore[assignment]  # nobody writes into it
        self.read: dict[Read, Any] = {}

    def of(self, kind: str) -> list[Any]:
        """Return all records of a type."""
        rows: list[Any] = self._kept("of", kind)
        return rows

    def get(self, kind: str, id_: str | None) -> Any:
        """Return the record of an id."""
        return None if id_ is None else self._kept("get", kind, id_)

    def named(self, kind: str, field: str, value: str) -> Any:
        """Return the one record whose field has this value."""
        return self._kept("named", kind, field, value)

    def _kept(self, *read: str) -> Any:
        if read not in self.read:
            self.read[read] = _told(self._watched, read)
        return self.read[read]


@dataclass
class Looks:
    """What was found wrong, by what had been read of the programme. It holds as long as all else is as it was."""

    known: list[tuple[Mapping[Read, Any], str]] = field(default_factory=list)

    def at(self, programme: Programme, look: Callable[[Programme], str | None]) -> str | None:
        """Return what is wrong under a programme: as before, if all that was read is as before."""
        for read, wrong in self.known:
            if all(_is_same(_told(programme, one), before) for one, before in read.items()):
                return wrong
        watched = WatchedProgramme(programme)
        found = look(watched)
        if found is not None:
            self.known.append((watched.read, found))
        return found


def _told(programme: Programme, read: Read) -> Any:
    method, *asked = read
    return getattr(programme, method)(*asked)


def _is_same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)
