"""Cutting CSV into purchases: which rows make up one.

A purchase goes on in the rows that directly follow its first one, as long as they have the same reference number, and
the same customer and unit, or none. All its rows stay together. Of a row, just the first cells are looked at.
"""

import re
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from functools import cache
from typing import Any

from loyalty.domain.errors import Code, Problem
from loyalty.domain.purchase import Reference
from loyalty.domain.rows.columns import REFERENCE_NUMBER, UNIT_COLUMNS, meant
from loyalty.domain.rows.csv_rows import CsvRows, cell_patterns
from loyalty.domain.rows.customers import NEWEST_NAMES
from loyalty.domain.rows.cutter import Faults
from loyalty.domain.rows.layout import MAX_ROW_BYTES, Layout, Position
from loyalty.domain.rows.shards import Shards

LONG_PURCHASE = Problem(Code.LIMIT_EXCEEDED, f"The rows of this purchase are longer than {MAX_ROW_BYTES} bytes.")

INSIDE_PURCHASE = "purchase"
"""Of a position: the row that begins here was refused, and so are those that its purchase goes on in."""

Cells = list[bytes]


class CsvCutter(CsvRows):
    """Cuts a CSV file of purchases behind its header."""

    def __init__(self, layout: Layout, shards: Shards, position: Position) -> None:
        super().__init__(layout, shards, position)
        at = {name: place for place, name in enumerate(layout.columns)}
        self._reference_at = at[REFERENCE_NUMBER]
        self._customers = [(at[name], by) for name, by in NEWEST_NAMES.items() if name in at]
        self._customer_at = self._customers[0][0]
        self._keys = [at[name] for name in (*NEWEST_NAMES, *UNIT_COLUMNS) if name in at]
        self._reach = max(self._reference_at, self._customer_at) + 1
        self._limit = max(self._reference_at, *self._keys) + 1
        self._first_cells = _first_cells(self._delimiter, self._limit)
        self._is_refusing = False

    def cut(self, block: bytes, *, last: bool = False) -> None:
        self._is_refusing = self._inside == INSIDE_PURCHASE
        super().cut(block, last=last)

    def _put(self, rows: list[bytes], faults: Faults, plain: bytes | None, *, last: bool) -> int:
        first = self._go_on_refusing(rows, faults) if self._is_refusing else 0
        if first < len(rows) or last:
            self._inside = "" if self._inside == INSIDE_PURCHASE else self._inside
            return self._gather(rows, faults, first, plain, last=last)
        return max(0, first - 1)

    def _gather(self, rows: list[bytes], faults: Faults, first: int, plain: bytes | None, *, last: bool) -> int:
        """Put rows, from place `first` on, into their shards; `plain` is what stands between their cells, as long as it
        stands nowhere else. Answers at which place the last purchase begins, as it may go on in the next block."""
        delimiter, reach, reference_at, customer_at = (
            plain or self._delimiter,
            self._reach,
            self._reference_at,
            self._customer_at,
        )
        known, careful, number = self._known, not plain or bool(faults), self._row
        quoted = plain == self._quoted_delimiter
        opened, shard = first, None
        reference, repeated = None, b""
        gather: Callable[[bytes], None] = _nothing
        count: Callable[[int], None] = _nothing
        for place, row in enumerate(rows[first:] if first else rows, first):
            if repeated and row.startswith(repeated) and not (careful and place in faults):
                gather(row)
                continue
            cells = row.split(delimiter, reach)
            if quoted:
                cells[0] = cells[0][1:]
            if len(cells) <= reach or (careful and (place in faults or (not plain and b'"' in row))):
                cells = [] if place in faults else self._cells(row)
                if not cells:
                    count(place - opened)
                    opened, shard, reference, repeated, count = place + 1, None, None, b"", _nothing
                    self._pass_over(number + place, row, faults.get(place))
                    continue
            if cells[reference_at] == reference:
                repeated = repeated or self._head(rows[opened], plain)
                if (repeated and row.startswith(repeated)) or self._goes_on(row, rows[opened]):
                    gather(row)
                    continue
            count(place - opened)
            opened, reference, repeated = place, cells[reference_at] or None, b""
            name = cells[customer_at] or self._other_name(row)
            try:
                shard, gather, begin, count = known[name]
            except KeyError:
                self._learn([name, *self._names(rows[place:], plain)])
                shard, gather, begin, count = known[name]
            gather(row)
            begin(number + place)
        if last or shard is None:
            count(len(rows) - opened)
            return len(rows)
        del shard.rows[opened - len(rows) :]
        shard.numbers.pop()
        return self._held_back(rows, opened)

    def _pass_over(self, number: int, row: bytes, fault: Problem | None) -> None:
        """A row that is in no purchase: it is blank, or could not be cut."""
        if fault:
            self._refuse(number, row, fault)

    def _held_back(self, rows: list[bytes], opened: int) -> int:
        """The place from which on rows have to wait; a purchase that is too long already is refused, but for its last
        row, by which the rest of it will be known."""
        if sum(map(len, rows[opened:])) <= MAX_ROW_BYTES:
            return opened
        self._shards.all[0].refuse(self._row + opened, rows[opened:], LONG_PURCHASE)
        self._inside = INSIDE_PURCHASE
        return len(rows) - 1

    def _go_on_refusing(self, rows: list[bytes], faults: Faults) -> int:
        """Refuse the rows that the purchase goes on in that the first row belongs to; answers where it ends."""
        end = 1
        while end < len(rows) and end not in faults and self._goes_on(rows[end], rows[0]):
            end += 1
        if end > 1:
            self._shards.all[0].refuse(self._row + 1, rows[1:end], LONG_PURCHASE)
        return min(end, len(rows))

    def _goes_on(self, row: bytes, first: bytes) -> bool:
        """Whether the purchase that `first` is the first row of goes on in `row`."""
        cells, head = self._cells(row), self._cells(first)
        return (
            bool(cells)
            and cells[self._reference_at] == head[self._reference_at]
            and all(cells[place] in (head[place], b"") for place in self._keys)
        )

    def _head(self, row: bytes, plain: bytes | None) -> bytes:
        """The beginning of a row up to all by which purchases are told apart: in a row that begins with the same, the
        purchase goes on. Empty where telling that is not so simple."""
        cells = row.split(plain, self._limit)
        return row[: len(row) - len(cells[-1])] if plain and len(cells) > self._limit else b""

    def _cells(self, row: bytes) -> Cells:
        """The first cells of a row that may have quotes or be short; none of a blank line."""
        if not row.strip(b" \r"):
            return []
        if found := b'"' in row and self._first_cells.match(row):
            pairs = zip(*2 * [iter(found.groups(b""))], strict=True)
            return [quoted.replace(b'""', b'"') or bare for quoted, bare in pairs]
        cells = row.removesuffix(b"\r").split(self._delimiter)
        return cells + [b""] * (self._limit - len(cells))

    def _names(self, rows: list[bytes], plain: bytes | None) -> Iterable[Hashable]:
        """How the rows name their customers, as far as that is easily told."""
        if plain and len(self._customers) == 1:
            at, start = self._customer_at, int(plain == self._quoted_delimiter)
            with suppress(IndexError):  # there are short rows among them
                return {row[start:].split(plain, at + 1)[at] for row in rows}
        return {cells[self._customer_at] or self._other_name(row) for row in rows if (cells := self._cells(row))}

    def _other_name(self, row: bytes) -> Hashable:
        """The customer by the second column that may name one."""
        return (self._cells(row)[self._customers[1][0]],) if len(self._customers) > 1 else b""

    def _reference(self, name: Any) -> Reference | None:
        by, cell = (self._customers[1][1], name[0]) if isinstance(name, tuple) else (self._customers[0][1], name)
        text = cell.decode(errors="replace")
        return Reference(by, meant(text), "") if text else None


def _nothing(_: Any) -> None:
    """Where rows go that belong to nothing."""


@cache
def _first_cells(delimiter: bytes, count: int) -> re.Pattern[bytes]:
    """The first cells of a row, each captured with what was in quotes apart from what was not."""
    names = cell_patterns(delimiter)
    names[b"captured"] = rb'(?:"(%(text)b)"|(%(bare)b|))' % names
    return re.compile(b"".join([b"%(captured)b%(d)b" % names] * (count - 1)) + b"%(captured)b" % names)
