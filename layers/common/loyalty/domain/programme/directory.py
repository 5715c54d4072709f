"""Everything of the programme that callers name, and that answers tell of: by id, and by each field that names it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from loyalty.domain.errors import not_in_programme

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
call, and the time from an import's start to its write; a day is far more than all three together."""

TABLE = "table"
"""The type of what tells a table from others; its id is the table's."""

NOT_IMPORTED = (FORMER_NAME, TABLE)
"""Types of records that lie with the programme's, and that nobody imports."""


class Directory:
    """The records of the programme. A value that several records share names none of them."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records: dict[tuple[str, str], Record] = {}
        self._named: dict[tuple[str, str, str], str | None] = {}
        self._former: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
        for record in records:
            if record["type"] == FORMER_NAME:
                self._former[record["of"], record["by"], record["value"]][record["id"]] = int(record.get("lost_on", 0))
            elif record["type"] in NAMING_FIELDS:
                self._add(record)

    def find(self, kind: str, by: str, value: str) -> str | None:
        """Return the id of the record of this type whose field `by` has this value; None if there is none, or
        several."""
        if by == "id":
            return value if (kind, value) in self._records else None
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
        return None if record_id is None else self._records.get((kind, record_id))

    def named_record(self, kind: str, record_id: str) -> Record:
        """Return the record with this id, which another record names.

        Raises:
            NotInProgramme: these records are older than that one.
        """
        try:
            return self._records[kind, record_id]
        except KeyError as error:
            raise not_in_programme(kind, record_id) from error

    def has_all(self, named: Iterable[tuple[str, str | None]]) -> bool:
        """Return whether all of these, each a record type and an id, are here; what is not of the programme does not
        count."""
        return all(one in self._records for one in named if one[1] and one[0] in NAMING_FIELDS)

    def _add(self, record: Record) -> None:
        kind = record["type"]
        self._records[kind, record["id"]] = record
        for field in NAMING_FIELDS[kind]:
            if field in record:
                self._name((kind, field, record[field]), record["id"])
                if (kind, field) in ALSO_CODES:
                    self._name((kind, ALSO_CODES[kind, field], record[field]), record["id"])

    def _name(self, name: tuple[str, str, str], record_id: str) -> None:
        self._named[name] = record_id if self._named.get(name, record_id) == record_id else None
