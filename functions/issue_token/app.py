"""POST /authentication/web_api_key/token: exchange an API key for a token of the classic API."""

from os import environ

from loyalty.api.classic.envelope import render_refusal, render_success
from loyalty.api.classic.tokens import render_token
from loyalty.api.http.credentials import key_in
from loyalty.api.http.http_handler import http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import issue_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)


def issue(request: Request) -> Response:
    key = key_in(request, environ["API_KEY_HEADER"])
    text, token = issue_token(key, table=table, signing_keys=signing_keys, now=request.now)
    return render_success(render_token(text, token, request.now))


handler = http_handler(issue, refusal=render_refusal)
