"""The files of kept tables: a JSON a line, compressed."""

import gzip
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loyalty import exactjson

FOLDER = Path(__file__).parent


def items_of(name: str) -> list[dict[str, Any]]:
    """Items that are kept in a file of this name, as DynamoDB tells them."""
    return [_decoded(item) for item in read_lines(name)]


def encoded(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as JSON has it."""
    return {name: {"B": b64encode(typed["B"]).decode()} if "B" in typed else typed for name, typed in item.items()}


def _decoded(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": b64decode(typed["B"])} if "B" in typed else typed for name, typed in item.items()}


def read_lines(name: str) -> list[Any]:
    """Return what is kept in a file of this name."""
    text = gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).decode()
    return [exactjson.loads(line) for line in text.splitlines()]


def write_lines(name: str, lines: Iterable[Any]) -> None:
    """Keep something in a file of this name."""
    text = "".join(f"{exactjson.dumps(line)}\n" for line in lines)
    (FOLDER / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
