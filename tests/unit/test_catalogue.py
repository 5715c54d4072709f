"""What containers remember of products."""

from collections.abc import Iterable
from datetime import UTC, datetime

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
