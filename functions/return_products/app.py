"""POST /purchases/{id}/returns: take back some of a purchase's goods."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import named_in_path
from loyalty.api.returns import read_return, render_return
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.take_back import return_products

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def take_back(request: Request, partner: Partner) -> Response:
    asked = read_return(request.json(), request.now)
    named = named_in_path(request)
    answer = PreparedAnswer(render_return)
    returned = return_products(
        named, asked, partner, table=table, catalogue=catalogue, now=request.now, prepare=answer.prepare
    )
    headers = {"Idempotent-Replayed": "true"} if returned.posting.replayed else {}
    return Response(200, answer.to(returned), headers)


handler = endpoint(authorized(take_back, Scope.POST_PURCHASES, SigningKeys(table)))
