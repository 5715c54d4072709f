"""Deprecated fields are those of the contract's tables, wherever they are taken, and are found in bodies."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from loyalty.api.classic.bulk import deprecated_in_entries
from loyalty.api.classic.deprecated_fields import HEADER, deprecated_fields, releases_of
from loyalty.api.classic.identifiers import AccountIdentifier, ClassicModel, parts_of
from loyalty.api.classic.requests import BulkPurchase, ClassicCreatePurchase, ClassicPreviewPurchase, CreateSpend
from tests.contract import CONTRACT
from tests.goldens import GOLDENS

OPERATIONS: dict[int, type[ClassicModel]] = {
    2: BulkPurchase,
    3: CreateSpend,
    4: ClassicPreviewPurchase,
    5: ClassicCreatePurchase,
}
EVERYWHERE = {"performed_by_unit_identifier": "R18.0.0", "rewards_participant_identifier": "R17.0.0"}
"""Deprecated by operation 2, the latest that the vendor tells of; taken alike in all (rows 34 and 35)."""


def told(page: str, heading: str) -> dict[str, str]:
    """Return the fields of requests that a section's tables list as deprecated, with the release."""
    section = (CONTRACT / page).read_text().split(f"\n{heading}")[1]
    requests = re.split(r"\n### Response|\n## |\n### ", section)[1 if page == "operations.md" else 0]
    table = section.split("\n### Response")[0] if page == "operations.md" else requests
    rows = [line.strip("|").split("|") for line in table.split("\n## ")[0].splitlines() if line.startswith("| `")]
    return {
        row[0].strip(" `"): row[-1].strip()
        for row in rows
        if re.fullmatch(r"R[\d.]+", row[-1].strip()) and len(row) == 6
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_marks_what_its_table_calls_deprecated(operation: int) -> None:
    marked = {name: release for name, release in releases_of(OPERATIONS[operation]).items() if name}

    assert marked == told("operations.md", f"## {operation}. ") | EVERYWHERE


def test_an_account_is_no_more_named_by_an_access_token() -> None:
    assert releases_of(AccountIdentifier) == told("objects.md", "### accounts_receivable_identifier")
    assert releases_of(AccountIdentifier)


def test_create_spend_is_deprecated_itself() -> None:
    text = (CONTRACT / "operations.md").read_text().split("\n## 3. ")[1].split("\n## ")[0]

    assert f"deprecated {releases_of(CreateSpend)['']}" in text
    assert not any("" in releases_of(model) for operation, model in OPERATIONS.items() if operation != 3)


def test_a_schema_says_which_fields_are_deprecated() -> None:
    properties = ClassicCreatePurchase.model_json_schema()["properties"]

    assert {name for name, one in properties.items() if one.get("deprecated")} == set(
        releases_of(ClassicCreatePurchase)
    )


BODIES: dict[str, list[str]] = {
    "create_1": ["/process_immediately", "/performed_by_unit_identifier"],
    "create_v5_1": [],
    "create_spend_2": ["", "/performed_by_unit_identifier", "/process_immediately"],
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_deprecated_in_a_body_is_told_by_its_place(name: str) -> None:
    body = next(golden.request_body for golden in GOLDENS if golden.name == name)
    model = CreateSpend if "spend" in name else ClassicCreatePurchase

    assert sorted(one.pointer for one in deprecated_fields(model, body)) == sorted(BODIES[name])


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (None, []),
        ([], []),
        ({"process_immediately": None}, []),
        ({"rewards_participant_identifier": ""}, []),
        ({"accounts_receivable_identifier": {"number": "1"}}, []),
        (
            {"accounts_receivable_identifier": {"access_token_identifier": {"authentication_code": "A"}}},
            ["/accounts_receivable_identifier/access_token_identifier"],
        ),
        ({"accounts_receivable_identifier": "wrong", "process_immediately": "wrong"}, ["/process_immediately"]),
    ],
)
def test_bodies_of_any_kind_are_looked_through(body: Any, pointers: list[str]) -> None:
    assert [one.pointer for one in deprecated_fields(ClassicCreatePurchase, body)] == pointers


def test_entries_of_the_bulk_call_are_looked_through() -> None:
    body = {"purchase_customer_events_set": [{}, 5, {"performed_by_unit_identifier": {"id": "1"}}]}

    assert [one.pointer for one in deprecated_in_entries(body)] == [
        "/purchase_customer_events_set/2/performed_by_unit_identifier"
    ]
    assert [list(deprecated_in_entries(wrong)) for wrong in (None, {}, {"purchase_customer_events_set": 1})] == [[]] * 3


def test_every_part_of_a_model_is_a_model() -> None:
    assert all(issubclass(part, BaseModel) for model in OPERATIONS.values() for _, part in parts_of(model))


def test_the_header_is_a_date_of_structured_fields() -> None:
    assert HEADER == {"Deprecation": "@1795910400"}
