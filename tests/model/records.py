"""Reference data: the records as they are after all imports so far (reference-data.md)."""

from typing import Self

from tests.model.exact import Json

# The fields that lead to other records, by type of record ("References").
LEADS_TO = {
    "currency_rate": {"currency": "currency"},
    "business_unit": {"parent_business_unit": "business_unit", "currency": "currency"},
    "unit": {"business_unit": "business_unit"},
    "tap": {"business_unit": "business_unit"},
    "classification": {
        "payment_medium_brand": "payment_medium_brand",
        "payment_medium_type": "payment_medium_type",
    },
    "reward_scheme": {"merchants": "business_unit"},
    "reward_offer": {"scheme": "reward_scheme", "voucher_type": "voucher_type"},
    "spend_settings": {"business_unit": "business_unit"},
    "product": {"product_type": "product_type"},
    "account": {"contact": "contact", "currency": "currency", "classification": "classification"},
    "access_token": {"account": "account", "classification": "classification"},
    "promo_code": {"promotion_campaign": "promotion_campaign"},
    "opening_balance": {"account": "account"},
    "partner": {"unit": "unit"},
}
CONDITIONS = {
    "business_units": "business_unit",
    "taps": "tap",
    "products": "product",
    "product_types": "product_type",
    "classifications": "classification",
    "account_classifications": "classification",
    "payment_medium_brands": "payment_medium_brand",
    "payment_medium_types": "payment_medium_type",
    "promotion_campaign": "promotion_campaign",
}
# What no two records of a type share, and so names one ("Unique").
UNIQUE = {
    "currency": ["code"],
    "business_unit": ["code"],
    "unit": ["name", "alternative_code"],
    "tap": ["code"],
    "payment_medium_brand": ["name", "alternative_code"],
    "payment_medium_type": ["name", "alternative_code"],
    "classification": ["name", "code", "alternative_code"],
    "product_type": ["name", "alternative_code"],
    "reward_scheme": ["name"],
    "reward_offer": ["name"],
    "promotion_campaign": ["name"],
    "voucher_type": ["name", "alternative_code"],
    "product": ["code", "alternative_code"],
    "account": ["number"],
    "access_token": ["authentication_code", "identifier"],
    "promo_code": ["code"],
    "invoice": ["number", "reference_number", "back_office_code"],
}
# "What is blocked stays blocked": these stay as they are unless a line says them.
KEPT = ("life_cycle_state", "allow_spending", "pass_code")


class Records:
    """All records, and how names lead to them. It takes rows that an import accepts: it refuses none."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Json] = {}
        self._named: dict[tuple[str, str], dict[str, list[str]]] = {}
        """By type and field, once somebody asks for it: the ids that each value leads to."""
        self._by_type: dict[str, list[Json]] = {}

    @classmethod
    def of_rows(cls, rows: dict[tuple[str, str], Json]) -> Self:
        """Return records as they were, from the rows of others."""
        records = cls()
        records.rows = rows
        records._index()
        return records

    def put(self, rows: list[Json]) -> None:
        """Import a file: each line replaces the record of its type and id; what names others is resolved to ids."""
        for row in rows:
            said = {name: value for name, value in row.items() if value is not None and value != ""}
            before = self.rows.get((row["type"], row["id"]), {})
            kept = {name: before[name] for name in KEPT if name in before and name not in said}
            self.rows[row["type"], row["id"]] = kept | said
        self._index()
        for row in rows:
            self._resolve(self.rows[row["type"], row["id"]])
        self._index()

    def of(self, kind: str) -> list[Json]:
        """Return all records of a type."""
        return self._by_type.get(kind, [])

    def get(self, kind: str, id_: str | None) -> Json | None:
        """Return the record of an id."""
        return self.rows.get((kind, id_)) if id_ is not None else None

    def named(self, kind: str, field: str, value: str) -> Json | None:
        """Return the one record whose field has this value; where several share it, none is meant."""
        ids = self._names(kind, field).get(value, [])
        return self.rows[kind, ids[0]] if len(ids) == 1 else None

    def name(self, kind: str, field: str, value: str, id_: str) -> None:
        """Let a name lead to a record, whatever it has led to."""
        self._names(kind, field)[value] = [id_]

    def find(self, kind: str, name: str) -> Json | None:
        """Return the record that a reference of another one means: by id, or by any unique value."""
        fields = ["id", *UNIQUE.get(kind, [])] + (["name"] if kind == "account" else [])
        found = (self.named(kind, field, name) for field in fields)
        return next((row for row in found if row), None)

    def _index(self) -> None:
        self._named, self._by_type = {}, {}
        for (kind, _), row in self.rows.items():
            self._by_type.setdefault(kind, []).append(row)

    def _names(self, kind: str, field: str) -> dict[str, list[str]]:
        if (kind, field) not in self._named:
            names = self._named[kind, field] = {}
            for row in self.of(kind):
                if isinstance(value := row.get(field), str):
                    names.setdefault(value, []).append(row["id"])
        return self._named[kind, field]

    def _resolve(self, row: Json) -> None:
        for field, target in LEADS_TO.get(row["type"], {}).items():
            if field in row:
                row[field] = self._ids(target, row[field])
        if row["type"] == "reward_offer":
            row["conditions"] = {
                name: self._ids(CONDITIONS[name], value) if name in CONDITIONS else value
                for name, value in row.get("conditions", {}).items()
                if value not in (None, "", [])
            }
        if automatic := row.get("automatic_spend"):
            merchants = self._ids("business_unit", automatic.get("merchants") or [])
            row["automatic_spend"] = automatic | {"merchants": merchants}

    def _ids(self, kind: str, names: str | list[str]) -> str | list[str]:
        if isinstance(names, list):
            return [id_ for name in names for id_ in [self._ids(kind, name)] if isinstance(id_, str)]
        record = self.find(kind, names)
        assert record is not None, f"no {kind} is called {names}"
        return str(record["id"])
