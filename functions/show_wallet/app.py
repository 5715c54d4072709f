"""GET /wallets/{account}: balances, by the account's id or number."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.wallets import render_wallet
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.show import show_wallet

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def show(request: Request, _: Partner) -> Response:
    view = show_wallet(request.path["account"], table=table, catalogue=catalogue, now=request.now)
    return Response(200, render_wallet(view))


handler = endpoint(authorized(show, Scope.READ_WALLETS, SigningKeys(table)))
