"""POST /purchases/preview: what posting a purchase would do; nothing is written."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import read_preview, render_preview
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.preview_purchase import preview_purchase
from loyalty.usecases.told_verdicts import told_verdicts
from loyalty.usecases.unknown_names import unknown_names_told

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def preview(request: Request, partner: Partner) -> Response:
    with unknown_names_told(partner, table=table, catalogue=catalogue, now=request.now):
        purchase, explained = read_preview(request.json(), request.now)
    found = preview_purchase(purchase, partner, table=table, catalogue=catalogue, now=request.now, explained=explained)
    why = told_verdicts(found.why, partner, catalogue=catalogue, now=request.now) if explained else None
    return Response(200, render_preview(found, why))


handler = endpoint(authorized(preview, Scope.POST_PURCHASES, SigningKeys(table)))
