"""The load: every operation comes up, and with it everything that the engine may answer."""

import pytest

from loyalty.domain.errors import Code
from tests.simulation.deployment import deployment
from tests.simulation.operations import OPERATIONS
from tests.simulation.simulation import RUN, Outcome, simulate

SEEDS = range(23, 28)

DUPLICATE, FOUND_NOT, INVALID, SHORT = Code.DUPLICATE, Code.NOT_FOUND, Code.INVALID, Code.INSUFFICIENT_BALANCE


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Return what some runs have done together."""
    outcome = Outcome(SEEDS[0])
    for seed in SEEDS:
        outcome.add(simulate(seed, RUN))
    return outcome


def test_every_operation_comes_up_in_some_thousand(outcome: Outcome) -> None:
    assert outcome.done.keys() == {chosen.__name__ for chosen in OPERATIONS}


NOT_IN_THE_LOAD = {
    "classic_list_purchases": "shows what others show, and moves nothing",
    "classic_show_award": "shows what others show, and moves nothing",
    "issue_contact_otp": "gives passwords out by the same write as `issue_one_time_password`",
    "sign_in": "a token is access, not money",
}
"""Functions that no operation calls, and why."""


def test_every_function_is_called_but_those_with_a_reason(outcome: Outcome) -> None:
    assert deployment().functions.keys() - outcome.called.keys() == NOT_IN_THE_LOAD.keys()


def test_every_refusal_comes_up_but_faults_of_our_own(outcome: Outcome) -> None:
    answered = {came for _, came in outcome.answers}

    assert answered >= {*Code} - {Code.INTERNAL}
    assert Code.INTERNAL not in answered


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("create_purchase", {"done", FOUND_NOT, INVALID, Code.NOT_PERMITTED}),
        ("create_again", {"replayed", DUPLICATE}),
        ("create_twice_at_once", {"done", "replayed"}),
        ("create_while_a_code_changes_hands", {"done", "replayed"}),
        ("create_under_a_used_id", {"done", DUPLICATE}),
        ("create_faulty", {Code.MANDATORY, Code.EXCLUSIVE, Code.CURRENCY_MISMATCH, INVALID, FOUND_NOT}),
        ("create_too_large", {Code.LIMIT_EXCEEDED}),
        ("spend", {"done", Code.SPEND_LIMIT, SHORT}),
        ("use_promo_code", {"done", FOUND_NOT, INVALID}),
        ("preview_purchase", {"done", Code.SPEND_LIMIT}),
        ("show_purchase", {"done", FOUND_NOT}),
        ("cancel_purchase", {"done", "replayed"}),
        ("return_products", {"done", "replayed", DUPLICATE, INVALID}),
        ("return_until_nothing_is_left", {"done", INVALID}),
        ("take_back_what_is_spent", {"done", SHORT}),
        ("classic_create", {"done", "replayed", FOUND_NOT}),
        ("classic_create_spend", {"done", Code.SPEND_LIMIT}),
        ("classic_send_again", {"done", "replayed", DUPLICATE}),
        ("classic_show", {"done", FOUND_NOT}),
        ("classic_cancel", {"done", "replayed"}),
        ("classic_bulk", {"done", FOUND_NOT}),
        ("pay_by_card", {"done", FOUND_NOT}),
        ("guess_a_pass_code", {FOUND_NOT, Code.NOT_PERMITTED}),
        ("use_one_time_password", {"done", FOUND_NOT}),
        ("call_without_a_good_key", {"401", "403"}),
        ("release_token", {"done", Code.INVALID_TOKEN}),
        ("show_upload", {"DONE", "INCOMPLETE", "REFUSED", "posted", "replayed", "refused"}),
        ("send_result_again", {"DONE"}),
    ],
)
def test_an_operation_is_answered_in_every_way_that_it_may_be(outcome: Outcome, name: str, expected: set[str]) -> None:
    answered = {came for operation, came in outcome.answers if operation == name}

    assert answered >= expected
