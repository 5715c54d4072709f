"""Making the result file of an upload, segment by segment, in as many calls as that takes."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from heapq import merge

from loyalty.domain.errors import Code, Refused
from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.domain.rows.file_opening import format_of
from loyalty.domain.uploads.row_outcome import Kind, RowOutcome
from loyalty.store.assembly import Assembly
from loyalty.store.chunk_marks import Mark, Tally, read_marks
from loyalty.store.files import Files
from loyalty.store.table import Table
from loyalty.store.uploads import Piece, Upload, read_segment
from loyalty.usecases.uploads.begin_upload import REFERENCE_FOLDER
from loyalty.usecases.uploads.chunk_outcomes import read_outcomes
from loyalty.usecases.uploads.upload_results import Rendering, render_result


def make_result(upload: Upload, tally: Tally, *, table: Table, files: Files, out_of_time: Callable[[], bool]) -> bool:
    """Make the result of an upload whose rows all have an outcome, or what is left of it. Return False where the time
    is out before: what is made so far is put down then, and called again, this takes it up, as long as nothing was
    recorded in between.

    Raises:
        Refused: RETRY_LATER, if the storage is busy.
    """
    place = f"closings/{upload.id}/{tally.recorded}"
    making = _Making(upload, place, table, files, out_of_time)
    kept = files.read_if_there(place)
    try:
        return making.go_on(kept)
    except Refused as refused:
        if kept is None or refused.problems[0].code is not Code.NOT_FOUND:
            raise
    return making.go_on(None)  # the parts were joined by a call that was killed before it could tell, or are too old


def result_key(upload: Upload) -> str:
    """Return the key of the result: `orders.csv.gz` has the result `orders.result.csv.gz`."""
    name, *kinds = upload.name.rsplit(".", 2 if _is_packed(upload) else 1)
    return f"{result_folder(upload)}/{'.'.join([name, 'result', *kinds])}"


def result_folder(upload: Upload) -> str:
    """Return where the result and the summary lie."""
    owner = REFERENCE_FOLDER if upload.kind is Kind.RECORDS else upload.partner_id
    return f"results/{owner}/{upload.id}"


class _Making:
    """A result that is being made."""

    def __init__(self, upload: Upload, place: str, table: Table, files: Files, out_of_time: Callable[[], bool]) -> None:
        assert upload.layout  # rows have outcomes, so somebody has read them
        self._upload = upload
        self._layout = upload.layout
        self._place = place
        self._table = table
        self._files = files
        self._out_of_time = out_of_time

    def go_on(self, kept: bytes | None) -> bool:
        """Go on from what was put down, if something was."""
        result, segment = Assembly(self._files, result_key(self._upload)), 1
        if kept:
            result, beside = Assembly.resume(self._files, result.key, kept)
            segment = beside["segment"]
        for number in range(segment, self._upload.segments + 1):
            for piece in self._render_segment(number):
                result.add(piece)
            if number < self._upload.segments and self._out_of_time():
                result.suspend(self._place, segment=number + 1)
                return False
        result.finish()
        return True

    def _render_segment(self, segment: int) -> Iterable[bytes]:
        """Return a segment's part of the result; of a compressed one, a member of its own."""
        last = segment == self._upload.segments
        pieces = render_result(
            self._layout, self._join_outcomes(segment), Rendering(self._upload.dry_run, first=segment == 1, last=last)
        )
        return _pack(pieces) if _is_packed(self._upload) else pieces

    def _join_outcomes(self, number: int) -> Iterator[tuple[ChunkEntry, RowOutcome]]:
        """Return the entries of a segment in their order, with what became of them; those of each chunk are in
        order."""
        segment = read_segment(self._table, self._upload.id, number)
        assert segment
        marks = read_marks(self._table, self._upload.id, [piece.chunk for piece in segment.pieces])
        chunks = (self._chunk(segment.location, piece, marks[piece.chunk]) for piece in segment.pieces)
        return merge(*chunks, key=lambda told: told[0].number)

    def _chunk(self, location: str, piece: Piece, mark: Mark) -> Iterator[tuple[ChunkEntry, RowOutcome]]:
        entries = read_chunk(self._files.read(location, piece.start, piece.length)).entries
        return zip(entries, read_outcomes(self._files, mark), strict=True)


def _is_packed(upload: Upload) -> bool:
    return format_of(upload.name)[1]


def _pack(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pack = zlib.compressobj(wbits=31)  # as gzip has it
    yield from filter(None, map(pack.compress, pieces))
    yield pack.flush()
