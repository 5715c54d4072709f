"""POST /contacts/{id}/otp: a password that stands for a contact, for one purchase."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.contacts import IssueContactPassword, render_password
from loyalty.api.newest.unknown_fields import require_nothing_said
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.purchases.contact_passwords import issue_contact_password

table = connect(environ["TABLE_NAME"])


def issue(request: Request, partner: Partner) -> Response:
    require_nothing_said(request, IssueContactPassword)
    password, expires_on = issue_contact_password(request.path["id"], partner.id, table=table, now=request.now)
    return Response(200, render_password(password, expires_on, request.now))


handler = http_handler(authorized(issue, Scope.POST_PURCHASES, SigningKeys(table)))
