"""Calling a function later: what keeps Lambda from taking the call is told as such."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from loyalty.domain.errors import Code, Refused
from loyalty.store.lambda_function import LambdaFunction


class Failing:
    """A client whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def invoke(self, **_: Any) -> Any:
        raise self.error


def answered(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Invoke")


def calling(error: Exception) -> LambdaFunction:
    return LambdaFunction(Failing(error), "split")  # type: ignore[arg-type]  # as much of one as it takes


@pytest.mark.parametrize(
    "error",
    [
        answered("TooManyRequestsException"),
        answered("ServiceException"),
        ConnectTimeoutError(endpoint_url="https://lambda.test"),
        ReadTimeoutError(endpoint_url="https://lambda.test"),
    ],
    ids=["throttled", "of the service", "out of reach", "answer lost"],
)
def test_a_call_that_is_not_taken_is_to_be_made_again(error: Exception) -> None:
    with pytest.raises(Refused) as refused:
        calling(error).call_later({"upload": "U"})

    assert refused.value.problems[0].code is Code.RETRY_LATER


def test_what_will_not_pass_is_a_fault() -> None:
    with pytest.raises(ClientError):
        calling(answered("ResourceNotFoundException")).call_later({"upload": "U"})
