"""How the files of a kind are read, be they of purchases or of records."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from loyalty.domain.rows.cutter import Cutter
from loyalty.domain.rows.layout import FileFormat


class Reading(Struct, frozen=True):
    """`columns` are what the header of a CSV file may name, and of each group of `needed`, it has to name one at least;
    `example` names some of them. A .json file is an array, or an object with `rows_set`, if there is one, as its last
    member. `cutters` cut files into rows."""

    columns: frozenset[str]
    needed: Sequence[Sequence[str]]
    example: str
    cutters: Mapping[FileFormat, type[Cutter]]
    rows_set: str | None = None
