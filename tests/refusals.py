"""What DynamoDB answers where it does not do what it was asked for."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.awsrequest import AWSRequest, AWSResponse, HTTPHeaders

from loyalty import exactjson

REQUEST_ID = "REQUEST-OF-DYNAMODB"

Fault = Callable[[AWSRequest], Any]
"""What takes the place of sending a request: answers it, or raises."""


def answer(request: AWSRequest, status: int, **members: Any) -> AWSResponse:
    """Return an answer of DynamoDB."""
    body = exactjson.dumps(members).encode()

    class Raw:
        def stream(self) -> Iterator[bytes]:
            yield body

    headers = HTTPHeaders()
    headers["x-amzn-RequestId"] = REQUEST_ID
    return AWSResponse(str(request.url), status, headers, Raw())


def refusal(error: str, **members: Any) -> Fault:
    """Return the answer that is this error."""
    kind = f"com.amazonaws.dynamodb.v20120810#{error}"
    return lambda request: answer(request, 400, __type=kind, **members)


throttled = refusal("ProvisionedThroughputExceededException", message="slow down")


def conflict(request: AWSRequest) -> Any:
    """Another transaction is at work on the item, or the first of the items."""
    writes = exactjson.loads(request.body).get("TransactItems")
    if writes is None:
        return refusal("TransactionConflictException", message="conflict")(request)
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (len(writes) - 1)]
    return refusal("TransactionCanceledException", message="cancelled", CancellationReasons=reasons)(request)
