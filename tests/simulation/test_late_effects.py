"""A write that takes effect once more, after it was answered and something came of it."""

from typing import Any

import pytest

from tests.simulation.fault_table import played
from tests.simulation.faults import OF_OPERATIONS, Fault
from tests.simulation.planned_faults import Plan
from tests.simulation.stage import Stage
from tests.simulation.use_cases import CARD, Scenario, classic, signed_in, with_contact_password
from tests.tables.scenario import Call

LATER = 60.0
"""Seconds after which whatever was late has taken effect; a password is good for five minutes."""


def by_card(stage: Stage) -> dict[str, Any]:
    """Return what shows a password that was given out for a card."""
    told = stage.play(Call("password", "issue_one_time_password", {"access_token_identifier": CARD}))
    return {"access_token_identifier": {"one_time_password": told.body["data"]["one_time_password"]}}


def statuses_of_card(stage: Stage) -> list[int]:
    shown = by_card(stage)
    first = stage.play(classic(stage, "first", shown))
    stage.world.scheduler.sleep(LATER)
    return [first.status, stage.play(classic(stage, "second", shown)).status]


def statuses_of_contact(stage: Stage) -> list[int]:
    with_contact_password(stage)
    first = post_totals(stage, "first")
    stage.world.scheduler.sleep(LATER)
    return [first, post_totals(stage, "second")]


def post_totals(stage: Stage, name: str) -> int:
    """Post a till's totals by a contact's password; return the status."""
    body = {
        "contact": {"otp": stage.known["otp"]},
        "organisation": {"id": "CAFE"},
        "transaction_amounts": {"total": 12, "net": 10},
        "performed_on": int(stage.recent.timestamp()),
    }
    headers = {"api_key": stage.api_keys["POS"], "Idempotency-Key": f"TILL-{name}"}
    return stage.ask("POST", "/purchases", body, headers).status


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("issue_one_time_password", "used at once", statuses_of_card, before=signed_in),
        Scenario("issue_contact_otp", "used at once", statuses_of_contact),
    ],
    ids=lambda one: one.use_case,
)
def test_a_password_that_was_used_is_not_brought_back_by_the_write_that_gave_it_out(scenario: Scenario) -> None:
    calm = played(scenario, None)
    writes = [at for at, made in enumerate(calm.faults.made, 1) if Fault.EFFECT_LATE in OF_OPERATIONS[made.operation]]
    assert writes

    for at in writes:
        assert played(scenario, Plan(at, Fault.EFFECT_LATE)).told == calm.told == ([200, 404], None)
