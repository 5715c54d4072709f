"""Splitting a file of purchases into chunks that are posted side by side, the rows of each wallet in order.

A file is split in segments. One write decides: it keeps a segment, on the condition that splitting has got exactly that
far. Before it, the segment's chunks are put into the work bucket; only after it, they are sent to be posted. So a row
is in one chunk only, whoever splits the file, however often, and wherever it is killed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from itertools import accumulate, chain, count, islice, zip_longest
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.rows.chunk import Frame
from loyalty.domain.rows.cutter import Cutter
from loyalty.domain.rows.file_opening import HEAD_BYTES, find_layout, format_of
from loyalty.domain.rows.layout import Position
from loyalty.domain.rows.pieces import skip_bytes, take_bytes
from loyalty.domain.rows.purchases import PURCHASES
from loyalty.domain.rows.reading import Reading
from loyalty.domain.rows.sharding import Shards
from loyalty.domain.rows.unpacking import unpack
from loyalty.store.customers import account_ids
from loyalty.store.files import Files
from loyalty.store.table import Table
from loyalty.store.uploads import Overtaken, Piece, Segment, Upload, UploadState, move_upload, read_segment

SEGMENT_BYTES = 8_000_000
"""The bytes of a file that are split at a time: a quarter of a megabyte for each shard, and a tenth of a second."""

RANGE_BYTES = 4_000_000
"""Read from the file in one call."""

BLOCK_BYTES = 262_144
"""Cut at a time: what is at hand is quick to get at."""

IN_FLIGHT = 3
"""Parts of the file that are read ahead."""

NO_ROWS = Problem(Code.INVALID, "The file has no rows.")


class ChunkTaker(Protocol):
    """Receives the chunks of each segment, after the segment is kept."""

    def take_chunks(self, upload: Upload, segment: Segment) -> None:
        """Have the chunks of a segment posted or imported, those of each shard in order. They may come a second time:
        after a run is killed, its last segment is handed over again.

        Raises:
            Refused: RETRY_LATER, if the queue or the storage is busy.
        """


class Workplace(Struct, frozen=True):
    """What splitting works on.

    Attributes:
        table: the table, which keeps how far splitting has got.
        dropped: the bucket of files.
        work: the bucket of chunks.
        taker: receives the chunks.
        reading: how files are read: as purchases or as records.
        segment_bytes: how much of a file is split in one go.
    """

    table: Table
    dropped: Files
    work: Files
    taker: ChunkTaker
    reading: Reading = PURCHASES
    segment_bytes: int = SEGMENT_BYTES


def split_upload(upload: Upload, at: Workplace, *, attempt: str, out_of_time: Callable[[], bool]) -> bool:
    """Split what is left of an upload; `attempt` is a name that no other run of it has. Return False where the time is
    out before: it has to be called again then.

    Raises:
        Refused: RETRY_LATER, if storage is busy. Nothing was lost; called again, it goes on.
    """
    with ThreadPoolExecutor(IN_FLIGHT) as pool, ThreadPoolExecutor(1) as keeper:
        run = _Run(upload, at, attempt, pool, keeper)
        try:
            return run.to_the_end(out_of_time)
        except Overtaken:
            return True  # whoever was first goes on


class _Run:
    """A run through a file. While one segment is kept, the next one is cut."""

    def __init__(self, upload: Upload, at: Workplace, attempt: str, pool: Executor, keeper: Executor) -> None:
        self._upload = upload
        self._at = at
        self._attempt = attempt
        self._pool = pool
        self._keeper = keeper
        self._kept: Future[None] | None = None
        self._shards = Shards(upload.shards, partial(account_ids, at.table))

    def to_the_end(self, out_of_time: Callable[[], bool]) -> bool:
        """Split as much as there is time for; return whether that is all."""
        self._hand_over_again()
        if self._upload.state is not UploadState.SPLITTING:
            return True
        cutter: Cutter | None = None
        fault: Problem | None = None
        try:
            cutter, blocks = self._begin_cutting()
            if not self._cut_segments(cutter, blocks, out_of_time):
                return False
            fault = cutter.fault
        except Refused as refused:
            fault = refused.problems[0]
            if fault.code is Code.RETRY_LATER:
                raise
        if fault and cutter:
            fault = cutter.give_up(fault)
        self._keep(cutter.position if cutter else Position(0), final=True, fault=fault)
        self._wait()
        return True

    def _cut_segments(self, cutter: Cutter, blocks: Iterable[bytes], out_of_time: Callable[[], bool]) -> bool:
        """Cut what is left, a segment at a time; return whether there was time for all of it."""
        size = 0
        for block in blocks:
            cutter.cut(block)
            size += len(block)
            if cutter.fault:
                return True
            late = out_of_time()
            if late or size >= self._at.segment_bytes:
                self._keep(cutter.position)
                size = 0
            if late:
                self._wait()
                return False
        cutter.cut(b"", last=True)
        return True

    def _begin_cutting(self) -> tuple[Cutter, Iterator[bytes]]:
        """Return what cuts the file from where splitting has got to, and what there is to cut.

        Raises:
            Refused: the file cannot be read.
        """
        upload = self._upload
        format_, packed = format_of(upload.name)
        layout, position = upload.layout, upload.position
        start = position.offset if position and not packed else 0
        pieces = self._pieces(start, packed=packed)
        if layout is None or position is None:
            head = take_bytes(pieces, HEAD_BYTES)
            layout, position = find_layout(format_, head[:HEAD_BYTES], self._at.reading)
            pieces = chain([head], pieces)
            self._upload = replace(upload, layout=layout, position=position)
        cutter = self._at.reading.cutters[layout.format](layout, self._shards, position)
        return cutter, _blocks(skip_bytes(pieces, position.offset - start))

    def _pieces(self, start: int, *, packed: bool) -> Iterator[bytes]:
        """Return the file from `start` on, unpacked; parts of it are read ahead."""
        upload = self._upload
        read = partial(self._at.dropped.read, upload.key, length=RANGE_BYTES, version=upload.version)
        parts = _ahead(self._pool, (partial(read, place) for place in range(start, upload.size, RANGE_BYTES)))
        return unpack(parts) if packed else parts

    def _keep(self, position: Position, *, final: bool = False, fault: Problem | None = None) -> None:
        """Keep all that has been cut as a segment, while cutting goes on; the final one ends splitting."""
        before, frames = self._upload, self._frames()
        segment = self._segment(frames, position) if frames else None
        after = replace(
            before,
            position=position,
            segments=before.segments + bool(segment),
            chunks=before.chunks + len(frames),
            entries=before.entries + sum(frame.entries for _, frame in frames),
            rows=before.rows + sum(frame.rows for _, frame in frames),
        )
        if final:
            state = UploadState.POSTING if after.chunks else UploadState.REFUSED
            after = replace(after, state=state, fault=fault or (None if after.chunks else NO_ROWS))
        if after != before:
            self._wait()
            data = b"".join(part for _, frame in frames for part in frame.parts)
            self._kept = self._keeper.submit(self._put, before, after, segment, data)
            self._upload = after

    def _frames(self) -> list[tuple[int, Frame]]:
        """Return all that has been cut, as chunks with the numbers of their shards: the first one of each shard, then
        the second ones, so that all shards have something to do."""
        layout = self._upload.layout
        if layout is None:
            return []
        layers = zip_longest(*(shard.take_chunks(layout) for shard in self._shards.all))
        return [(shard, frame) for layer in layers for shard, frame in enumerate(layer) if frame]

    def _segment(self, frames: Sequence[tuple[int, Frame]], position: Position) -> Segment:
        upload = self._upload
        number = upload.segments + 1
        starts = accumulate((len(frame) for _, frame in frames), initial=0)
        return Segment(
            number=number,
            location=f"chunks/{upload.id}/{self._attempt}/{number:06}",
            first_row=upload.position.row if upload.position else 1,
            next_row=position.row,
            pieces=tuple(
                Piece(chunk, shard, start, len(frame), frame.entries, frame.rows)
                for chunk, (shard, frame), start in zip(count(upload.chunks + 1), frames, starts, strict=False)
            ),
        )

    def _put(self, before: Upload, after: Upload, segment: Segment | None, data: bytes) -> None:
        if segment:
            self._at.work.write(segment.location, data)
        move_upload(self._at.table, before, after, segment)
        if segment:
            self._at.taker.take_chunks(after, segment)

    def _hand_over_again(self) -> None:
        """Hand over the segment that the last run may have kept but not handed over."""
        upload = self._upload
        if upload.state in (UploadState.SPLITTING, UploadState.POSTING):
            segment = read_segment(self._at.table, upload.id, upload.segments)
            if segment:
                self._at.taker.take_chunks(upload, segment)

    def _wait(self) -> None:
        """Wait until what was to be kept is kept."""
        if self._kept:
            self._kept.result()


def _ahead(pool: Executor, reads: Iterator[Callable[[], bytes]]) -> Iterator[bytes]:
    """Return what each of `reads` answers, in order; the next ones are under way meanwhile."""
    under_way = deque(pool.submit(read) for read in islice(reads, IN_FLIGHT))
    while under_way:
        part = under_way.popleft().result()
        under_way.extend(pool.submit(read) for read in islice(reads, 1))
        yield part


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Return the same bytes in blocks that are quick to work on."""
    for piece in pieces:
        yield from (piece[start : start + BLOCK_BYTES] for start in range(0, len(piece), BLOCK_BYTES))
