"""The base of all cutters: blocks of a file go in, rows come out into shards, in bounded memory."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable

from loyalty.domain.errors import Code, Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.chunk import Shard
from loyalty.domain.rows.layout import MAX_ROW_BYTES, Layout, Position
from loyalty.domain.rows.sharding import Shards

KEPT_BYTES = 1000
"""The bytes kept of a row that is too long: enough to find it again."""

MAX_NAMES = 200_000
"""Customers whose shard is remembered: some 30 MB."""

TOO_LONG = Problem(Code.LIMIT_EXCEEDED, f"The row is longer than {MAX_ROW_BYTES} bytes.")

Faults = dict[int, Problem]
"""Faults of rows, by their place in a list of rows."""

INSIDE_LINE = "line"
"""In a position: the rest of this line belongs to a row that was refused."""


class Cutter(ABC):
    """Cuts one file, from a position on. `fault` is set once the rest of the file cannot be cut at all; what is at hand
    of it waits then."""

    def __init__(self, layout: Layout, shards: Shards, position: Position) -> None:
        self.fault: Problem | None = None
        self._layout = layout
        self._shards = shards
        self._rest = b""
        self._offset, self._row, self._inside = position.offset, position.row, position.inside
        self._known: dict[Hashable, Shard] = {}

    @property
    def position(self) -> Position:
        """Where another cutter would have to go on: behind all that went into shards."""
        return Position(self._offset, self._row, self._inside)

    def cut(self, block: bytes, *, last: bool = False) -> None:
        """Put the rows that end in `block` into their shards. `last` says that the file ends with it."""
        data = self._skip(self._rest + block)
        waiting = self._put(data, last=last)
        self._shards.settle()
        self._rest = data[len(data) - waiting :]
        self._offset += len(data) - waiting

    def give_up(self, fault: Problem) -> Problem:
        """Refuse the rest of the file, which cannot be read. One row stands for it, and shows how it begins; there is
        no such row if nothing of the rest was read, as a result that is sent again then has all rows. Return the fault
        of the file."""
        number, rest = self._remainder()
        if self._is_empty(rest):
            missing = f"Row {number - 1} is the last one that was read: if rows are missing after it, send them"
            return Problem(fault.code, f"{fault.description} {missing} as a separate file.")
        description = (
            f"{fault.description} From row {number} on, the file was not read: send that part as a separate file."
        )
        told = Problem(fault.code, description)
        self._shards.all[0].add_rows(number, [self._trace(rest[:KEPT_BYTES])], told)
        self._shards.settle()
        self._row = number + 1
        return told

    def _remainder(self) -> tuple[int, bytes]:
        """Return the number of the first row that went into no shard, and what there is of it and of what follows."""
        return self._row, self._rest

    def _trace(self, rest: bytes) -> bytes:
        """Return the row that stands for a rest that begins so: not one that could be taken for a row of the file."""
        return rest.strip()

    def _is_empty(self, row: bytes) -> bool:
        """Return whether a row says nothing, and so is passed over."""
        return not row.strip()

    @abstractmethod
    def _put(self, data: bytes, *, last: bool) -> int:
        """Put the rows that end in `data` into their shards; return how many bytes have to wait for what follows."""

    @abstractmethod
    def _rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        """Return the rows that end in `data`, what is wrong with them, and how many bytes have to wait for what
        follows."""

    @abstractmethod
    def _reference(self, name: Hashable) -> Reference | None:
        """Return how a row names the customer, from the name as the rows' bytes have it."""

    def _learn(self, names: Iterable[Hashable]) -> None:
        """Find the shards of customers that were not met before, in one go."""
        if len(self._known) > MAX_NAMES:
            self._known.clear()
        unknown = list({*names} - self._known.keys())
        shards = self._shards.of([self._reference(name) for name in unknown])
        self._known.update(zip(unknown, shards, strict=True))

    def _refuse(self, number: int, row: bytes, fault: Problem) -> None:
        self._shards.all[0].add_rows(number, [row[:KEPT_BYTES]], fault)

    def _skip(self, data: bytes) -> bytes:
        """Return what is left behind the end of the line that the cutter is inside of."""
        if self._inside != INSIDE_LINE:
            return data
        end = data.find(b"\n") + 1
        self._offset += end or len(data)
        if not end:
            return b""
        self._inside = ""
        return data[end:]

    def _lines(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        """Return the lines that end in `data`, what is wrong with them, and how many bytes have to wait for what
        follows."""
        rows, faults = data.split(b"\n"), Faults()
        rest = rows.pop()
        return rows, faults, self._close(rows, faults, data, len(data) - len(rest), last=last)

    def _close(self, rows: list[bytes], faults: Faults, data: bytes, at: int, *, last: bool) -> int:
        """Add what no line end follows, from `at` on, to the rows of `data` if it is the last one or too long already,
        and find those that are too long. Return how many bytes have to wait for what follows."""
        waiting = len(data) - at
        if waiting > MAX_ROW_BYTES or (last and waiting):
            rows.append(data[at:])
            self._inside, waiting = INSIDE_LINE, 0
        if len(data) > MAX_ROW_BYTES:
            faults.update((place, TOO_LONG) for place, row in enumerate(rows) if len(row) > MAX_ROW_BYTES)
        return waiting


class RowCutter(Cutter):
    """Cuts a file whose rows each stand for themselves."""

    def _put(self, data: bytes, *, last: bool) -> int:
        rows, faults, waiting = self._rows(data, last=last)
        self._gather(rows, faults)
        self._row += len(rows)
        return waiting

    @abstractmethod
    def _gather(self, rows: list[bytes], faults: Faults) -> None:
        """Put rows into their shards."""
