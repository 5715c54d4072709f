"""Everything of the programme that callers name, and that answers tell of: by id, and by each field that names it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from loyalty.domain.errors import not_in_programme
from loyalty.domain.programme.compact_records import ProgrammeRecords, RecordsOfType

Record = Mapping[str, Any]

NAMING_FIELDS: Mapping[str, tuple[str, ...]] = {
    "business_unit": ("code", "name"),
    "classification": ("code", "alternative_code", "name"),
    "currency": ("code",),
    "currency_rate": (),
    "payment_medium_brand": ("alternative_code", "name"),
    "payment_medium_type": ("alternative_code", "name"),
    "promotion_campaign": (),
    "product_type": (),
    "reward_offer": (),
    "reward_scheme": (),
    "tap": ("code", "name", "business_unit"),
    "unit": ("alternative_code", "name", "business_unit"),
    "voucher_type": (),
}
"""By record type, the fields beside `id` that the contract's identifier objects list; and, of units and taps, the
business unit that they are of, which names the one that has no other beside it."""

ALSO_CODES = {("classification", "alternative_code"): "code"}
"""The newest API calls a classification's alternative code its code."""

FORMER_NAME = "former_name"
"""The type of what is kept where a record loses a name: which one it was, of which record, and when (`lost_on`, epoch
seconds; older versions did not record it)."""

HANDOVER = timedelta(days=1)
"""For how long a name that a record has lost is contested: a container may not know of the loss. That takes a minute, a
call, and the time from an import's start to its write; a day is far more than all three together. A loss that counts
much later, as its import broke off, is dated anew when it is published."""

TABLE = "table"
"""The type of what tells a table from others; its id is the table's."""

NOT_IMPORTED = (FORMER_NAME, TABLE)
"""Types of records that lie with the programme's, and that nobody imports."""


class Directory:
    """The records of the programme. A value that several records share names none of them."""

    def __init__(self, records: Iterable[Record]) -> None:
        kinds = ProgrammeRecords.of(records)
        self._records = {kind: kinds.of_type(kind) for kind in NAMING_FIELDS}
        self._named: dict[tuple[str, str, str], str | None] = {}
        self._former: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
        for record in kinds.of_type(FORMER_NAME):
            self._former[record["of"], record["by"], record["value"]][record["id"]] = int(record.get("lost_on", 0))
        for kind, found in self._records.items():
            for field in NAMING_FIELDS[kind]:
                self._add_names(kind, field, found)

    def find(self, kind: str, by: str, value: str) -> str | None:
        """Return the id of the record of this type whose field `by` has this value; None if there is none, or
        several."""
        if by == "id":
            return value if value in self._records[kind].places else None
        return self._named.get((kind, by, value))

    def ever(self, kind: str, by: str, value: str) -> set[str]:
        """Return the ids of the records that a name leads to or, of business units by their code, ever led to."""
        return {found for found in (self.find(kind, by, value), *self._former.get((kind, by, value), ())) if found}

    def contested(self, kind: str, by: str, value: str, now: datetime) -> set[str]:
        """Return the ids of the records that a name led to until a short while ago: to others, it may still do so
        (`HANDOVER`)."""
        since = (now - HANDOVER).timestamp()
        return {lost_by for lost_by, lost_on in self._former.get((kind, by, value), {}).items() if lost_on > since}

    def record(self, kind: str, record_id: str | None) -> Record | None:
        """Return the record with this id, as it was imported."""
        records = self._records.get(kind)
        place = records.places.get(record_id) if records and record_id is not None else None
        return None if records is None or place is None else records[place]

    def has(self, kind: str, record_id: str) -> bool:
        """Return whether there is a record with this id."""
        return record_id in self._records[kind].places

    def named_record(self, kind: str, record_id: str) -> Record:
        """Return the record with this id, which another record names.

        Raises:
            NotInProgramme: these records are older than that one.
        """
        found = self.record(kind, record_id)
        if found is None:
            raise not_in_programme(kind, record_id)
        return found

    def has_all(self, named: Iterable[tuple[str, str | None]]) -> bool:
        """Return whether all of these, each a record type and an id, are here; what is not of the programme does not
        count."""
        return all(self.has(kind, named_id) for kind, named_id in named if named_id and kind in NAMING_FIELDS)

    def _add_names(self, kind: str, field: str, records: RecordsOfType) -> None:
        """Take in a field by which callers name records of a type."""
        for value, record_id in zip(records.column(field, str), records.places, strict=True):
            if value is not None:
                self._name((kind, field, value), record_id)
                if (kind, field) in ALSO_CODES:
                    self._name((kind, ALSO_CODES[kind, field], value), record_id)

    def _name(self, name: tuple[str, str, str], record_id: str) -> None:
        self._named[name] = record_id if self._named.get(name, record_id) == record_id else None
