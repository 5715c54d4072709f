"""What kept DynamoDB from writing: a condition, which is an answer, or others at work, which is none."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from loyalty.store.sdk_errors import ConditionFailed, InUse, write_failures

FAILED, ITEM = "ConditionalCheckFailed", {"pk": {"S": "P"}}


def error(code: str, *reasons: str, **more: Any) -> ClientError:
    told = {"CancellationReasons": [{"Code": reason, **more} for reason in reasons]}
    answer: Any = {"Error": {"Code": code}, **told}
    return ClientError(answer, "any")


def cancelled(*reasons: str, **more: Any) -> ClientError:
    return error("TransactionCanceledException", *reasons, **more)


@pytest.mark.parametrize(
    ("answer", "found", "untold"),
    [
        (error("ConditionalCheckFailedException"), {0: None}, set()),
        (cancelled("None", FAILED), {1: None}, set()),
        (cancelled(FAILED, Item=ITEM), {0: {"pk": "P"}}, set()),
        (cancelled("TransactionConflict", FAILED, "None", "ThrottlingError"), {1: None}, {0, 3}),
    ],
)
def test_a_condition_that_did_not_hold_is_told_with_what_nobody_knows_beside_it(
    answer: ClientError, found: dict[int, Any], untold: set[int]
) -> None:
    with pytest.raises(ConditionFailed) as failed, write_failures():
        raise answer

    assert failed.value.found == found
    assert failed.value.untold == untold


@pytest.mark.parametrize(
    "answer",
    [
        error("TransactionConflictException"),
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        cancelled("ProvisionedThroughputExceeded"),
    ],
)
def test_a_conflict_is_no_failed_condition(answer: ClientError) -> None:
    with pytest.raises(InUse), write_failures():
        raise answer


@pytest.mark.parametrize("answer", [error("ValidationException"), cancelled("None", "ValidationError")])
def test_a_fault_of_ours_is_neither(answer: ClientError) -> None:
    with pytest.raises(ClientError), write_failures():
        raise answer
