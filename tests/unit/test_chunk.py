"""Rows gathered in shards, framed as chunks, and read again."""

from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.errors import Code, Problem
from loyalty.domain.rows.chunk import MAX_CHUNK_BYTES, MAX_ENTRIES, Chunk, ChunkEntry, Shard, read_chunk
from loyalty.domain.rows.layout import FileFormat, Layout

LAYOUT = Layout(FileFormat.CSV, ("cim", 're"ference\n'), "\t", '{"code": "€"}')
FAULT = Problem(Code.INVALID, "No.")
ENTRIES = st.lists(st.tuples(st.lists(st.binary(max_size=5), min_size=1, max_size=3), st.booleans()), max_size=20)


def chunks(entries: list[ChunkEntry], settle_every: int = 3) -> list[Chunk]:
    """Return the chunks that entries make, which come in blocks."""
    shard = Shard(7)
    for place, entry in enumerate(entries):
        shard.add_rows(entry.number, entry.rows, entry.fault)
        if place % settle_every == 0:
            shard.settle()
    shard.settle()
    frames = list(shard.take_chunks(LAYOUT))
    assert list(shard.take_chunks(LAYOUT)) == []
    assert [(frame.entries, frame.rows) for frame in frames] == [
        (len(found.entries), sum(len(entry.rows) for entry in found.entries))
        for found in (read_chunk(frame.data) for frame in frames)
    ]
    return [read_chunk(frame.data) for frame in frames]


@given(ENTRIES, st.integers(1, 5))
def test_whatever_is_framed_is_read_again(entries: list[tuple[list[bytes], bool]], settle_every: int) -> None:
    framed = [
        ChunkEntry(10 * place, tuple(rows), FAULT if bad else None)
        for place, (rows, bad) in enumerate(entries, start=1)
    ]

    found = chunks(framed, settle_every)

    assert [entry for one in found for entry in one.entries] == framed
    assert all(one.layout == LAYOUT for one in found)


def test_a_chunk_has_a_thousand_entries_at_most() -> None:
    found = chunks([ChunkEntry(number, (b"x",)) for number in range(2 * MAX_ENTRIES + 1)])

    assert [len(one.entries) for one in found] == [MAX_ENTRIES, MAX_ENTRIES, 1]


def test_a_chunk_has_half_a_megabyte_at_most_unless_an_entry_has_more() -> None:
    small, large = b"x" * (MAX_CHUNK_BYTES // 3), b"x" * (2 * MAX_CHUNK_BYTES)

    found = chunks(
        [
            ChunkEntry(number, (row,))
            for number, row in enumerate([small, small, large, small, large, small, small, small, small])
        ]
    )

    assert [[entry.number for entry in one.entries] for one in found] == [[0, 1], [2], [3], [4], [5, 6, 7], [8]]


def test_lines_are_rows() -> None:
    shard = Shard(0)
    shard.add(1, b"a\nb\n", 3)
    shard.add(4, b"a\nb")
    shard.settle()

    [frame] = shard.take_chunks(LAYOUT)

    assert read_chunk(frame.data).entries == (ChunkEntry(1, (b"a", b"b", b"")), ChunkEntry(4, (b"a\nb",)))


def test_the_rows_of_an_entry_are_in_one_chunk() -> None:
    row = b"x" * (MAX_CHUNK_BYTES // 4)

    found = chunks([ChunkEntry(1, (row,) * 3), ChunkEntry(4, (row,) * 3)])

    assert [[len(entry.rows) for entry in one.entries] for one in found] == [[3], [3]]


def test_numbers_are_little_endian_wherever_a_chunk_is_framed() -> None:
    shard = Shard(0)
    shard.add(258, b"abc")
    shard.settle()

    [frame] = shard.take_chunks(LAYOUT)

    assert frame.data.endswith(b"\2\1\0\0" + b"\1\0\0\0" + b"\3\0\0\0" + b"abc")
