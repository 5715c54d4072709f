"""Rows on their way to be posted: gathered by shard while a file is cut, framed as chunks, and read again.

A chunk is its layout and faults as JSON, then three tables of numbers (4 bytes, little-endian), then the bytes of the
rows one after the other: nothing in a row can be taken for a part of the frame.
"""

import json
import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from loyalty.domain.errors import Code, Problem
from loyalty.domain.rows.layout import Layout

MAX_ENTRIES = 1000
"""In a chunk: what one call posts in a few seconds."""

MAX_CHUNK_BYTES = 500_000
"""Of rows in a chunk, unless its only entry has more."""

_NUMBER = "I"
_NUMBER_BYTES = 4
_HEAD_BYTES = 4


def _table(numbers: Iterable[int] = ()) -> "array[int]":
    return array(_NUMBER, numbers)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is posted as one: a row, or all rows of a CSV purchase. `number` is that of the first row, from 1.

    With a `fault`, it could not be cut out of the file, and of its bytes only the first may be there.
    """

    number: int
    rows: tuple[bytes, ...]
    fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries of one shard, in the order of the file."""

    layout: Layout
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A chunk as bytes, in parts that are copied once only; and the number of its entries and rows."""

    parts: tuple[bytes | memoryview, ...]
    entries: int
    rows: int

    def __len__(self) -> int:
        """In bytes."""
        return sum(map(len, self.parts))

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(self.parts)


@dataclass(slots=True)
class Shard:
    """What has been cut so far for some wallets.

    Cutters append to `rows`, `numbers` and `counts` themselves, by `intake`, as anything more for each row would cost
    too much. The latter two have an item for each entry: the number of its first row, and how many of the rows it has.
    After each block, they `settle`: millions of rows that lie about on their own take several times their size, and
    time to get at.
    """

    number: int
    rows: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    intake: "Intake" = field(init=False, repr=False)
    _faults: dict[int, Problem] = field(default_factory=dict)
    _settled: list[bytes] = field(default_factory=list)
    _numbers: "array[int]" = field(default_factory=_table)
    _counts: "array[int]" = field(default_factory=_table)
    _lengths: "array[int]" = field(default_factory=_table)

    def __post_init__(self) -> None:
        self.intake = (self, self.rows.append, self.numbers.append, self.counts.append)

    def refuse(self, number: int, rows: Sequence[bytes], fault: Problem) -> None:
        """Gather an entry that could not be cut."""
        self._faults[len(self._numbers) + len(self.numbers)] = fault
        self.rows += rows
        self.numbers.append(number)
        self.counts.append(len(rows))

    def settle(self) -> None:
        """Put what was gathered where it takes least room."""
        if self.numbers:
            self._settled.append(b"".join(self.rows))
            self._lengths.extend(map(len, self.rows))
            self._numbers.extend(self.numbers)
            self._counts.extend(self.counts)
            self.rows.clear()
            self.numbers.clear()
            self.counts.clear()

    def taken(self, layout: Layout) -> Iterator[Frame]:
        """All that has settled, as chunks; it is forgotten then."""
        data = memoryview(b"".join(self._settled))
        row_ends, byte_ends = _table(accumulate(self._counts)), _table(accumulate(self._lengths))
        entry = row = start = 0
        for last in _cuts(row_ends, byte_ends):
            last_row = row_ends[last - 1]
            end = byte_ends[last_row - 1]
            faults = {at - entry: fault for at, fault in self._faults.items() if entry <= at < last}
            tables = (self._numbers[entry:last], self._counts[entry:last], self._lengths[row:last_row])
            yield _frame(layout, tables, faults, data[start:end])
            entry, row, start = last, last_row, end
        for gathered in (self._numbers, self._counts, self._lengths, self._settled):
            del gathered[:]
        self._faults.clear()


Intake = tuple[Shard, Callable[[bytes], None], Callable[[int], None], Callable[[int], None]]
"""A shard, and what takes a row, the number of an entry's first row, and the count of its rows."""


def read_chunk(data: bytes) -> Chunk:
    """The chunk that was framed as `data`."""
    at = _HEAD_BYTES + int.from_bytes(data[:_HEAD_BYTES], "little")
    head = json.loads(data[_HEAD_BYTES:at])
    tables = []
    for size in head["sizes"]:
        tables.append(_little_endian(array(_NUMBER, data[at : at + _NUMBER_BYTES * size])))
        at += _NUMBER_BYTES * size
    numbers, counts, lengths = tables
    edges = list(accumulate(lengths, initial=at))
    rows = [data[start:end] for start, end in pairwise(edges)]
    faults = {int(place): Problem(Code(code), description) for place, (code, description) in head["faults"].items()}
    entries = tuple(
        Entry(number, tuple(rows[end - count : end]), faults.get(place))
        for place, (number, count, end) in enumerate(zip(numbers, counts, accumulate(counts), strict=True))
    )
    return Chunk(Layout.of(head["layout"]), entries)


def _cuts(row_ends: Sequence[int], byte_ends: Sequence[int]) -> Iterator[int]:
    """How many entries lie before each place where a chunk ends; `row_ends` counts the rows up to the end of each
    entry, `byte_ends` the bytes up to the end of each row."""
    first = size = 0
    while first < len(row_ends):
        fitting = bisect_right(row_ends, bisect_right(byte_ends, size + MAX_CHUNK_BYTES))
        first = max(first + 1, min(fitting, first + MAX_ENTRIES))
        size = byte_ends[row_ends[first - 1] - 1]
        yield first


def _frame(layout: Layout, tables: "Sequence[array[int]]", faults: Mapping[int, Problem], rows: memoryview) -> Frame:
    told = {entry: [fault.code, fault.description] for entry, fault in faults.items()}
    head = json.dumps({"layout": layout.text(), "sizes": list(map(len, tables)), "faults": told}).encode()
    parts: list[bytes | memoryview] = [len(head).to_bytes(_HEAD_BYTES, "little"), head]
    parts += [_packed(table) for table in tables]
    return Frame((*parts, rows), len(tables[0]), len(tables[2]))


def _packed(table: "array[int]") -> bytes:
    return _little_endian(table).tobytes()


def _little_endian(table: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        table.byteswap()
    return table
