"""POST /purchases: post a purchase (contract, operation 1)."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchase_requests import CreatePurchase, read_purchase
from loyalty.api.newest.unknown_fields import read_body
from loyalty.api.snapshots import prepare_snapshots
from loyalty.domain.access.partner import Partner, Scope
from loyalty.domain.identity import by_key
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.purchases.unknown_names import add_unknown_names

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)
signing_keys = SigningKeys(table)
prepare_snapshots(engine.catalogue.programme, table, engine, signing_keys)
CreatePurchase.model_rebuild()  # left to the first call otherwise, which waits for it


def create(request: Request, partner: Partner) -> Response:
    keyed = by_key(partner.id, request.headers.get("idempotency-key"))
    with add_unknown_names(engine, partner, now=request.now):
        purchase = read_purchase(read_body(request, CreatePurchase), request.now, keyed)
    posting = post_purchase(engine, purchase, partner, now=request.now)
    headers = {"Idempotent-Replayed": "true"} if posting.replayed else {}
    return Response(200, {"id": posting.event.entry.told_id}, headers)


handler = http_handler(authorized(create, Scope.POST_PURCHASES, signing_keys))
