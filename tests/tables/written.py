"""A kept table: its items, and what was asked for and answered while it was written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Answer
from tests.tables.kept import FOLDER, encoded, items_of, read_lines, write_lines
from tests.tables.scenario import Body, Call

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
        told = read_lines(f"{name}.calls")
        return cls(
            items=items_of(f"{name}.items"),
            api_keys=told[0],
            calls=[_sent_call(one) for one in told[1:] if "call" in one],
            files=[SentFile(**one) for one in told[1:] if "call" not in one],
        )

    def keep(self, name: str) -> None:
        """Keep it under a name."""
        write_lines(f"{name}.items", (encoded(item) for item in self.items))
        write_lines(f"{name}.calls", [dict(self.api_keys), *map(asdict, self.calls), *map(asdict, self.files)])

    def load(self, table: DynamoTable) -> None:
        """Put its items into a table."""
        load_items(self.items, table)


def load_items(items: list[dict[str, Any]], table: DynamoTable) -> None:
    """Put items into a table."""
    for start in range(0, len(items), MAX_BATCH_WRITE):
        requests: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + MAX_BATCH_WRITE]]
        table.client.batch_write_item(RequestItems={table.name: requests})


def _sent_call(told: Any) -> SentCall:
    again = told["again"]
    return SentCall(Call(**told["call"]), Answer(**told["answer"]), Answer(**again) if again else None)
