"""Rows in temporary files, sharded by a name, for what is too much for memory."""

import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

MAX_BUFFERED = 32_768
"""Bytes that are gathered for a shard before they are written, so that not every shard keeps a file open."""


class Spool:
    """Rows, each a line of bytes, in `count` files of a folder. All rows of one name are in the same file, in the order
    in which they came."""

    def __init__(self, folder: Path, kind: str, count: int) -> None:
        self._paths = [folder / f"{kind}-{number:05}" for number in range(count)]
        self._buffers: dict[int, bytearray] = defaultdict(bytearray)

    def add(self, name: str, row: bytes) -> None:
        """Add a row, which ends with its only line break."""
        number = zlib.crc32(name.encode()) % len(self._paths)
        buffer = self._buffers[number]
        buffer += row
        if len(buffer) > MAX_BUFFERED:
            self._write(number)

    def __len__(self) -> int:
        return len(self._paths)

    def rows(self, number: int) -> Iterator[bytes]:
        """Return the rows of a shard."""
        self._write(number)
        with self._paths[number].open("rb") as rows:
            yield from rows

    def remove(self, number: int) -> None:
        """Give back the room that a shard takes."""
        self._paths[number].unlink(missing_ok=True)

    def _write(self, number: int) -> None:
        with self._paths[number].open("ab") as file:
            file.write(self._buffers.pop(number, b""))
