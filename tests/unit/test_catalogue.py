"""What containers remember of products."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.catalogue import Catalogue
from loyalty.store.memory_table import MemoryTable
from loyalty.usecases.reference.import_records import import_records

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    records = [{"type": "product", "id": f"P{number}", "code": f"C{number}"} for number in range(9)]
    import_records((exactjson.dumps(record).encode() for record in records), table=table, now=NOW)
    return table


def look_up(catalogue: Catalogue, table: MemoryTable, codes: Iterable[str]) -> list[str | None]:
    """Find products the way that a request does: read what is missing, learn it, and ask for each."""
    named = [Reference("code", code, "") for code in codes]
    catalogue.learn(table.get_many(catalogue.missing(named)).values())
    return [product.id if (product := catalogue.product(name)) else None for name in named]


def test_what_is_learnt_for_a_request_does_not_push_out_what_it_names_and_was_known(
    table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.store.catalogue.MAX_PRODUCT_NAMES", 4)  # two products, as each has an id and a code
    catalogue = Catalogue(table)
    look_up(catalogue, table, ["C0", "C1"])

    assert look_up(catalogue, table, ["C0", "C2", "C3", "C4"]) == ["P0", "P2", "P3", "P4"]


def test_no_more_is_remembered_than_the_last_request_and_what_there_is_room_for(
    table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.store.catalogue.MAX_PRODUCT_NAMES", 4)
    catalogue = Catalogue(table)
    for number in range(9):
        look_up(catalogue, table, [f"C{number}"])

    known = [number for number in range(9) if not catalogue.missing([Reference("code", f"C{number}", "")])]
    assert known == [7, 8]


def test_a_product_that_was_read_as_it_was_before_an_import_is_forgotten_a_minute_later(table: MemoryTable) -> None:
    """Names are read eventually consistently, so one that is read right after an import may be older than it."""
    currency = {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}
    name = Reference("code", "C0", "")
    catalogue = Catalogue(table)
    import_one(table, currency)
    before = table.get_many(catalogue.missing([name]))
    import_one(table, {"type": "product", "id": "P0", "code": "C0", "product_type": None, "alternative_code": "NEW"})
    catalogue.programme(NOW)
    catalogue.learn(before.values())

    catalogue.programme(NOW + timedelta(seconds=61))
    assert catalogue.missing([name])

    look_up(catalogue, table, ["C0"])
    catalogue.programme(NOW + timedelta(seconds=122))
    assert not catalogue.missing([name])


def import_one(table: MemoryTable, record: dict[str, Any]) -> None:
    assert not import_records([exactjson.dumps(record).encode()], table=table, now=NOW).refused
