"""GET /purchases/{id}: a posted purchase, with what it awarded and spent."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchases import named_in_path, render_purchase
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.catalogue import Catalogue
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.purchases.find_purchase import find_purchase
from loyalty.usecases.purchases.told_verdicts import told_verdicts

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def show(request: Request, partner: Partner) -> Response:
    event = find_purchase(named_in_path(request), partner, table=table)
    directory = directory_for(event, catalogue, request.now)
    explained = request.flag("explain")
    why = told_verdicts(event.purchase.why, partner, catalogue=catalogue, now=request.now) if explained else None
    return Response(200, render_purchase(event, directory, why))


handler = http_handler(authorized(show, Scope.READ_PURCHASES, SigningKeys(table)))
