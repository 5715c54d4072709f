"""A file of any size, written while it is made, in as many calls as that takes."""

from typing import Any, Self

from msgspec import Struct, field

from loyalty import exactjson
from loyalty.store.files import Files

PART_BYTES = 8_000_000
"""The bytes of a file that are written at a time: S3 accepts parts of 5 MiB and more, and 10,000 of them."""


class Assembly(Struct):
    """The file at `key` as far as it is made: parts that are written, by their ETags, and `rest`, which is not yet. The
    file is there once it is finished, and an earlier one until then.

    Methods raise `Refused` as those of `Files`; with NOT_FOUND, if the parts were joined before, or given up.
    """

    files: Files
    key: str
    parts: str | None = None
    etags: list[str] = field(default_factory=list)
    rest: bytearray = field(default_factory=bytearray)

    def add(self, piece: bytes) -> None:
        """Add a piece at the end of the file."""
        self.rest += piece
        if len(self.rest) >= PART_BYTES:
            self._write_rest()

    def finish(self) -> None:
        """Let the file be there."""
        if self.parts is None:
            self.files.write(self.key, bytes(self.rest))
            return
        if self.rest:
            self._write_rest()
        self.files.join_parts(self.key, self.parts, self.etags)

    def suspend(self, place: str, **beside: Any) -> None:
        """Keep what is made so far at `place`, and `beside` it what else is to be known by whoever takes it up."""
        told = {"parts": self.parts, "etags": self.etags, **beside}
        self.files.write(place, exactjson.dumps(told).encode() + b"\n" + bytes(self.rest))

    @classmethod
    def resume(cls, files: Files, key: str, kept: bytes) -> tuple[Self, dict[str, Any]]:
        """Return what was kept, and what was beside it."""
        head, _, rest = kept.partition(b"\n")
        beside = exactjson.loads(head)
        return cls(files, key, beside.pop("parts"), beside.pop("etags"), bytearray(rest)), beside

    def _write_rest(self) -> None:
        self.parts = self.parts or self.files.begin_parts(self.key)
        self.etags.append(self.files.write_part(self.key, self.parts, len(self.etags) + 1, bytes(self.rest)))
        self.rest.clear()
