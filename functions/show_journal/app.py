"""GET /wallets/{account}/journal: a wallet's events, newest first."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.http.pages import read_page
from loyalty.api.newest.wallets import render_journal
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.ledger.show_wallet import show_journal

table = connect(environ["TABLE_NAME"])


def show(request: Request, partner: Partner) -> Response:
    before, limit = read_page(request)
    page = show_journal(request.path["account"], before=before, limit=limit, table=table)
    return Response(200, render_journal(page, partner))


handler = http_handler(authorized(show, Scope.READ_WALLETS, SigningKeys(table)))
