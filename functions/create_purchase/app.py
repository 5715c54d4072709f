"""POST /purchases: post a purchase (contract, operation 1)."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import read_purchase
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.usecases.post_purchase import post_purchase
from loyalty.usecases.unknown_names import unknown_names_told

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)
numbers = Numbers(table)


def create(request: Request, partner: Partner) -> Response:
    with unknown_names_told(partner, table=table, catalogue=catalogue, now=request.now):
        purchase = read_purchase(request.json(), request.now)
    posting = post_purchase(purchase, partner, table=table, catalogue=catalogue, numbers=numbers, now=request.now)
    headers = {"Idempotent-Replayed": "true"} if posting.replayed else {}
    return Response(200, {"id": posting.event.entry.told_id}, headers)


handler = endpoint(authorized(create, Scope.POST_PURCHASES, SigningKeys(table)))
