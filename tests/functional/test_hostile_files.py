"""Files that nobody should send: each of their rows has the outcome that is due to it, and nothing ends in an error."""

import pytest

from loyalty.store.table import Table
from loyalty.store.uploads import State
from tests.functional.conftest import Functions
from tests.functional.uploads import Importing, Splitting
from tests.hostile import Hostile
from tests.hostile.csv_rows import CSV
from tests.hostile.files import FILES
from tests.hostile.json_rows import JSON
from tests.hostile.records import RECORDS


@pytest.mark.parametrize("hostile", [*FILES, *CSV, *JSON], ids=lambda hostile: f"{hostile.name}-{hostile.what}")
def test_each_row_of_a_hostile_file_has_its_outcome(lasting: tuple[Functions, Table], hostile: Hostile) -> None:
    splitting = Splitting(*lasting)

    upload = splitting.drop(hostile.name, hostile.data())

    told = splitting.told(upload)
    assert hostile.fits(told), told[:10]
    assert len({line.split()[0].partition("-")[0] for line in told}) == len(told)
    assert upload.state is (State.POSTING if hostile.rows else State.REFUSED)
    assert bool(upload.fault) == bool(hostile.fault)
    assert not upload.fault or upload.fault.description.startswith(hostile.fault)


@pytest.mark.parametrize("hostile", RECORDS, ids=lambda hostile: f"{hostile.name}-{hostile.what}")
def test_each_row_of_a_hostile_file_of_reference_data_has_its_outcome(
    lasting: tuple[Functions, Table], hostile: Hostile
) -> None:
    importing = Importing(*lasting)

    upload = importing.drop(hostile.name, hostile.data())

    assert hostile.fits(importing.told(upload)), importing.told(upload)[:10]
    result, summary = importing.closed(upload)
    assert (upload.state is State.REFUSED) == (not result) == (not hostile.rows)
    assert (summary["fault"] or "").startswith(hostile.fault)
    assert bool(summary["fault"]) == bool(hostile.fault)
