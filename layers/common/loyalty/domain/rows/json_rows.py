"""Cutting JSON: one body a line, or an array of bodies.

A body is not read as long as the customer can be told without: in the usual body, whole members stand before the one
that names the customer. What is in that member is read once for each customer, not once for each row.
"""

import json
import re
from typing import Any

from loyalty.domain.access.pass_codes import without_codes
from loyalty.domain.brackets import scan_brackets
from loyalty.domain.errors import Code, Problem
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.rows.chunk import Shard
from loyalty.domain.rows.customers import JSON_NAMES, NEWEST_NAMES, OBJECTS, customer_in
from loyalty.domain.rows.cutter import TOO_LONG, Faults, RowCutter
from loyalty.domain.rows.layout import MAX_ROW_BYTES

NOT_CLOSED = Problem(Code.INVALID, "The file ends before its array does: the closing ] is missing.")
NOT_AN_ARRAY = Problem(Code.INVALID, "From here on, the file is not a valid JSON array.")
NOT_LAST = Problem(Code.INVALID, "Something follows the array, which must come last in the file.")

AT_END = "end"
"""In a position: the array is closed."""

INSIDE_ELEMENT = "element"
"""In a position, with depth and whether it is in a text: the next bytes belong to an element that was refused."""

_DIGITS = 20
"""The most digits of a number: it takes twelve to name a customer, and converting a million takes long."""

_DEPTH = 8
"""Levels of nesting that one pattern sees through; bodies have four. What is deeper takes a longer way."""

_ANY_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PLAIN_TEXT = rb'"[^"\\]*+"'
_SCALAR = rb'[^\s",\[\]{}\\]++'


def _brackets(text: bytes) -> bytes:
    """Return a pattern of an object or an array whose texts look like `text`."""
    between = rb'[^"\[\]{}\\]*+'
    pattern, inner = b"", text
    for _ in range(_DEPTH):
        pattern = rb"[\[{]%b(?:(?:%b)%b)*+[\]}]" % (between, inner, between)
        inner = b"%b|%b" % (text, pattern)
    return pattern


def _names(names: object) -> bytes:
    return "|".join(names).encode()  # type: ignore[arg-type]


_CUSTOMER = re.compile(
    rb'\s*+\{\s*+(?:"(?!(?:%(names)b)")[^"\\]*+"\s*+:\s*+(?:%(text)b|%(scalar)b|%(brackets)b)\s*+,\s*+)*+'
    rb'(("(?:%(newest)b)"\s*+:\s*+%(text)b)|"(?:%(objects)b)"\s*+:\s*+(?=\{)%(brackets)b)'
    % {
        b"names": _names(JSON_NAMES),
        b"newest": _names(NEWEST_NAMES),
        b"objects": _names(OBJECTS),
        b"text": _PLAIN_TEXT,
        b"scalar": _SCALAR,
        b"brackets": _brackets(_PLAIN_TEXT),
    }
)
"""A body up to the end of its first member that names the customer, which it captures; once more, where that is one of
the newest API's. It knows nothing of escapes."""

_BETWEEN = re.compile(rb"[\s,]*+")
_ELEMENT = re.compile(rb"(?:%b|%b|%b)(?=\s*+[,\]])" % (_brackets(_ANY_TEXT), _ANY_TEXT, _SCALAR), re.DOTALL)
_BLANK = re.compile(rb"\s*+")
_NO_MARK = re.compile(_SCALAR + b"|")
_TAIL = re.compile(rb"[\s}]*+\Z")


class _JsonCutter(RowCutter):
    """Puts bodies into shards, without the pass codes and one-time passwords in them."""

    def _gather(self, rows: list[bytes], faults: Faults) -> None:
        known, customer, careful, number = self._known, _CUSTOMER.match, bool(faults), self._row
        for place, row in enumerate(rows):
            if careful and place in faults:
                self._refuse(number + place, without_codes(row), faults[place])
                continue
            try:
                found = customer(row)
                shard = known[found[1]]  # type: ignore[index]  # if None, a TypeError
            except (KeyError, TypeError):
                if self._is_empty(row):
                    continue
                shard = self._shard(rows, place)
            if not (found and found[2]) or b"otp" in row:  # to look for codes takes as long as all else
                row = without_codes(row)
            shard.add(number + place, row)

    def _trace(self, rest: bytes) -> bytes:
        return without_codes(super()._trace(rest))

    def _shard(self, rows: list[bytes], place: int) -> Shard:
        """Return where to put a row whose customer was not met before, or whose customer only reading it tells."""
        name = _name(rows[place])
        if name not in self._known:
            self._learn(map(_name, rows[place:]))
        return self._known[name]

    def _reference(self, name: Any) -> Reference | None:
        return _read_customer(name)


class JsonLinesCutter(_JsonCutter):
    """Cuts JSON Lines: one body a line."""

    def _rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        return self._lines(data, last=last)


class JsonArrayCutter(_JsonCutter):
    """Cuts an array of bodies, behind its opening bracket. What is in an element does not matter, as long as its
    brackets and quotes are closed."""

    def _rows(self, data: bytes, *, last: bool) -> tuple[list[bytes], Faults, int]:
        rows, faults = list[bytes](), Faults()
        if self._inside.startswith(INSIDE_ELEMENT):
            self.fault = NOT_CLOSED if last else None
            return rows, faults, len(data)
        length, at = len(data), 0
        if last:
            data += b"]"  # so that the last element is one, even where the array is not closed
        while self._inside != AT_END:
            at = _end(_BETWEEN, data, at)
            if data.startswith(b"]", at):
                self._inside, self.fault, at = AT_END, NOT_CLOSED if at == length else None, at + 1
            elif (end := _end_of_element(data, at)) > 0:
                rows.append(data[at:end])
                at = end
            elif last or end == MALFORMED:
                self.fault = NOT_AN_ARRAY if end == MALFORMED else NOT_CLOSED
                break
            elif length - at <= MAX_ROW_BYTES:
                return rows, faults, length - at
            elif self._may_skip(data, at):
                faults[len(rows)] = TOO_LONG
                rows.append(data[at:])
                return rows, faults, 0
            else:
                self.fault = NOT_AN_ARRAY
                break
        faults.update((place, TOO_LONG) for place, row in enumerate(rows) if len(row) > MAX_ROW_BYTES)
        if not self.fault and not _TAIL.match(data[:length], at):
            self.fault = NOT_LAST
        return rows, faults, max(0, length - at) if self.fault else 0

    def _may_skip(self, data: bytes, at: int) -> bool:
        """Return whether the element that begins at `at` has an end that can be found without keeping it."""
        _, depth, in_text = scan_brackets(data, at)
        self._inside = f"{INSIDE_ELEMENT} {depth} {in_text:d}" if depth or in_text else ""
        return bool(self._inside)

    def _skip(self, data: bytes) -> bytes:
        if not self._inside.startswith(INSIDE_ELEMENT):
            return data
        depth, in_text = map(int, self._inside.split()[1:])
        end, depth, in_text = scan_brackets(data, 0, depth, bool(in_text))
        self._inside = f"{INSIDE_ELEMENT} {depth} {in_text:d}" if depth or in_text else ""
        self._offset += end
        return data[end:]


WAITING, MALFORMED = 0, -1


def _end_of_element(data: bytes, at: int) -> int:
    """Return where the element that begins at `at` ends; WAITING where that is not in `data`, or not sure yet;
    MALFORMED where no element of an array is, or nothing that may follow it."""
    if found := _ELEMENT.match(data, at):
        return found.end()
    if at == len(data):
        return WAITING
    if data[at] in b'"[{':
        end, depth, in_text = scan_brackets(data, at)
        if depth or in_text:
            return WAITING
    else:
        end = _end(_NO_MARK, data, at)
    following = _end(_BLANK, data, end)
    if following == len(data):
        return WAITING
    return end if data[following] in b",]" and end > at else MALFORMED


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return where a match of a pattern that may match nothing ends."""
    found = pattern.match(data, at)
    assert found
    return found.end()


def customer_in_row(row: bytes) -> Reference | None:
    """Return how a row names its customer, as far as it does."""
    return _read_customer(_name(row))


def _read_customer(name: bytes | Reference | None) -> Reference | None:
    return customer_in(_read(b"{%b}" % name)) if isinstance(name, bytes) else name


def _name(row: bytes) -> bytes | Reference | None:
    """Return how a row names its customer: the bytes of the member that does, or what reading the row tells."""
    found = _CUSTOMER.match(row)
    return found[1] if found else customer_in(_read(row))


def _read(row: bytes) -> Any:
    """Return a row, as far as it is JSON. The customer is all that is taken from it, so numbers may be cut off."""
    try:
        return json.loads(row.decode(), parse_int=lambda digits: int(digits[:_DIGITS]))
    except (ValueError, RecursionError):
        return None
