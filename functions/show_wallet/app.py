"""GET /wallets/{account}: balances, by the account's id or number."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.wallets import render_wallet
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.show_wallet import show_wallet

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def show(request: Request, _: Partner) -> Response:
    view = show_wallet(engine, request.path["account"], now=request.now)
    return Response(200, render_wallet(view))


handler = http_handler(authorized(show, Scope.READ_WALLETS, SigningKeys(table)))
