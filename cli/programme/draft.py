"""Programme files as they would be once they are imported: in memory, into nothing or on top of a stack's programme."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from cli.console import CommandFailure, in_a_sentence, refusals_as_failures
from loyalty import exactjson
from loyalty.domain.programme.directory import NOT_IMPORTED, Record
from loyalty.domain.programme.programme import Programme
from loyalty.domain.records.organisation import CurrencyRecord
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.memory_table import MemoryTable
from loyalty.store.table import Table
from loyalty.usecases.reference.import_records import BadLine, import_records

EURO = b'{"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}'
"""The system currency, if nothing says which one it is."""


class FileLine(NamedTuple):
    """A line of a file: its number from 1, its text, and what it says, None if that is no record."""

    file: Path
    number: int
    text: bytes
    record: Record | None


@dataclass(frozen=True)
class ProgrammeDraft:
    """The table as the import leaves it, the lines that were read, and those that were refused, by file."""

    table: MemoryTable
    lines: tuple[FileLine, ...]
    refused: tuple[tuple[Path, BadLine], ...]
    euro_assumed: bool

    @classmethod
    def of(cls, files: Sequence[Path], base: Table | None, now: datetime) -> "ProgrammeDraft":
        """Import `files` in their order. Without a `base`, and a system currency in them, that is the euro.

        Raises:
            Failure: the base cannot be read, or has no programme.
        """
        lines = tuple(line for file in files for line in _lines(file))
        table = MemoryTable(base)
        euro_assumed = base is None and not any(_is_system_currency(line.record) for line in lines)
        if euro_assumed:
            import_records([EURO], table=table, now=now)
        refused: list[tuple[Path, BadLine]] = []
        with refusals_as_failures():
            for file in files:
                texts = (line.text for line in lines if line.file == file)
                refused += ((file, bad) for bad in import_records(texts, table=table, now=now).refused)
        return cls(table, lines, tuple(refused), euro_assumed)

    def accepted(self, now: datetime) -> tuple[Programme, list[Record]]:
        """Return the programme of the lines that were not refused; its records, and the products that its offers name.

        Raises:
            Failure: it has no system currency.
        """
        with refusals_as_failures():
            programme = Catalogue(self.table).programme(now)
        own = [item for item in self.table.partition(keys.PROGRAMME_VERSION.pk) if "record" in item]
        named = {product for offer in programme.offers for product in offer.products}
        products = self.table.get_many([keys.record("product", product) for product in named])
        records = (exactjson.loads(item["record"]) for item in (*own, *products.values()))
        return programme, [record for record in records if record["type"] not in NOT_IMPORTED]

    def require_good(self) -> None:
        """Go on only with what the import would take.

        Raises:
            Failure: a line was refused.
        """
        if self.refused:
            file, bad = self.refused[0]
            raise CommandFailure(
                f"{file}:{bad.line}: {bad.field or '/'}: {in_a_sentence(bad.reason)} "
                "(`loyalty programme check` lists all that is wrong, and says what to do)"
            )


def _lines(file: Path) -> Iterator[FileLine]:
    with file.open("rb") as lines:
        for number, text in enumerate(lines, start=1):
            record = None
            with suppress(ValueError):
                record = exactjson.loads_strictly(text.decode())
            yield FileLine(file, number, text, record if isinstance(record, dict) else None)


def _is_system_currency(record: Record | None) -> bool:
    with suppress(ValidationError):
        return CurrencyRecord.model_validate(record).role == "SYSTEM"
    return False
