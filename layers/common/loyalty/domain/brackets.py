"""Where what is in brackets or quotes ends, in JSON or what was meant to be."""

import re

_MARK = re.compile(rb'["\[\]{}]')
_DEPTHS = {b'"': 0, b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_TEXT_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


def scan_brackets(data: bytes, at: int = 0, depth: int = 0, in_text: bool = False) -> tuple[int, int, bool]:
    """Follow brackets and quotes from `at` on until all are closed, or `data` ends: where that is, how many brackets
    are open there, and whether it is in a text. An escape that `data` ends in the middle of is left."""
    while True:
        if in_text:
            found = _TEXT_END.match(data, at)
            if not found:
                escaping = (len(data) - len(data.rstrip(b"\\"))) % 2
                return len(data) - escaping, depth, True
            in_text = False
        else:
            found = _MARK.search(data, at)
            if not found:
                return len(data), depth, False
            in_text = found[0] == b'"'
            depth += _DEPTHS[found[0]]
        at = found.end()
        if depth <= 0 and not in_text:
            return at, 0, False
