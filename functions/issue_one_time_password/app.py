"""POST /access_tokens/one_time_passwords/issue: a password that stands for an access token, for one purchase."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, succeeded
from loyalty.api.classic.reading import read_token
from loyalty.api.messages import Request, Response
from loyalty.api.tokens import render_password
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.usecases.access_tokens import issue_one_time_password
from loyalty.usecases.tokens import TokenCheck

table = connect(environ["TABLE_NAME"])


def issue(request: Request, partner: Partner) -> Response:
    body = request.json()
    password, expires_on = issue_one_time_password(read_token(body), partner.id, table=table, now=request.now)
    return succeeded(render_password(password, expires_on, request.now), body)


handler = classic_endpoint(issue, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
