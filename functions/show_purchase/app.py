"""GET /purchases/{id}: a posted purchase, with what it awarded and spent."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import named_in_path, render_purchase
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.document import why_in
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.show import find_purchase
from loyalty.usecases.told_verdicts import told_verdicts

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def show(request: Request, partner: Partner) -> Response:
    event = find_purchase(named_in_path(request), partner, table=table)
    directory = directory_for(event, catalogue, request.now)
    explained = request.flag("explain")
    why = told_verdicts(why_in(event.document), partner, catalogue=catalogue, now=request.now) if explained else None
    return Response(200, render_purchase(event, directory, why))


handler = endpoint(authorized(show, Scope.READ_PURCHASES, SigningKeys(table)))
