"""A kept table: its items, and what was asked for and answered while it was written."""

import gzip
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from loyalty import exactjson
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Answer
from tests.tables.scenario import Body, Call

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".items.jsonl.gz") for path in FOLDER.glob("*.items.jsonl.gz"))
"""The kept tables, by the release that wrote them."""

MAX_BATCH_WRITE = 25
"""Items in one BatchWriteItem (a limit of DynamoDB)."""


@dataclass(frozen=True, slots=True)
class SentCall:
    """A call, what it was answered when it was made, and what once all others had been made as well; None where it is
    not repeatable."""

    call: Call
    answer: Answer
    again: Answer | None


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file, and what became of each of its rows, then and when it was sent again: number, status, event's id."""

    partner: str
    name: str
    rows: list[Body]
    outcomes: list[list[Any]]
    again: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """A table as a release wrote it. `items` are as DynamoDB tells them."""

    items: list[dict[str, Any]]
    api_keys: Mapping[str, str]
    calls: list[SentCall]
    files: list[SentFile]

    @classmethod
    def read(cls, name: str) -> Self:
        """Return a kept table."""
        told = _read(f"{name}.calls")
        return cls(
            items=items_of(f"{name}.items"),
            api_keys=told[0],
            calls=[_sent_call(one) for one in told[1:] if "call" in one],
            files=[SentFile(**one) for one in told[1:] if "call" not in one],
        )

    def keep(self, name: str) -> None:
        """Keep it under a name."""
        _write(f"{name}.items", (_encoded(item) for item in self.items))
        _write(f"{name}.calls", [dict(self.api_keys), *map(asdict, self.calls), *map(asdict, self.files)])

    def load(self, table: DynamoTable) -> None:
        """Put its items into a table."""
        load_items(self.items, table)


def items_of(name: str) -> list[dict[str, Any]]:
    """Items that are kept in a file of this name, as DynamoDB tells them."""
    return [_decoded(item) for item in _read(name)]


def load_items(items: list[dict[str, Any]], table: DynamoTable) -> None:
    """Put items into a table."""
    for start in range(0, len(items), MAX_BATCH_WRITE):
        requests: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + MAX_BATCH_WRITE]]
        table.client.batch_write_item(RequestItems={table.name: requests})


def _sent_call(told: Any) -> SentCall:
    again = told["again"]
    return SentCall(Call(**told["call"]), Answer(**told["answer"]), Answer(**again) if again else None)


def _encoded(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": b64encode(typed["B"]).decode()} if "B" in typed else typed for name, typed in item.items()}


def _decoded(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": b64decode(typed["B"])} if "B" in typed else typed for name, typed in item.items()}


def _read(name: str) -> list[Any]:
    text = gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).decode()
    return [exactjson.loads(line) for line in text.splitlines()]


def _write(name: str, lines: Iterable[Any]) -> None:
    text = "".join(f"{exactjson.dumps(line)}\n" for line in lines)
    (FOLDER / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
