"""Splitting a file as one would first write it: each row is read, dealt out by its customer, and written as JSON, in
chunks of a thousand rows that tear no purchase apart. It knows nothing of accounts, faults or handing over."""

import csv
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

from tests.simulated import Repeated

SHARDS = 32
CHUNK_ROWS = 1000
PIECE_BYTES = 1 << 20


class _Body(io.RawIOBase):
    """An answer of S3."""

    def __init__(self, source: Repeated) -> None:
        self._source, self._at = source, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read("", self._at, len(buffer))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def split(name: str, source: Repeated) -> int:
    """Split a file; return how many rows it has."""
    text = io.TextIOWrapper(io.BufferedReader(_Body(source), PIECE_BYTES), encoding="utf-8", newline="")
    rows: Iterator[dict[str, Any]] = csv.DictReader(text) if name.endswith(".csv") else map(json.loads, text)
    shards: list[list[dict[str, Any]]] = [[] for _ in range(SHARDS)]
    count = written = 0
    for number, row in enumerate(rows, start=1):
        chunk = shards[zlib.crc32(row["cim"].encode()) % SHARDS]
        if len(chunk) >= CHUNK_ROWS and chunk[-1]["row"]["reference_number"] != row["reference_number"]:
            written += len(json.dumps(chunk).encode())
            chunk.clear()
        chunk.append({"number": number, "row": row})
        count = number
    written += sum(len(json.dumps(chunk).encode()) for chunk in shards)
    assert written
    return count
