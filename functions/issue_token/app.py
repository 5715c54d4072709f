"""POST /authentication/web_api_key/token: exchange an API key for a token of the classic API."""

from os import environ

from loyalty.api.classic.envelope import refused, succeeded
from loyalty.api.endpoint import endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.tokens import key_in, render_token
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.usecases.tokens import issue_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)


def issue(request: Request) -> Response:
    key = key_in(request, environ["API_KEY_HEADER"])
    text, token = issue_token(key, table=table, signing_keys=signing_keys, now=request.now)
    return succeeded(render_token(text, token, request.now))


handler = endpoint(issue, refusal=refused)
