"""DynamoDB's JSON as it goes over the wire, past botocore's models of it.

Our requests have DynamoDB's own form already, and so have its answers; botocore would walk through every attribute on
the way out and in, which takes most of the time of a large call. Its documented events let requests and answers pass
as they are. Credentials, signatures, endpoints, retries, connections and errors remain botocore's.
"""

from typing import TYPE_CHECKING, Any

from msgspec.json import Encoder

from loyalty import exactjson

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SET_ASIDE = "loyalty_request"
_WRITER = Encoder()
"""Writes bytes in base64. Numbers are texts by then (`attributes.pack`)."""


def pass_as_is(client: "DynamoDBClient") -> None:
    """Let the requests and the answers of `client` pass as they are: what is binary in an answer is base64 then."""
    events = client.meta.events
    # The most general and the last, so that it takes along what others add before, such as the token by which DynamoDB
    # knows a retried transaction.
    events.register_last("before-parameter-build", _set_aside)
    events.register("before-call.dynamodb", _write)
    events.register("before-parse.dynamodb", _read)


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_SET_ASIDE] = params.copy()
    # What looks for names in it, to find the endpoint, finds none.
    params.update({name: type(value)() for name, value in params.items() if isinstance(value, dict | list)})


def _write(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    params["body"] = _WRITER.encode(context.pop(_SET_ASIDE))


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] < 300:  # botocore knows best what an error is
        customized_response_dict.update(exactjson.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
