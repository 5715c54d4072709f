"""Importing reference data into the table."""

from loyalty.store.table import Table
from loyalty.usecases.import_records import import_records
from tests.functional.conftest import DEMO, NOW


def test_importing_the_demo_programme_twice_changes_nothing_the_second_time(table: Table) -> None:
    lines = DEMO.read_bytes().splitlines()

    first = import_records(lines, table=table, now=NOW)
    before = sorted(map(str, table.scan()))
    second = import_records(lines, table=table, now=NOW)

    assert (first.refused, first.created) == ([], len(lines))
    assert (second.created, second.updated, second.unchanged) == (0, 0, len(lines))
    assert sorted(map(str, table.scan())) == before
