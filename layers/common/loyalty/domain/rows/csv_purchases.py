"""Cutting CSV into purchases: which rows make up one.

A purchase goes on in the rows that directly follow its first one, as long as they have the same reference number, and
the same customer and unit, or none. All its rows stay together; empty rows between them are skipped. Only the first
cells of a row are read.
"""

import re
from collections.abc import Hashable
from functools import cache
from typing import Any

from loyalty.domain.errors import Code, Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.cells import cell_text
from loyalty.domain.rows.columns import REFERENCE_NUMBER, UNIT_COLUMNS
from loyalty.domain.rows.csv_rows import CsvRows, cell_patterns
from loyalty.domain.rows.customers import NEWEST_NAMES
from loyalty.domain.rows.cutter import Faults
from loyalty.domain.rows.layout import MAX_ROW_BYTES, Layout, Position
from loyalty.domain.rows.sharding import Shards

LONG_PURCHASE = Problem(Code.LIMIT_EXCEEDED, f"The rows of this purchase are longer than {MAX_ROW_BYTES} bytes.")

INSIDE_PURCHASE = "purchase"
"""In a position: the row that begins here was refused, and so are the further rows of its purchase."""

Cells = list[bytes]
Purchase = tuple[Hashable, int, int]
"""The customer's name, and the places of the first row and behind the last one."""


class CsvCutter(CsvRows):
    """Cuts a CSV file of purchases behind its header."""

    def __init__(self, layout: Layout, shards: Shards, position: Position) -> None:
        super().__init__(layout, shards, position)
        self._quoted_delimiter = b'"%b"' % self._delimiter
        self._quoted_lines = _quoted_lines(self._delimiter)
        at = {name: place for place, name in enumerate(layout.columns)}
        self._reference_at = at[REFERENCE_NUMBER]
        self._customers = [(at[name], by) for name, by in NEWEST_NAMES.items() if name in at]
        self._customer_at = self._customers[0][0]
        self._keys = [at[name] for name in (*NEWEST_NAMES, *UNIT_COLUMNS) if name in at]
        self._reach = max(self._reference_at, self._customer_at) + 1
        self._limit = max(self._reference_at, *self._keys) + 1
        self._first_cells = _first_cells(self._delimiter, self._limit)

    def _put(self, data: bytes, *, last: bool) -> int:
        is_refusing, plain = self._inside == INSIDE_PURCHASE, self._plain(data, last=last)
        rows, faults, waiting = (self._lines if plain else self._quoted_rows)(data, last=last)
        first = self._go_on_refusing(rows, faults) if is_refusing else 0
        if first < len(rows) or last:
            self._inside = "" if self._inside == INSIDE_PURCHASE else self._inside
            done = self._gather(rows, faults, first, plain, last=last)
        else:
            done = self._last_filled_row(rows)
        self._row += done
        return waiting + sum(map(len, rows[done:])) + len(rows) - done

    def _remainder(self) -> tuple[int, bytes]:
        if self._inside != INSIDE_PURCHASE:
            return super()._remainder()
        return self._row + 1, self._rest.partition(b"\n")[2]

    def _plain(self, data: bytes, *, last: bool) -> bytes | None:
        """Return what stands between the cells of all rows that end in `data`, if it stands nowhere else: the delimiter
        where nothing is in quotes, and with quotes around it where all cells are (`_quoted_lines`)."""
        if b'"' not in data:
            return self._delimiter
        is_ended = not last or data.endswith(b"\n")
        lines = data[: data.rfind(b"\n") + 1] if is_ended else data + b"\n"
        return self._quoted_delimiter if self._quoted_lines.fullmatch(lines) else None

    def _gather(self, rows: list[bytes], faults: Faults, first: int, plain: bytes | None, *, last: bool) -> int:
        """Put purchases into their shards, from the row at place `first` on; return at which place the last one begins,
        as it may go on in the next block."""
        purchases, empty = self._purchases(rows, faults, first, plain)
        may_go_on = not last and purchases and purchases[-1][1] not in faults
        opened = purchases.pop() if may_go_on else None
        known, number = self._known, self._row
        for name, start, end in purchases:
            try:
                shard = known[name]
            except KeyError:
                self._learn(name for name, _, _ in purchases)
                shard = known[name]
            if start in faults:
                self._refuse(number + start, rows[start], faults[start])
            elif end == start + 1:
                shard.add(number + start, rows[start])
            elif plain and not empty:
                shard.add(number + start, b"\n".join(rows[start:end]), end - start)
            else:
                shard.add_rows(number + start, _drop_empty_rows(rows, start, end, empty))
        return self._first_waiting_row(opened, rows, empty) if opened else len(rows)

    def _purchases(
        self, rows: list[bytes], faults: Faults, first: int, plain: bytes | None
    ) -> tuple[list[Purchase], set[int]]:
        """Return the purchases from the row at place `first` on, and the places of empty rows. A row that has a fault
        is a purchase of its own, and ends the one before it. `plain` as `_plain` has it."""
        found, empty = list[Purchase](), set[int]()
        for fault in sorted(faults):
            self._find(found, empty, rows, (first, fault), plain)
            found.append((b"", fault, fault + 1))
            first = fault + 1
        self._find(found, empty, rows, (first, len(rows)), plain)
        return found, empty

    def _find(
        self, found: list[Purchase], empty: set[int], rows: list[bytes], run: tuple[int, int], plain: bytes | None
    ) -> None:
        """Add the purchases of a run of rows without faults to `found`, and the places of empty rows to `empty`. The
        run is told by the places of its first row and behind its last one."""
        first, end = run
        delimiter, reach = plain or self._delimiter, self._reach
        reference_at, customer_at = self._reference_at, self._customer_at
        mixed, all_quoted = not plain, plain == self._quoted_delimiter
        opened, name, reference, repeated = first, None, None, b""
        for place, row in enumerate(rows[first:end], first):
            if repeated and row.startswith(repeated):
                continue
            cells = row.split(delimiter, reach)
            if len(cells) <= reach or (mixed and b'"' in row):
                cells = self._cells(row)
            elif all_quoted:
                # Delimiters have their quotes with them, so what is left of the first cell's is the one that opens it.
                cells[0] = cells[0][1:]
            said = cells[reference_at]
            if said == reference:
                # Found once a second row asks for it: most purchases of many files have just one.
                repeated = repeated or self._beginning(rows[opened])
                if (repeated and row.startswith(repeated)) or self._goes_on(row, rows[opened]):
                    continue
            # As in any empty row, there is nothing in this cell, or it begins with white space or a quote.
            if said < b"#" and self._is_empty(row):
                empty.add(place)
                continue
            if name is not None:
                found.append((name, opened, place))
            opened, repeated = place, b""
            name = cells[customer_at] or self._other_name(row)
            reference = said or None
        if name is not None:
            found.append((name, opened, end))

    def _first_waiting_row(self, purchase: Purchase, rows: list[bytes], empty: set[int]) -> int:
        """Return the place from which on rows have to wait, as the purchase may go on. One that is too long already is
        refused; one that is followed by more empty rows than may wait has ended."""
        name, start, end = purchase
        filled = _drop_empty_rows(rows, start, end, empty)
        if sum(map(len, filled)) > MAX_ROW_BYTES:
            self._shards.all[0].add_rows(self._row + start, filled, LONG_PURCHASE)
            self._inside = INSIDE_PURCHASE
            return self._last_filled_row(rows)
        if sum(len(rows[place]) + 1 for place in empty if place > start) > MAX_ROW_BYTES:
            self._learn([name])
            self._known[name].add_rows(self._row + start, filled)
            return end
        return start

    def _last_filled_row(self, rows: list[bytes]) -> int:
        """Return the place of the last row that is not empty, by which the rest of a refused purchase will be known;
        behind all rows, where so many empty ones follow that it has ended."""
        place = next((place for place in reversed(range(len(rows))) if not self._is_empty(rows[place])), 0)
        if sum(len(row) + 1 for row in rows[place + 1 :]) <= MAX_ROW_BYTES:
            return place
        self._inside = ""
        return len(rows)

    def _go_on_refusing(self, rows: list[bytes], faults: Faults) -> int:
        """Refuse the rows that the purchase goes on in that the first row belongs to; return where it ends."""
        end, more = 1, dict[int, bytes]()
        while end < len(rows) and end not in faults:
            if self._goes_on(rows[end], rows[0]):
                more[self._row + end] = rows[end]
            elif not self._is_empty(rows[end]):
                break
            end += 1
        if more:
            self._shards.all[0].add_rows(min(more), list(more.values()), LONG_PURCHASE)
        return min(end, len(rows))

    def _goes_on(self, row: bytes, first: bytes) -> bool:
        """Return whether the purchase that `first` is the first row of goes on in `row`."""
        cells, head = self._cells(row), self._cells(first)
        is_same = cells[self._reference_at] == head[self._reference_at]
        return is_same and all(cells[place] in (head[place], b"") for place in self._keys)

    def _beginning(self, row: bytes) -> bytes:
        """Return what a row begins with, up to all by which purchases are told apart: in a row that begins with the
        same, the purchase goes on. Empty where telling that is not so simple."""
        found = self._first_cells.match(row)
        return row[: found.end() + 1] if found and row.startswith(self._delimiter, found.end()) else b""

    def _cells(self, row: bytes) -> Cells:
        """Return the first cells of a row that may have quotes or be short."""
        if b'"' not in row:
            return row.removesuffix(b"\r").split(self._delimiter) + [b""] * self._limit
        found = self._first_cells.match(row) or self._first_cells.match(
            row.removesuffix(b"\r") + self._delimiter * self._limit
        )
        assert found  # else the row has a fault
        captured = found.groups(b"")
        return [text.replace(b'""', b'"') or bare for text, bare in zip(captured[::2], captured[1::2], strict=True)]

    def _other_name(self, row: bytes) -> Hashable:
        """Return the customer by the second column that may name one."""
        return (self._cells(row)[self._customers[1][0]],) if len(self._customers) > 1 else b""

    def _reference(self, name: Any) -> Reference | None:
        by, cell = (self._customers[1][1], name[0]) if isinstance(name, tuple) else (self._customers[0][1], name)
        text = cell.decode(errors="replace")
        return Reference(by, cell_text(text), "") if text else None


def _drop_empty_rows(rows: list[bytes], start: int, end: int, empty: set[int]) -> list[bytes]:
    """Return the rows of a purchase without the empty ones between."""
    return [row for place, row in enumerate(rows[start:end], start) if place not in empty]


def _quoted_lines(delimiter: bytes) -> re.Pattern[bytes]:
    """Return lines of which all cells are in quotes. None has a quote or a line end inside, or is the delimiter alone,
    which with its quotes looks like what stands between cells."""
    return re.compile(rb'(?:"(?!%b")[^"\n]*+"(?:%b|\r?\n))+' % (delimiter, delimiter))


@cache
def _first_cells(delimiter: bytes, count: int) -> re.Pattern[bytes]:
    """Return the first cells of a row, each captured with what was in quotes apart from what was not."""
    names = cell_patterns(delimiter)
    names[b"captured"] = rb'(?:"(%(text)b)"|(%(bare)b|))' % names
    return re.compile(b"".join([b"%(captured)b%(d)b" % names] * (count - 1)) + b"%(captured)b" % names)
