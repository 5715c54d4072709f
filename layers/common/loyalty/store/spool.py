"""Rows sharded by a name, in temporary files where there is a folder for them, for what is too much for memory."""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

MAX_BUFFERED = 32_768
"""Bytes that are gathered for a shard before they are written, so that not every shard keeps a file open."""


class Spool:
    """Rows, each a line of bytes, in `count` shards. All rows of one name are in the same one.

    Several processes may write at a time, each as another one of the `writers`; what one writes, others read once it is
    flushed. Without a folder, all rows stay in memory.
    """

    def __init__(self, folder: Path | None, kind: str, count: int, writers: int = 1) -> None:
        self._folder = folder
        self._kind = kind
        self._count = count
        self._writers = writers
        self._buffers: dict[int, bytearray] = defaultdict(bytearray)

    def add(self, name: str, row: bytes, writer: int = 0) -> None:
        """Add a row, which ends with its only line break."""
        number = zlib.crc32(name.encode()) % self._count
        buffer = self._buffers[number]
        buffer += row
        if self._folder and len(buffer) > MAX_BUFFERED:
            self._write(self._folder, number, writer)

    def __len__(self) -> int:
        return self._count

    def flush(self, writer: int = 0) -> None:
        """Let others read what was added so far."""
        if self._folder:
            for number in list(self._buffers):
                self._write(self._folder, number, writer)

    def rows(self, number: int) -> Iterator[bytes]:
        """Return the rows of a shard."""
        for file in self._files(number):
            with gzip.open(file) as rows:
                yield from rows
        yield from BytesIO(self._buffers.get(number, b""))

    def remove(self, number: int) -> None:
        """Give back the room that a shard takes."""
        for file in self._files(number):
            file.unlink()
        self._buffers.pop(number, None)

    def _files(self, number: int) -> list[Path]:
        if self._folder is None:
            return []
        written = (self._file(self._folder, number, writer) for writer in range(self._writers))
        return [file for file in written if file.exists()]

    def _file(self, folder: Path, number: int, writer: int) -> Path:
        return folder / f"{self._kind}-{number:05}-{writer}"

    def _write(self, folder: Path, number: int, writer: int) -> None:
        with self._file(folder, number, writer).open("ab") as file:
            file.write(gzip.compress(self._buffers.pop(number), compresslevel=1))  # members that are read as one file
