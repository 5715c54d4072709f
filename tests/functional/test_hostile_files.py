"""Files that nobody should send: each of their rows has the outcome that is due to it, and nothing ends in an error."""

import pytest
from msgspec.structs import replace

from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.uploads import UploadState
from loyalty.usecases.uploads.begin_upload import MAX_NAME_BYTES
from loyalty.usecases.uploads.close_upload import summary_key
from loyalty.usecases.uploads.make_result import result_key
from tests.functional.conftest import Functions
from tests.functional.uploads import Importing, Splitting
from tests.hostile import Hostile
from tests.hostile.csv_rows import CSV
from tests.hostile.files import FILES
from tests.hostile.json_rows import JSON
from tests.hostile.records import RECORDS


@pytest.mark.parametrize("hostile", [*FILES, *CSV, *JSON], ids=lambda hostile: f"{hostile.name}-{hostile.what}")
def test_each_row_of_a_hostile_file_has_its_outcome(lasting: tuple[Functions, DynamoTable], hostile: Hostile) -> None:
    splitting = Splitting(*lasting)

    upload = splitting.drop(hostile.name, hostile.data())

    told = splitting.told(upload)
    assert hostile.fits(told), told[:10]
    assert len({line.split()[0].partition("-")[0] for line in told}) == len(told)
    assert upload.state is (UploadState.POSTING if hostile.rows else UploadState.REFUSED)
    assert bool(upload.fault) == bool(hostile.fault)
    assert not upload.fault or upload.fault.description.startswith(hostile.fault)


@pytest.mark.parametrize("hostile", RECORDS, ids=lambda hostile: f"{hostile.name}-{hostile.what}")
def test_each_row_of_a_hostile_file_of_reference_data_has_its_outcome(
    lasting: tuple[Functions, DynamoTable], hostile: Hostile
) -> None:
    importing = Importing(*lasting)

    upload = importing.drop(hostile.name, hostile.data())

    assert hostile.fits(importing.told(upload)), importing.told(upload)[:10]
    result, summary = importing.closed(upload)
    assert (upload.state is UploadState.REFUSED) == (not result) == (not hostile.rows)
    assert (summary["fault"] or "").startswith(hostile.fault)
    assert bool(summary["fault"]) == bool(hostile.fault)


LONGEST = "x" * (MAX_NAME_BYTES - 4) + ".csv"
LONGEST_OF_S3 = 1024
"""Bytes of a key."""


@pytest.mark.parametrize(
    "name",
    ["../x.csv", "a/../../x.csv", "./x.csv", "a/..", "a\nb.csv", "a\x7f.csv", f"x{LONGEST}", "\u00e9" * 126 + ".csv"],
)
@pytest.mark.parametrize("kind", ["purchases", "records"])
def test_a_file_whose_name_is_not_good_for_that_of_a_result_is_refused(
    lasting: tuple[Functions, DynamoTable], name: str, kind: str
) -> None:
    dropping = Splitting(*lasting) if kind == "purchases" else Importing(*lasting)

    upload = dropping.drop(name, b"type,id\n")
    _, summary = dropping.closed(upload)

    assert upload.state is UploadState.REFUSED
    assert summary["fault"].startswith("The name of the file")


def test_the_longest_name_there_may_be_has_a_result(lasting: tuple[Functions, DynamoTable]) -> None:
    upload = Splitting(*lasting).drop(LONGEST, b"cim\n")

    assert upload.fault
    assert "name of the file" not in upload.fault.description
    assert len(result_key(replace(upload, partner_id="x" * 64)).encode()) <= LONGEST_OF_S3


@pytest.mark.parametrize("partner", ["x" * 900, "..", ".", "", " ", "\u00e9", "P\n"])
def test_a_file_in_a_folder_that_is_no_partners_is_nobodys(
    lasting: tuple[Functions, DynamoTable], partner: str
) -> None:
    splitting = Splitting(*lasting)

    upload = splitting.drop("x.csv", b"cim\n", partner=partner)
    _, summary = splitting.closed(upload)

    assert (upload.state, upload.partner_id, summary["partner"]) == (UploadState.REFUSED, "", None)
    assert ("cannot name a folder" if partner else "No partner is named") in summary["fault"]
    assert len(summary_key(upload).encode()) <= LONGEST_OF_S3
