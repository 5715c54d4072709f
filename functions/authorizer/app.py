"""The authorizer of the newest API's routes: exchanges the api_key for an auth token that the functions check."""

from datetime import UTC, datetime
from os import environ
from typing import Any

from loyalty.api.faults import log_faults
from loyalty.api.http.authorizer_policy import allow, deny
from loyalty.api.http.credentials import key_in
from loyalty.api.http.messages import Request
from loyalty.domain.errors import Code, Refused
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import issue_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)


@log_faults(function_name=environ["AWS_LAMBDA_FUNCTION_NAME"])
def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    request = Request.of(event, datetime.now(UTC))
    key = key_in(request, environ["API_KEY_HEADER"])
    try:
        text, token = issue_token(key, table=table, signing_keys=signing_keys, now=request.now)
    except Refused as refused:
        if refused.problems[0].code is not Code.INVALID_TOKEN:
            raise  # a table that is busy says nothing of the key, and a denial would be kept for minutes
        return deny(event["methodArn"])
    return allow(event["methodArn"], token, text)
