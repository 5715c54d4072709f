"""How a file's rows are to be read: what its name and its first bytes tell once and for all."""

import json
from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict

MAX_ROW_BYTES = 1_000_000
"""The most bytes of a row, and of the rows of one purchase together: as many as the body of a call may have."""


class FileFormat(StrEnum):
    """The format of a file."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    JSON = "json"


class Layout(Struct, frozen=True):
    """`columns` are the caller's own, of a CSV file; `currency` is what stands beside the set of purchases of a bulk
    call as `intended_currency_identifier`, as JSON."""

    format: FileFormat
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    currency: str | None = None

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what `text` wrote."""
        layout = json.loads(text)
        return cls(FileFormat(layout["format"]), tuple(layout["columns"]), layout["delimiter"], layout["currency"])


class Position(Struct, frozen=True):
    """Where in a file cutting goes on: `offset` bytes of it, unpacked, lie behind, and the next row has number `row`.

    `inside` is set where that is in the middle of what was refused already; each way of cutting has its own words.
    """

    offset: int
    row: int = 1
    inside: str = ""
