"""POST /purchases: post a purchase (contract, operation 1)."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchases import read_purchase
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.catalogue import Catalogue
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.store.numbers import Numbers
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.purchases.unknown_names import unknown_names_told

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)
numbers = Numbers(table)


def create(request: Request, partner: Partner) -> Response:
    with unknown_names_told(partner, table=table, catalogue=catalogue, now=request.now):
        purchase = read_purchase(request.json(), request.now)
    posting = post_purchase(purchase, partner, table=table, catalogue=catalogue, numbers=numbers, now=request.now)
    headers = {"Idempotent-Replayed": "true"} if posting.replayed else {}
    return Response(200, {"id": posting.event.entry.told_id}, headers)


handler = http_handler(authorized(create, Scope.POST_PURCHASES, SigningKeys(table)))
