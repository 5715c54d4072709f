"""A file of purchases on this machine, read as it would be as an upload: by the same rules, in the same forms."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from cli.console import CommandFailure
from loyalty.api.triggers.row_reader import read_row as read_request
from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.domain.rows.chunk import ChunkEntry, Frame, read_chunk
from loyalty.domain.rows.file_opening import HEAD_BYTES, find_layout, format_of
from loyalty.domain.rows.layout import Layout, Position
from loyalty.domain.rows.pieces import skip_bytes, take_bytes
from loyalty.domain.rows.purchases import PURCHASES
from loyalty.domain.rows.sharding import Shards
from loyalty.domain.rows.unpacking import unpack
from loyalty.store.uploads import Upload
from loyalty.usecases.uploads.begin_upload import check_name
from loyalty.usecases.uploads.chunk_rows import row_identity
from loyalty.usecases.uploads.row_body import read_row
from loyalty.usecases.uploads.split_upload import BLOCK_BYTES

POSTED_AS_NOTHING = Problem(Code.MANDATORY, "The row says that it was posted, but not as which event.", "/event_id")


@dataclass(frozen=True)
class PurchaseFile:
    """A file of purchases: CSV, JSON Lines, a JSON array or a bulk call's body, compressed or not; or the result of an
    upload of one. It is read as if the partner had sent it at `now`.

    Every method raises `CommandFailure` where the file cannot be read, or not to its end.
    """

    path: Path
    partner: Partner
    now: datetime

    def check(self) -> None:
        """Look at the name and the beginning of the file, so that nobody waits for what would be refused as a whole."""
        with self._refusals_as_failures():
            check_name(self.path.name)
        _ = self._opening

    def count(self) -> int:
        """Count the purchases, and what was to be one."""
        return sum(frame.entries for frame in self._frames())

    def entries(self) -> Iterator[ChunkEntry]:
        """Cut the file into purchases, in its order."""
        for frame in self._frames():
            yield from read_chunk(frame.data).entries

    def request(self, entry: ChunkEntry) -> PurchaseRequest:
        """Return the purchase that an entry asks for. In a result, one that was posted is a purchase like others.

        Raises:
            Refused: with every faulty field, by JSON pointer.
        """
        layout, _ = self._opening
        row = read_row(layout, entry)
        is_own_word = bool(layout.columns) and "event_id" not in layout.columns  # no result lacks this column
        if row.says_settled and not row.earlier.get("event_id") and not is_own_word:
            raise Refused(POSTED_AS_NOTHING)
        request = read_request(row, self.partner, self._upload)
        identity = row_identity(request.identity, row, self._upload, entry.number)
        return request if identity is request.identity else replace(request, identity=identity)

    @cached_property
    def _upload(self) -> Upload:
        return Upload("", self.partner.id, tuple(self.partner.merchants), self.path.name, "", self.now)

    @cached_property
    def _opening(self) -> tuple[Layout, Position]:
        """Return the layout of the rows, and where they begin."""
        with self._refusals_as_failures():
            format_, _ = format_of(self.path.name)
            return find_layout(format_, take_bytes(self._pieces(), HEAD_BYTES)[:HEAD_BYTES], PURCHASES)

    def _frames(self) -> Iterator[Frame]:
        layout, position = self._opening
        shards = Shards(1, lambda _: {})  # nothing is posted side by side
        cutter = PURCHASES.cutters[layout.format](layout, shards, position)
        with self._refusals_as_failures():
            for block in chain(skip_bytes(self._pieces(), position.offset), [None]):
                cutter.cut(block or b"", last=block is None)
                yield from shards.all[0].take_chunks(layout)
                if cutter.fault:
                    raise Refused(cutter.fault)

    def _pieces(self) -> Iterator[bytes]:
        _, packed = format_of(self.path.name)
        with self.path.open("rb") as file:
            blocks = iter(partial(file.read, BLOCK_BYTES), b"")
            yield from unpack(blocks) if packed else blocks

    @contextmanager
    def _refusals_as_failures(self) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            raise CommandFailure(f"{self.path}: {refused.problems[0].description}") from refused
        except OSError as error:
            raise CommandFailure(f"{self.path} cannot be read: {error.strerror}") from error
