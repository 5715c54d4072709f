"""The programme's records and their unique values, as an import that refers to them needs them."""

from typing import Any

from loyalty.domain.records import RECORD_TYPES
from loyalty.store.programme_snapshot import read_records
from loyalty.store.reference import PROGRAMME_TYPES, unique_values
from loyalty.store.table import Table


class ProgrammeNames:
    """The programme's records and their unique values, which are few enough to keep.

    Attributes:
        is_published: whether all of them counted when they were read.
    """

    def __init__(self, table: Table) -> None:
        self._records: dict[tuple[str, str], dict[str, Any]] = {}
        self._owners: dict[tuple[str, str, str], str] = {}
        version, records = read_records(table)
        self.is_published = version.is_published
        self.learn(*(dict(record) for record in records))

    @property
    def system_currency(self) -> str | None:
        """The id of the currency that all prices rest on; None if there is none yet."""
        return self._owners.get(("currency", "role", "SYSTEM"))

    def learn(self, *records: dict[str, Any]) -> None:
        """Take in new or changed records, which may have passed on values to each other."""
        own = {(record["type"], record["id"]): record for record in records if record["type"] in PROGRAMME_TYPES}
        for (kind, record_id), record in own.items():
            old = self.record(kind, record_id)
            for name, value in unique_values(old).items() if old else ():
                if self._owners.get((kind, name, value)) == record_id:
                    del self._owners[kind, name, value]
            self._records[kind, record_id] = record
        for (kind, record_id), record in own.items():
            for name, value in unique_values(record).items():
                self._owners[kind, name, value] = record_id

    def record(self, kind: str, record_id: str | None) -> dict[str, Any] | None:
        """Return the record with this id."""
        return self._records.get((kind, record_id)) if record_id else None

    def owners(self, record: dict[str, Any]) -> dict[str, str | None]:
        """By unique field, which record has the value that `record` has."""
        kind = record["type"]
        if kind not in PROGRAMME_TYPES:
            return {}
        return {name: self._owners.get((kind, name, value)) for name, value in unique_values(record).items()}

    def find(self, kind: str, name: str) -> str | None:
        """Return the id of the record with this id or, failing that, with this unique value."""
        if (kind, name) in self._records:
            return name
        owners = (self._owners.get((kind, unique, name)) for unique in RECORD_TYPES[kind].unique)
        return next((owner for owner in owners if owner), None)
