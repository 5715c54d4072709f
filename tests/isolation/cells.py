"""The cells of the table: each field that names something, with each way in which that is another's and may be sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.isolation import kinds
from tests.isolation.calls import PERFORMERS
from tests.isolation.fields import Field, all_fields
from tests.isolation.kinds import KNOWN, Kind, Whose, kinds_of

ALONE, BESIDE, FAULTY, LATER = "alone", "beside the partner's merchant", "in a faulty body", "to be done later"
"""How a value is sent."""


@dataclass(frozen=True)
class Cell:
    """A field that is given the name of something, whose that is, and how it is sent."""

    field: Field
    kind: Kind
    label: str
    how: str = ALONE

    def __str__(self) -> str:
        return f"{self.field.name}: {self.label}, {self.how}"

    @property
    def absent(self) -> str:
        """The code that is answered where there is no such thing."""
        if self.how == FAULTY:
            return kinds.INVALID
        return kinds.OK if self.how == LATER else self.kind.absent


def known(cell: Cell) -> bool:
    """Return whether a cell is known to tell another's from what does not exist."""
    return (cell.kind, cell.label) in KNOWN


def _hows(field: Field, kind: Kind, posting: set[str]) -> Iterator[str]:
    yield ALONE
    if any(step in PERFORMERS for step in field.place.split("/")):
        yield BESIDE
    if kind.whose is Whose.ISOLATED and field.route.name in posting and field.place.startswith("body/"):
        yield FAULTY
    if kind in (kinds.PASSWORD, kinds.PASS_CODE) and field.route.answers_later:
        yield LATER


def _cells() -> Iterator[Cell]:
    posting = {field.route.name for field in all_fields() if field.last == "payment_medium_identifier"}
    for field, kind in NAMING:
        for label in kind.of:
            for how in _hows(field, kind, posting):
                yield Cell(field, kind, label, how)


NAMING = [(field, kind) for field in all_fields() for kind in kinds_of(field) if kind.whose is not Whose.NOTHING]
"""Fields that name something, and what."""

CELLS = list(_cells())
