"""Files of records of reference data, one a row."""

from typing import Any

from loyalty.domain.rows.csv_rows import CsvRows
from loyalty.domain.rows.cutter import Faults, RowCutter
from loyalty.domain.rows.json_rows import JsonArrayCutter, JsonLinesCutter
from loyalty.domain.rows.layout import FileFormat
from loyalty.domain.rows.reading import Reading
from loyalty.domain.rows.record_columns import COLUMNS


class _RecordCutter(RowCutter):
    """Puts all rows into the same shard: records name each other, so they are imported in their order."""

    def _gather(self, rows: list[bytes], faults: Faults) -> None:
        for place, row in enumerate(rows):
            number = self._row + place
            if place in faults:
                self._refuse(number, row, faults[place])
            elif not self._is_empty(row):
                self._shards.all[0].add(number, row)

    def _reference(self, name: Any) -> None:
        """Nobody's wallet is moved by a record."""


class CsvRecordCutter(_RecordCutter, CsvRows):
    """Cuts CSV with a record a row."""


class JsonLinesRecordCutter(_RecordCutter, JsonLinesCutter):
    """Cuts JSON Lines with a record a line."""


class JsonArrayRecordCutter(_RecordCutter, JsonArrayCutter):
    """Cuts an array of records."""


RECORDS = Reading(
    columns=COLUMNS,
    needed=(("type",), ("id",)),
    example="type, id and name",
    cutters={
        FileFormat.CSV: CsvRecordCutter,
        FileFormat.JSON_LINES: JsonLinesRecordCutter,
        FileFormat.JSON: JsonArrayRecordCutter,
    },
)
