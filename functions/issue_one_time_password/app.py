"""POST /access_tokens/one_time_passwords/issue: a password that stands for an access token, for one purchase."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, render_success
from loyalty.api.classic.reading import read_token
from loyalty.api.classic.tokens import render_password
from loyalty.api.http.messages import Request, Response
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.access.customer_tokens import issue_one_time_password

table = connect(environ["TABLE_NAME"])


def issue(request: Request, partner: Partner) -> Response:
    body = request.json()
    password, expires_on = issue_one_time_password(read_token(body), partner.id, table=table, now=request.now)
    return render_success(render_password(password, expires_on, request.now), body)


handler = classic_endpoint(issue, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
