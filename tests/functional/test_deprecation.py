"""Answers to requests with deprecated fields say so in a header (RFC 9745), whether they are granted or refused."""

from typing import Any

import pytest

from tests.functional.conftest import Functions, example

HEADER = "@1795910400"
AT_A_TAP = {"performed_by_unit_identifier": None, "performed_by_business_unit_identifier": {"code": "MRA"}}


def answered(functions: Functions, function: str, body: Any, bearer: str | None = None) -> tuple[int, str | None]:
    """Return the status and the header of an answer."""
    if bearer is None:
        issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
        bearer = issued.body["data"]["token"]
    answer = functions.call(function, body, headers={"Authorization": f"Bearer {bearer}"}, context={})
    return answer.status, answer.headers.get("Deprecation")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("classic_create_purchase", "create_1"),
        ("classic_preview_purchase", "preview_2"),
        ("classic_create_spend", "create_spend_1"),
        ("classic_bulk_create", "bulk_1"),
    ],
)
def test_a_deprecated_field_is_told_by_a_header(functions: Functions, function: str, name: str) -> None:
    assert answered(functions, function, example(f"{name}.request")) == (200, HEADER)


def test_a_refusal_tells_it_too(functions: Functions) -> None:
    nobody = example("create_1.request") | {"accounts_receivable_identifier": {"number": "NOBODY"}}

    assert answered(functions, "classic_create_purchase", nobody) == (404, HEADER)
    assert answered(functions, "classic_create_purchase", nobody, "wrong") == (401, None)
    assert answered(functions, "classic_create_purchase", "{") == (400, None)
    assert answered(functions, "classic_create_purchase", None, "wrong") == (401, None)


def test_what_is_up_to_date_is_answered_without_it(functions: Functions) -> None:
    body = example("preview_2.request") | AT_A_TAP
    del body["process_immediately"]

    assert answered(functions, "classic_preview_purchase", body) == (200, None)
    assert functions.call("create_purchase", example("create_v5_1.request")).headers.get("Deprecation") is None
