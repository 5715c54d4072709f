"""POST /purchases/preview: what posting a purchase would do; nothing is written."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchase_answers import render_preview
from loyalty.api.newest.purchase_requests import PreviewPurchase, read_preview
from loyalty.api.newest.unknown_fields import read_body
from loyalty.api.snapshots import prepare_snapshots
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.preview_purchase import preview_purchase
from loyalty.usecases.purchases.unknown_names import add_unknown_names

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)
signing_keys = SigningKeys(table)
prepare_snapshots(engine.catalogue.programme, table, engine, signing_keys)
PreviewPurchase.model_rebuild()  # left to the first call otherwise, which waits for it


def preview(request: Request, partner: Partner) -> Response:
    with add_unknown_names(engine, partner, now=request.now):
        purchase, explained = read_preview(read_body(request, PreviewPurchase), request.now)
    found = preview_purchase(engine, purchase, partner, now=request.now, explained=explained)
    why = engine.catalogue.audience(partner, request.now).filter_verdicts(found.why, request.now) if explained else None
    return Response(200, render_preview(found, why))


handler = http_handler(authorized(preview, Scope.POST_PURCHASES, signing_keys))
