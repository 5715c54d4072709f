"""Codes that no one can tell apart by looking or by hearing them, and that yet lead to different records."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from unicodedata import normalize

from cli.programme.draft import FileLine
from loyalty.domain.records import RECORD_TYPES


class Lookalike(NamedTuple):
    """A line, the field of it that looks like one of another line, that line, and what stands there."""

    line: FileLine
    field: str
    other: FileLine
    value: str


def lookalikes(lines: Iterable[FileLine]) -> Iterator[Lookalike]:
    """Return ids and unique values that differ from one of an earlier line in case or in Unicode form only."""
    seen: dict[tuple[str, str, str], tuple[FileLine, str]] = {}
    for line in lines:
        record = line.record or {}
        kind = str(record.get("type"))
        for field in ("id", *RECORD_TYPES[kind].unique) if kind in RECORD_TYPES else ():
            if isinstance(value := record.get(field), str):
                other, before = seen.setdefault((kind, field, _fold(value)), (line, value))
                if before != value:
                    yield Lookalike(line, field, other, before)


def _fold(text: str) -> str:
    return normalize("NFC", normalize("NFC", text).casefold())
