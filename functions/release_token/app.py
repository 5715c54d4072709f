"""POST /authentication/token/release: give a token of the classic API back."""

from os import environ

from loyalty.api.classic.envelope import render_refusal, render_success, token_in
from loyalty.api.http.http_handler import http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import release_token

table = connect(environ["TABLE_NAME"])
signing_keys = SigningKeys(table)


def release(request: Request) -> Response:
    release_token(token_in(request), table=table, signing_keys=signing_keys)
    return render_success({})


handler = http_handler(release, refusal=render_refusal)
