"""A function, as another one calls it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loyalty import exactjson

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LambdaFunction:
    """A Lambda function."""

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self.client = client
        self.name = name

    def call_later(self, event: Mapping[str, Any]) -> None:
        """Call the function without waiting for its answer. Lambda calls it again where it fails."""
        self.client.invoke(FunctionName=self.name, InvocationType="Event", Payload=exactjson.dumps(event).encode())
