"""POST and GET /authentication/web_api_key/token: exchange an API key for a token of the classic API."""

from os import environ

from loyalty.api.classic.envelope import login_refusal, render_success
from loyalty.api.classic.logins import MAX_BODY_BYTES, read_unit
from loyalty.api.classic.tokens import render_token
from loyalty.api.http.credentials import key_in
from loyalty.api.http.http_handler import http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.domain.access.error_forms import ClassicErrors
from loyalty.store.client import connect
from loyalty.usecases.access.token_exchange import TokenIssuer

table = connect(environ["TABLE_NAME"])
issuer = TokenIssuer.on(table)


def issue(request: Request) -> Response:
    text, token = issuer.exchange_key(key_in(request, environ["API_KEY_HEADER"]), read_unit(request), request.now)
    return render_success(render_token(text, token, request.now))


handler = http_handler(
    issue, refusal=login_refusal(ClassicErrors(environ["CLASSIC_ERRORS"])), max_body_bytes=MAX_BODY_BYTES
)
