"""Splitting a file in memory: what is read, what each segment has, and in which order all is kept and handed over."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import cast

import pytest

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows import chunk, file_opening
from loyalty.domain.rows.chunk import read_chunk
from loyalty.domain.rows.layout import FileFormat, Layout, Position
from loyalty.store import keys
from loyalty.store.backoff import Backoff
from loyalty.store.files import Files
from loyalty.store.memory_table import MemoryTable
from loyalty.store.uploads import Piece, Segment, Upload, UploadState, add_upload, read_segment, read_upload
from loyalty.store.writes import Update, Write
from loyalty.usecases.uploads import split_upload as module
from loyalty.usecases.uploads.split_upload import NO_ROWS, Workplace, split_upload
from tests.uploads import COLUMNS, HEADER, csv, lines, row

ROWS = [row(f"A-REFERENCE-NUMBER-{number:03}", cim=f"C{number % 5}") for number in range(20)]
ROW_BYTES = len(ROWS[0]) + 1
HEADER_BYTES = len(HEADER) + 1
RANGE, HEAD = 3 * ROW_BYTES, HEADER_BYTES + 10
BUSY = Problem(Code.RETRY_LATER, "Busy.")
LAYOUT = Layout(FileFormat.CSV, COLUMNS)
Pack = Callable[[bytes], bytes]
PACKED = pytest.mark.parametrize(("name", "pack"), [("x.csv", bytes), ("x.csv.gz", gzip.compress)])


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be read in three rows at a time, as long as its header, and cut in one."""
    assert RANGE == HEADER_BYTES
    monkeypatch.setattr(module, "RANGE_BYTES", RANGE)
    monkeypatch.setattr(module, "BLOCK_BYTES", ROW_BYTES)
    for reader in (module, file_opening):
        monkeypatch.setattr(reader, "HEAD_BYTES", HEAD)


class Stage:
    """A file, and what splitting it works on; `done` is what happened there, in its order, and `failing` what is raised
    in the place of what would happen."""

    def __init__(self, data: bytes, name: str = "x.csv", segment_bytes: int = 4 * ROW_BYTES) -> None:
        self.data = data
        self.done: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.reads: list[tuple[str, int, int, str]] = []
        self.objects: dict[str, bytes] = {}
        self.runs = 0
        self.table = Watched(self.happens)
        self.at = Workplace(self.table, cast(Files, self), cast(Files, self), self, segment_bytes=segment_bytes)
        add_upload(
            self.table,
            Upload(
                id="U",
                partner_id="DEMO",
                merchants=("*",),
                name=name,
                key="KEY",
                created_on=datetime(2026, 1, 1, tzinfo=UTC),
                state=UploadState.SPLITTING,
                version="V",
                size=len(data),
                shards=2,
            ),
        )
        self.done.clear()

    @contextmanager
    def happens(self, what: str) -> Iterator[None]:
        """Note what is done here, unless it fails."""
        if what in self.failing:
            raise self.failing[what]
        yield
        self.done.append(what)

    def read(self, key: str, start: int, *, length: int, version: str) -> bytes:
        """As `Files.read`."""
        self.reads.append((key, start, length, version))
        if (what := f"read {start}") in self.failing:
            raise self.failing[what]
        return self.data[start : start + length]

    def write(self, key: str, data: bytes) -> None:
        """As `Files.write`."""
        with self.happens(f"write {key}"):
            self.objects[key] = data

    def take_chunks(self, upload: Upload, segment: Segment) -> None:
        """As `ChunkTaker.take_chunks`."""
        assert read_segment(self.table, "U", upload.segments) == segment
        with self.happens(f"take {segment.number}"):
            assert segment.location in self.objects

    @property
    def upload(self) -> Upload:
        """The upload as it is kept."""
        upload = read_upload(self.table, "U")
        assert upload
        return upload

    @property
    def segments(self) -> list[Segment]:
        """The segments that are kept."""
        numbers = range(1, self.upload.segments + 1)
        return [found for number in numbers if (found := read_segment(self.table, "U", number))]

    def split(self, looks: int = 1000) -> bool:
        """Split the file with the time of so many looks at the clock."""
        self.runs += 1
        left = iter(range(looks))
        return split_upload(self.upload, self.at, attempt=f"A{self.runs}", out_of_time=lambda: next(left, None) is None)

    def rows(self) -> list[tuple[int, bytes]]:
        """Return all rows of all chunks, each with its number, in the order of the file."""
        return sorted(
            (entry.number + place, one)
            for segment in self.segments
            for piece in segment.pieces
            for entry in read_chunk(self.chunk(segment, piece)).entries
            for place, one in enumerate(entry.rows)
        )

    def chunk(self, segment: Segment, piece: Piece) -> bytes:
        """Return a chunk as it lies there."""
        return self.objects[segment.location][piece.start : piece.start + piece.length]


class Watched(MemoryTable):
    """A table that tells of what is kept."""

    def __init__(self, happens: Callable[[str], AbstractContextManager[None]]) -> None:
        super().__init__()
        self._happens = happens

    def transact(self, writes: Sequence[Write], backoff: Backoff | None = None) -> None:
        """As `Table.transact`."""
        moved = writes[0]
        assert isinstance(moved, Update)
        told = moved.attributes
        with self._happens(f"keep {told['segments']} {told['state']}"):
            super().transact(writes, backoff)


def numbered(rows: Sequence[str]) -> list[tuple[int, bytes]]:
    """Return what `Stage.rows` should be."""
    return [(number, text.encode()) for number, text in enumerate(rows, start=1)]


def in_turn(number: int, state: UploadState = UploadState.SPLITTING) -> list[str]:
    """Return what the first run does to a segment, by which the upload gets into a state."""
    return [f"write chunks/U/A1/{number:06}", f"keep {number} {state}", f"take {number}"]


@PACKED
def test_all_of_a_file_is_read_once_in_ranges_of_its_version(name: str, pack: Pack) -> None:
    stage = Stage(pack(csv(*ROWS)), name)

    assert stage.split()

    assert sorted(stage.reads) == [("KEY", start, RANGE, "V") for start in range(0, len(stage.data), RANGE)]
    assert stage.rows() == numbered(ROWS)


def test_three_ranges_are_read_ahead_and_no_more() -> None:
    """The head of the file takes two of them."""
    stage = Stage(csv(*ROWS))
    assert RANGE < HEAD <= 2 * RANGE

    stage.split(looks=0)

    assert len(stage.reads) == 2 + 3


def test_each_segment_is_written_then_kept_then_handed_over_and_the_last_one_ends_splitting() -> None:
    stage = Stage(csv(*ROWS[:9]))

    assert stage.split()

    assert stage.done == [*in_turn(1), *in_turn(2), *in_turn(3, state=UploadState.POSTING)]


@pytest.mark.parametrize(
    ("segment_bytes", "bounds"),
    [(4 * ROW_BYTES, [(1, 4), (4, 8), (8, 11)]), (4 * ROW_BYTES + 1, [(1, 5), (5, 10), (10, 11)])],
)
def test_a_segment_ends_with_the_block_by_which_enough_was_read(
    segment_bytes: int, bounds: list[tuple[int, int]]
) -> None:
    """The last row waits for the next segment, as its purchase may go on there."""
    stage = Stage(csv(*ROWS[:10]), segment_bytes=segment_bytes)

    stage.split()

    assert [(segment.first_row, segment.next_row) for segment in stage.segments] == bounds


def test_an_upload_counts_what_its_segments_have_and_where_it_has_got_to() -> None:
    stage = Stage(csv(ROWS[0], *ROWS[:9]))

    stage.split()

    upload, pieces = stage.upload, [piece for segment in stage.segments for piece in segment.pieces]
    assert (upload.layout, upload.position) == (LAYOUT, Position(len(stage.data), 11))
    assert (upload.chunks, upload.entries, upload.rows, upload.fault) == (len(pieces), 9, 10, None)
    assert (sum(piece.entries for piece in pieces), sum(piece.rows for piece in pieces)) == (9, 10)
    assert [piece.chunk for piece in pieces] == list(range(1, len(pieces) + 1))
    for segment in stage.segments:
        assert b"".join(stage.chunk(segment, piece) for piece in segment.pieces) == stage.objects[segment.location]
        for piece in segment.pieces:
            found = read_chunk(stage.chunk(segment, piece))
            assert found.layout == LAYOUT
            assert (len(found.entries), sum(len(entry.rows) for entry in found.entries)) == (piece.entries, piece.rows)
            assert all(segment.first_row <= entry.number < segment.next_row for entry in found.entries)


def test_a_segment_has_the_first_chunk_of_each_shard_then_the_second_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A is in one of two shards, D in the other."""
    monkeypatch.setattr(chunk, "MAX_ENTRIES", 1)
    stage = Stage(csv(*(row(f"R{place}", cim=name) for place, name in enumerate("AAADD"))), segment_bytes=10**6)

    stage.split()

    [segment] = stage.segments
    numbers = [read_chunk(stage.chunk(segment, piece)).entries[0].number for piece in segment.pieces]
    assert [(piece.shard, number) for piece, number in zip(segment.pieces, numbers, strict=True)] == [
        (0, 1),
        (1, 4),
        (0, 2),
        (1, 5),
        (0, 3),
    ]


def test_names_of_one_account_are_in_one_shard() -> None:
    rows = [row("R1", cim="A"), row("R2", cim="D")]
    apart, together = Stage(csv(*rows)), Stage(csv(*rows))
    together.table.take_over([{**keys.token(name)._asdict(), "account_id": "X"} for name in "AD"])

    for stage, pieces in ((apart, 2), (together, 1)):
        stage.split()
        assert [len(segment.pieces) for segment in stage.segments] == [pieces]


@PACKED
def test_where_the_time_is_out_what_is_cut_is_kept_and_the_next_run_goes_on_behind_it(name: str, pack: Pack) -> None:
    stage = Stage(pack(csv(*ROWS)), name)

    assert not stage.split(looks=2)
    assert stage.done == in_turn(1)
    position = stage.upload.position
    assert position
    assert position.offset == HEADER_BYTES + (position.row - 1) * ROW_BYTES > HEADER_BYTES

    stage.reads.clear()
    assert not stage.split(looks=2)
    assert min(stage.reads)[1] == (0 if name.endswith(".gz") else position.offset)
    while not stage.split(looks=2):
        pass
    assert stage.rows() == numbered(ROWS)
    assert [segment.location for segment in stage.segments] == [
        f"chunks/U/A{number}/{number:06}" for number in range(1, stage.upload.segments + 1)
    ]


def test_where_there_was_no_time_for_any_row_nothing_is_kept() -> None:
    stage = Stage(csv(*ROWS))

    assert not stage.split(looks=0)
    assert (stage.done, stage.upload.layout) == ([], None)

    assert stage.split()
    assert stage.rows() == numbered(ROWS)


@pytest.mark.parametrize("place", range(9))
def test_whatever_fails_is_told_and_the_next_run_hands_the_last_segment_over_again_and_goes_on(place: int) -> None:
    stage = Stage(csv(*ROWS[:9]))
    what = [*in_turn(1), *in_turn(2), *in_turn(3, state=UploadState.POSTING)][place]
    stage.failing[what] = Refused(BUSY)

    with pytest.raises(Refused) as refused:
        stage.split()
    assert refused.value.problems == (BUSY,)
    last = stage.upload.segments

    stage.failing.clear()
    stage.done.clear()
    assert stage.split()
    assert stage.done[:1] == ([f"take {last}"] if last else ["write chunks/U/A2/000001"])
    assert stage.rows() == numbered(ROWS[:9])


def test_what_fails_as_the_time_is_out_is_told() -> None:
    stage = Stage(csv(*ROWS))
    stage.failing["take 1"] = Refused(BUSY)

    with pytest.raises(Refused):
        stage.split(looks=1)


def test_a_busy_bucket_leaves_a_file_as_far_as_it_is_split() -> None:
    stage = Stage(csv(*ROWS))
    stage.failing[f"read {4 * RANGE}"] = Refused(BUSY)

    with pytest.raises(Refused):
        stage.split()
    assert (stage.upload.state, stage.upload.fault) == (UploadState.SPLITTING, None)

    stage.failing.clear()
    assert stage.split()
    assert stage.rows() == numbered(ROWS)


def test_an_upload_that_is_split_is_not_read_again_but_its_last_segment_is_handed_over_again() -> None:
    stage = Stage(csv(*ROWS[:9]))
    stage.split()
    stage.done.clear()
    stage.reads.clear()

    assert stage.split()

    assert (stage.done, stage.reads) == (["take 3"], [])


def test_a_run_that_another_one_overtakes_leaves() -> None:
    stage = Stage(csv(*ROWS[:9]))
    before = stage.upload
    stage.split()
    kept = stage.segments
    stage.done.clear()

    assert split_upload(before, stage.at, attempt="LATE", out_of_time=lambda: False)

    assert stage.done == ["write chunks/U/LATE/000001"]
    assert stage.segments == kept


REFUSED: list[tuple[str, bytes, str]] = [
    ("x.xlsx", b"PK", "The name of the file must end in"),
    ("x.csv", b"", "The file is empty."),
    ("x.csv.gz", csv(*ROWS), "The name of the file ends in .gz, but"),
    ("x.csv", csv(*ROWS, header=HEADER + " " * 20), "The first line, which must name the columns, is longer than"),
]


@pytest.mark.parametrize(("name", "data", "told"), REFUSED)
def test_a_file_that_nobody_can_read_is_refused_and_says_why(name: str, data: bytes, told: str) -> None:
    stage = Stage(data, name)

    assert stage.split()

    upload = stage.upload
    assert upload.fault
    assert upload.fault.description.startswith(told)
    assert (upload.state, upload.position, upload.segments) == (UploadState.REFUSED, Position(0), 0)
    assert stage.done == ["keep 0 REFUSED"]
    stage.reads.clear()
    assert stage.split()
    assert (stage.done, stage.reads) == (["keep 0 REFUSED"], [])


@pytest.mark.parametrize("rows", [(), ("", ",,,")], ids=str)
def test_a_file_without_rows_is_refused(rows: tuple[str, ...]) -> None:
    stage = Stage(csv(*rows))

    assert stage.split()

    assert (stage.upload.state, stage.upload.fault) == (UploadState.REFUSED, NO_ROWS)


def test_behind_what_cannot_be_cut_nothing_is_read() -> None:
    stage = Stage(b"[{}] x" + b" " * 100 * RANGE, "x.json")

    assert stage.split()

    assert (stage.upload.state, stage.upload.rows) == (UploadState.POSTING, 2)
    assert len(stage.reads) == 2 + 3


def test_of_a_file_that_cannot_be_read_to_its_end_what_was_read_is_posted_and_a_row_stands_for_the_rest() -> None:
    bodies = [f'{{"cim": "C{number}", "reference_number": "R{number}"}}' for number in range(9)]
    broken: list[tuple[str, bytes]] = [
        ("x.json", f"[{', '.join(bodies)} {{".encode()),
        ("x.jsonl.gz", gzip.compress(lines(*bodies), compresslevel=0)[:-12]),
    ]
    for name, data in broken:
        stage = Stage(data, name)

        assert stage.split()

        upload, (*good, (number, _)) = stage.upload, stage.rows()
        assert upload.fault
        assert f"From row {number} on, the file was not read" in upload.fault.description
        assert (upload.state, upload.rows) == (UploadState.POSTING, number)
        assert good == numbered(bodies[: number - 1])
        assert number >= 8
