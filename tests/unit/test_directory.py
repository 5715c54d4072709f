"""Finding records of the programme by what callers call them."""

from typing import Any

import pytest

from loyalty.domain.programme.directory import Directory

RECORDS: list[dict[str, Any]] = [
    {"type": "business_unit", "id": "B1", "name": "Shop", "code": "S1"},
    {"type": "business_unit", "id": "B2", "name": "Shop", "code": "S2"},
    {"type": "classification", "id": "C1", "name": "Purchase", "alternative_code": "P"},
    {"type": "unit", "id": "U1", "name": "Admin Unit", "alternative_code": "MG"},
    {"type": "currency_rate", "id": "R1", "currency": "PTS", "rate": 5},
]


@pytest.mark.parametrize(
    ("kind", "by", "value", "found"),
    [
        ("business_unit", "id", "B1", "B1"),
        ("business_unit", "code", "S2", "B2"),
        ("business_unit", "code", "B1", None),
        ("classification", "name", "Purchase", "C1"),
        ("classification", "alternative_code", "P", "C1"),
        ("classification", "code", "P", "C1"),
        ("unit", "name", "Admin Unit", "U1"),
        ("unit", "alternative_code", "MG", "U1"),
        ("unit", "id", "B1", None),
    ],
)
def test_a_record_is_found_by_id_and_by_each_field_that_names_it(
    kind: str, by: str, value: str, found: str | None
) -> None:
    assert Directory(RECORDS).find(kind, by, value) == found


def test_a_name_that_two_records_share_names_none_of_them() -> None:
    assert Directory(RECORDS).find("business_unit", "name", "Shop") is None


def test_a_record_is_answered_as_it_was_imported() -> None:
    directory = Directory(RECORDS)

    assert directory.record("unit", "U1") == RECORDS[3]
    assert directory.record("unit", None) is None


def test_a_name_leads_to_who_has_it_and_ever_led_to_who_had_it() -> None:
    former = {"type": "former_name", "of": "business_unit", "by": "code", "value": "S2", "id": "B1"}
    directory = Directory([*RECORDS, former])

    assert directory.find("business_unit", "code", "S2") == "B2"
    assert directory.ever("business_unit", "code", "S2") == {"B1", "B2"}
    assert directory.ever("business_unit", "code", "S1") == {"B1"}
    assert directory.ever("business_unit", "code", "S3") == set()
