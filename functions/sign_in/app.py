"""POST /authentication/token: exchange a username and its password for a token of the classic API."""

from os import environ

from loyalty.api.classic.envelope import login_refusal, render_success
from loyalty.api.classic.logins import MAX_BODY_BYTES, read_login
from loyalty.api.classic.tokens import render_token
from loyalty.api.http.http_handler import http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.domain.access.error_forms import ClassicErrors
from loyalty.store.client import connect
from loyalty.usecases.access.token_exchange import TokenIssuer

table = connect(environ["TABLE_NAME"])
issuer = TokenIssuer.on(table)


def sign_in(request: Request) -> Response:
    shown, unit = read_login(request.json(), request.address)
    text, token = issuer.exchange_login(shown, unit, request.now)
    return render_success(render_token(text, token, request.now))


handler = http_handler(
    sign_in, refusal=login_refusal(ClassicErrors(environ["CLASSIC_ERRORS"])), max_body_bytes=MAX_BODY_BYTES
)
