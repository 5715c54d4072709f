"""GET /purchases/{id}: a posted purchase, with what it awarded and spent."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchase_answers import render_purchase
from loyalty.api.newest.purchase_requests import read_path_reference
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.purchases.find_purchase import find_purchase

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def show(request: Request, partner: Partner) -> Response:
    event = find_purchase(read_path_reference(request), partner, table=table)
    directory = directory_for(event, engine.catalogue, request.now)
    audience = engine.catalogue.audience(partner, request.now)
    why = audience.filter_verdicts(event.purchase_document.why, request.now) if request.flag("explain") else None
    return Response(200, render_purchase(event, directory, why))


handler = http_handler(authorized(show, Scope.READ_PURCHASES, SigningKeys(table)))
