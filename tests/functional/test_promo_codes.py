"""Promo codes in requests: found, and in force on the day of the purchase."""

from collections.abc import Callable
from typing import Any

import pytest

from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.ledger import read_event
from tests.cards import CAMPAIGN, PROMO_CODE, bring
from tests.functional.conftest import Answer, Functions, example

PERFORMED_ON = "2016-06-22T15:00:00"
AFTER, BEFORE = "2016-06-22T15:00:01", "2016-06-22T14:59:59"


def classic(functions: Functions, name: str, promo_code: str) -> Answer:
    """Return the vendor's first example with a promo code, at one of the classic routes."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    body = {**example("create_1.request"), **issued.body["data"], "promo_code": promo_code}
    return functions.call(name, body, context={})


def newest(functions: Functions, name: str, promo_code: str) -> Answer:
    """Return the vendor's newest example with a promo code."""
    return functions.call(name, {**example("create_v5_1.request"), "promo_code": promo_code})


ROUTES: list[tuple[Callable[[Functions, str, str], Answer], str]] = [
    (classic, "classic_create_purchase"),
    (classic, "classic_preview_purchase"),
    (newest, "create_purchase"),
    (newest, "preview_purchase"),
]


@pytest.mark.parametrize(("call", "name"), ROUTES, ids=[name for _, name in ROUTES])
def test_a_promo_code_is_taken_by_every_purchase(
    cold_functions: Functions, demo: DynamoTable, call: Callable[[Functions, str, str], Answer], name: str
) -> None:
    bring(demo, CAMPAIGN, PROMO_CODE)

    assert call(cold_functions, name, "COLD-BREW").status == 200
    assert call(cold_functions, name, "cold-brew").status == 404


def test_the_promo_code_is_kept_with_the_purchase(cold_functions: Functions, demo: DynamoTable) -> None:
    bring(demo, CAMPAIGN, PROMO_CODE)
    event = read_event(demo, newest(cold_functions, "create_purchase", "COLD-BREW").body["id"])

    assert event
    assert event.purchase_document.ids["promo_code"] == "PC-1"


@pytest.mark.parametrize(
    ("campaign", "code", "reason"),
    [
        ({}, {"life_cycle_state": "NOT_EFFECTIVE"}, "The promo code is not effective."),
        ({"life_cycle_state": "NOT_EFFECTIVE"}, {}, "Its campaign is not effective."),
        ({}, {"effective_from": AFTER}, "The promo code is not in force on that date."),
        ({}, {"effective_to": PERFORMED_ON}, "The promo code is not in force on that date."),
        ({"effective_from": AFTER}, {}, "Its campaign is not in force on that date."),
        ({"effective_to": PERFORMED_ON}, {}, "Its campaign is not in force on that date."),
        ({"effective_from": BEFORE}, {"effective_from": PERFORMED_ON, "effective_to": AFTER}, None),
    ],
    ids=str,
)
def test_a_promo_code_and_its_campaign_have_to_be_in_force_on_the_day_of_the_purchase(
    cold_functions: Functions, demo: DynamoTable, campaign: dict[str, Any], code: dict[str, Any], reason: str | None
) -> None:
    bring(demo, CAMPAIGN | campaign, PROMO_CODE | code)
    answer = classic(cold_functions, "classic_create_purchase", "COLD-BREW")

    if reason:
        assert answer.status == 400
        assert answer.body["status"]["description"] == f"/promo_code: {reason}"
    else:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [({"effective_to": PERFORMED_ON}, 400), ({"maximum_uses": 1}, 409)],
    ids=["not in force, like an unknown one", "used up"],
)
def test_under_a_used_identity_a_promo_code_that_is_not_in_force_is_told_and_a_used_one_is_not(
    cold_functions: Functions, demo: DynamoTable, code: dict[str, Any], status: int
) -> None:
    bring(demo, CAMPAIGN, PROMO_CODE | {"id": "PC-2", "code": "OTHER"})
    assert newest(cold_functions, "create_purchase", "OTHER").status == 200
    bring(demo, CAMPAIGN, PROMO_CODE | code)
    if status == 409:
        use_up = {**example("create_v5_1.request"), "promo_code": "COLD-BREW", "reference_number": "USES-IT-UP"}
        assert cold_functions.call("create_purchase", use_up).status == 200

    assert newest(cold_functions, "create_purchase", "COLD-BREW").status == status
