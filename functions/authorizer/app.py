"""The authorizer of the newest API's routes: exchanges the api_key for an auth token that the functions check, or
checks the token in its place."""

from datetime import UTC, datetime
from os import environ
from typing import Any

from loyalty.api.faults import log_faults
from loyalty.api.http.authorizer_policy import Unauthorized, allow, deny
from loyalty.api.http.credentials import bearer_in, key_in
from loyalty.api.http.messages import Request
from loyalty.api.snapshots import prepare_snapshots
from loyalty.domain.errors import Code, Refused
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck, issue_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)
tokens = TokenCheck(table, signing_keys)
prepare_snapshots(signing_keys.current, table, tokens)


def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    with log_faults(function_name=environ["AWS_LAMBDA_FUNCTION_NAME"]):
        answer = authorize(Request.of(event, datetime.now(UTC)), event["methodArn"])
    if answer is None:
        raise Unauthorized
    return answer


def authorize(request: Request, method_arn: str) -> dict[str, Any] | None:
    """Return who may pass; None where nobody has shown anything that could be looked at, or a token that is good no
    longer, so that its holder logs in again."""
    key, bearer = key_in(request, environ["API_KEY_HEADER"]), bearer_in(request)
    try:
        if key:
            text, token = issue_token(key, table=table, signing_keys=signing_keys, now=request.now)
            return allow(method_arn, token.partner, text)
        return allow(method_arn, tokens.partner(bearer, request.now), bearer) if bearer else None
    except Refused as refused:
        if refused.problems[0].code is not Code.INVALID_TOKEN:
            raise  # a table that is busy says nothing of the key, and a denial would be kept for minutes
        return deny(method_arn) if key else None
