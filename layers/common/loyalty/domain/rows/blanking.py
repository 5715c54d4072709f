"""Taking pass codes out of records that were imported: what lies where they were is as long and says nothing, so that
all else stays in its place."""

import re
from functools import cache

from loyalty.domain.access.pass_codes import PASS_CODE, with_blank_codes
from loyalty.domain.rows.chunk import ChunkEntry, read_chunk
from loyalty.domain.rows.csv_rows import cell_patterns
from loyalty.domain.rows.layout import FileFormat, Layout


def blank_codes(data: bytes) -> bytes:
    """Return a chunk of records without their pass codes. A CSV row that cannot be split into its columns is removed
    whole, as the code may be in any of them."""
    chunk = read_chunk(data)
    rows = b"".join(_blank_entry(chunk.layout, entry) for entry in chunk.entries)
    return data[: len(data) - len(rows)] + rows


def _blank_entry(layout: Layout, entry: ChunkEntry) -> bytes:
    [row] = entry.rows
    if layout.format is not FileFormat.CSV:
        return with_blank_codes(row)
    if PASS_CODE not in layout.columns:
        return row
    place, delimiter = layout.columns.index(PASS_CODE), layout.delimiter.encode()
    cells = None if entry.fault else _cells(delimiter, place, len(layout.columns)).fullmatch(row)
    if cells is None:
        return re.sub(rb'[^%b"\r\n]' % delimiter, b"*", row)
    return cells[1] + re.sub(rb'(?!\A"|"\Z).', b"*", cells[2], flags=re.DOTALL) + cells[3]


@cache
def _cells(delimiter: bytes, place: int, width: int) -> re.Pattern[bytes]:
    """Return a row of so many cells: what stands before the one at `place`, this, and the rest."""
    names = cell_patterns(delimiter) | {b"before": b"%d" % place, b"after": b"%d" % (width - place - 1)}
    return re.compile(rb"((?:%(cell)b%(d)b){%(before)b})(%(cell)b)((?:%(d)b%(cell)b){%(after)b}[\s%(d)b]*)" % names)
