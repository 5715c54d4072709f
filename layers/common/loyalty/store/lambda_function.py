"""A function, as another one calls it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem
from loyalty.store.sdk_errors import refuse_if_busy

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_BUSY = Problem(Code.RETRY_LATER, "Lambda is busy. Try again.")
_RETRYABLE = frozenset({"ServiceException", "ServiceUnavailable", "ThrottlingException", "TooManyRequestsException"})


class LambdaFunction:
    """A Lambda function."""

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self.client = client
        self.name = name

    def call_later(self, event: Mapping[str, Any]) -> None:
        """Call the function without waiting for its answer. Lambda calls it again where it fails.

        Raises:
            Refused: RETRY_LATER, if Lambda is busy or out of reach. The call may have been made.
        """
        with refuse_if_busy(_BUSY, _RETRYABLE):
            self.client.invoke(FunctionName=self.name, InvocationType="Event", Payload=exactjson.dumps(event).encode())
