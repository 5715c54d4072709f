"""GET /wallets/{account}/journal: a wallet's events, newest first."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.wallets import read_page, render_journal
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.usecases.show import show_journal

table = connect(environ["TABLE_NAME"])


def show(request: Request, partner: Partner) -> Response:
    before, limit = read_page(request)
    page = show_journal(request.path["account"], before=before, limit=limit, table=table)
    return Response(200, render_journal(page, partner))


handler = endpoint(authorized(show, Scope.READ_WALLETS, SigningKeys(table)))
