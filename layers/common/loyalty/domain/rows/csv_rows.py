"""Cutting CSV (RFC 4180) into rows.

What is here runs for each row of files of many millions, so a block without quotes takes the short way: it is cut at
its line ends.
"""

import re
from functools import cache

from loyalty.domain.errors import Code, Problem
from loyalty.domain.rows.cutter import Cutter, Faults
from loyalty.domain.rows.layout import MAX_ROW_BYTES, Layout, Position
from loyalty.domain.rows.sharding import Shards

MAX_OPEN_QUOTES = 100
"""Quotes that are never closed. Looking for the end of each takes a row's full length, which adds up."""

OPEN_QUOTE = Problem(Code.INVALID, f"A quote opens here and is not closed within {MAX_ROW_BYTES} bytes.")
STRAY_QUOTE = Problem(Code.INVALID, "A quote closes here in the middle of a cell, or a carriage return is misplaced.")
MANY_OPEN_QUOTES = Problem(Code.INVALID, f"More than {MAX_OPEN_QUOTES} quotes are never closed.")


class CsvRows(Cutter):
    """Cuts a CSV file behind its header into rows."""

    def __init__(self, layout: Layout, shards: Shards, position: Position) -> None:
        super().__init__(layout, shards, position)
        self._delimiter = layout.delimiter.encode()
        self._whole, self._open = _patterns(self._delimiter)
        self._empty = empty_row(self._delimiter)
        self._open_quotes = 0

    def _rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        return (self._quoted_rows if b'"' in data else self._lines)(data, last=last)

    def _trace(self, rest: bytes) -> bytes:
        # All in one cell: rows of a purchase that goes on, or the half of one, are never posted like that.
        return b'"%b"' % rest.strip().replace(b'"', b'""')

    def _quoted_rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        """Return the rows that end in `data`, which has quotes, what is wrong with them, and how many bytes have to
        wait for what follows. Where a quote is astray, just the line that it stands in is refused."""
        rows, faults, at = list[bytes](), Faults(), 0
        if last and not data.endswith(b"\n"):
            data += b"\n"
        while (end := data.find(b"\n", at)) >= 0 and not self.fault:
            if data.find(b'"', at, end) >= 0:
                if found := self._whole.match(data, at):
                    end = found.end()
                elif not self._open.match(data, at):
                    faults[len(rows)] = STRAY_QUOTE
                elif not last and len(data) - at <= MAX_ROW_BYTES:
                    return rows, faults, len(data) - at
                else:
                    faults[len(rows)] = OPEN_QUOTE
                    self._count_open_quote()
            rows.append(data[at:end])
            at = end + 1
        waiting = self._close(rows, faults, data, at, last=last) if not self.fault else len(data) - at
        return rows, faults, waiting

    def _is_empty(self, row: bytes) -> bool:
        """Return whether there is nothing in any cell of a row."""
        return self._empty.fullmatch(row) is not None

    def _count_open_quote(self) -> None:
        self._open_quotes += 1
        if self._open_quotes > MAX_OPEN_QUOTES:
            self.fault = MANY_OPEN_QUOTES


@cache
def empty_row(delimiters: bytes) -> re.Pattern[bytes]:
    """Return a row that says nothing: a blank line, or cells with white space at most, be it in quotes."""
    # Before Python 3.11.5, a group with `*+` also takes the beginning of what is no cell.
    return re.compile(rb'(?:[\s%b]++|"\s*+"(?!"))*' % delimiters)


def cell_patterns(delimiter: bytes) -> dict[bytes, bytes]:
    """Return what a cell is made of, and a cell; as pieces of patterns, by name."""
    names = {
        b"d": delimiter,
        b"bare": rb'[^"\r\n%b][^\r\n%b]*+' % (delimiter, delimiter),
        b"text": rb'[^"]*+(?:""[^"]*+)*+',
    }
    return {**names, b"cell": rb'(?:"%(text)b"|%(bare)b|)' % names}


@cache
def _patterns(delimiter: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return a whole row, up to its line end; and the beginning of a row, up to the end of what there is of it."""
    names = cell_patterns(delimiter)
    whole = rb"%(cell)b(?:%(d)b%(cell)b)*+\r?(?=\n)" % names
    start = rb'(?:%(cell)b%(d)b)*+(?:"%(text)b"?|%(bare)b|)\r?\Z' % names
    return re.compile(whole), re.compile(start)
