"""Rows on their way to be posted: gathered by shard while a file is cut, framed as chunks, and read again.

A chunk is its layout and faults as JSON, then three tables of numbers (4 bytes, little-endian), then the bytes of the
entries one after the other: nothing in a row can be taken for a part of the frame. The rows of an entry are its lines;
of rows that have line ends inside, the lengths stand beside the faults.
"""

import json
import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct, field

from loyalty.domain.errors import Code, Problem
from loyalty.domain.rows.layout import Layout

MAX_ENTRIES = 1000
"""In a chunk: what one call posts in a few seconds."""

MAX_CHUNK_BYTES = 500_000
"""The most rows in a chunk, unless its only entry has more."""

_HEAD_BYTES = 4

_Lengths = dict[int, list[int]]
"""By entry, the lengths of its rows, where they have line ends inside."""


class ChunkEntry(Struct, frozen=True):
    """A purchase or record of a file: one row, or all rows of a CSV purchase. `number` is that of the first row, from
    1.

    With a `fault`, it could not be cut out of the file, and of its bytes only the first may be there.
    """

    number: int
    rows: tuple[bytes, ...]
    fault: Problem | None = None


class Chunk(Struct, frozen=True):
    """Entries of one shard, in the order of the file."""

    layout: Layout
    entries: tuple[ChunkEntry, ...]


class Frame(Struct, frozen=True):
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


class Shard(Struct):
    """The rows that are cut so far for some wallets.

    `settle` joins them after each block: millions of separate rows take several times their size in memory, and are
    slow to read.
    """

    number: int
    _entries: list[bytes] = field(default_factory=list)
    _settled: list[bytes] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _counts: list[int] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _lengths: _Lengths = field(default_factory=dict)
    _faults: dict[int, Problem] = field(default_factory=dict)

    def add(self, number: int, lines: bytes, count: int = 1) -> None:
        """Gather an entry of so many rows, each of them a line; or of one row, whatever is in it."""
        self._entries.append(lines)
        self._numbers.append(number)
        self._counts.append(count)

    def add_rows(self, number: int, rows: Sequence[bytes], fault: Problem | None = None) -> None:
        """Gather an entry whose rows may have line ends inside, or one that could not be cut."""
        lines = b"\n".join(rows)
        if lines.count(b"\n") >= len(rows) > 1:
            self._lengths[len(self._numbers)] = list(map(len, rows))
        if fault:
            self._faults[len(self._numbers)] = fault
        self.add(number, lines, len(rows))

    def settle(self) -> None:
        """Put what was gathered where it takes least room."""
        if self._entries:
            self._settled.append(b"".join(self._entries))
            self._sizes.extend(map(len, self._entries))
            self._entries.clear()

    def take_chunks(self, layout: Layout) -> Iterator[Frame]:
        """Return all that has settled, as chunks; it is forgotten then."""
        data, ends = memoryview(b"".join(self._settled)), list(accumulate(self._sizes))
        first = start = 0
        for last in _cuts(ends):
            tables = (self._numbers[first:last], self._counts[first:last], self._sizes[first:last])
            lengths = {at - first: of_rows for at, of_rows in self._lengths.items() if first <= at < last}
            faults = {at - first: fault for at, fault in self._faults.items() if first <= at < last}
            yield _frame(layout, tables, lengths, faults, data[start : ends[last - 1]])
            first, start = last, ends[last - 1]
        for gathered in (self._settled, self._numbers, self._counts, self._sizes, self._lengths, self._faults):
            gathered.clear()


def read_chunk(data: bytes) -> Chunk:
    """Return the chunk that was framed as `data`."""
    at = _HEAD_BYTES + int.from_bytes(data[:_HEAD_BYTES], "little")
    head = json.loads(data[_HEAD_BYTES:at])
    table = struct.Struct(f"<{head['entries']}I")
    numbers, counts, sizes = (table.unpack_from(data, at + place * table.size) for place in range(3))
    at += 3 * table.size
    texts = [data[start:end] for start, end in pairwise(accumulate(sizes, initial=at))]
    lengths = {int(entry): of_rows for entry, of_rows in head["lengths"].items()}
    faults = {int(entry): Problem(Code(code), description) for entry, (code, description) in head["faults"].items()}
    entries = tuple(
        ChunkEntry(number, _rows(text, count, lengths.get(entry)), faults.get(entry))
        for entry, (number, count, text) in enumerate(zip(numbers, counts, texts, strict=True))
    )
    return Chunk(Layout.of(head["layout"]), entries)


def _rows(lines: bytes, count: int, lengths: Sequence[int] | None) -> tuple[bytes, ...]:
    """Return the rows of an entry: one, so many lines, or of so many bytes each."""
    if count == 1:
        return (lines,)
    if lengths is None:
        return tuple(lines.split(b"\n"))
    starts = accumulate((length + 1 for length in lengths), initial=0)
    return tuple(lines[start : start + length] for start, length in zip(starts, lengths, strict=False))


def _cuts(ends: Sequence[int]) -> Iterator[int]:
    """Return how many entries lie before each place where a chunk ends; `ends` counts the bytes up to the end of
    each."""
    first = size = 0
    while first < len(ends):
        fitting = bisect_right(ends, size + MAX_CHUNK_BYTES)
        first = max(first + 1, min(fitting, first + MAX_ENTRIES))
        size = ends[first - 1]
        yield first


def _frame(
    layout: Layout,
    tables: Sequence[Sequence[int]],
    lengths: _Lengths,
    faults: Mapping[int, Problem],
    entries: memoryview,
) -> Frame:
    numbers, counts, _ = tables
    told = {entry: [fault.code, fault.description] for entry, fault in faults.items()}
    head = {"layout": layout.text(), "entries": len(numbers), "lengths": lengths, "faults": told}
    text = json.dumps(head).encode()
    packed = (struct.pack(f"<{len(numbers)}I", *table) for table in tables)
    return Frame((len(text).to_bytes(_HEAD_BYTES, "little"), text, *packed, entries), len(numbers), sum(counts))
