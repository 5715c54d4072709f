"""GET /purchases/{id}: a posted purchase, with what it awarded and spent."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import render_purchase
from loyalty.domain.access import Partner, Scope
from loyalty.domain.purchase import Reference
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.show import find_purchase

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def show(request: Request, partner: Partner) -> Response:
    named, merchant_id = Reference("id", request.path["id"], ""), request.query.get("merchant")
    event = find_purchase(named, partner, table=table, merchant_id=merchant_id)
    directory = directory_for(event, catalogue, request.now)
    return Response(200, render_purchase(event, directory, explained=request.flag("explain")))


handler = endpoint(authorized(show, Scope.READ_PURCHASES, SigningKeys(table)))
