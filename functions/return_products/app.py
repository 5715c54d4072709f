"""POST /purchases/{id}/returns: take back some of a purchase's goods."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.purchase_requests import read_path_reference
from loyalty.api.newest.returns import ReturnProducts, read_return, render_return
from loyalty.api.newest.unknown_fields import read_body
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.reversals.take_back import return_products

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def take_back(request: Request, partner: Partner) -> Response:
    asked = read_return(read_body(request, ReturnProducts), read_path_reference(request), request.now)
    answer = PreparedAnswer(render_return)
    returned = return_products(engine, asked, partner, now=request.now, before_posting=answer.draw_up)
    headers = {"Idempotent-Replayed": "true"} if returned.posting.replayed else {}
    return Response(200, answer.to(returned, replayed=returned.posting.replayed), headers)


handler = http_handler(authorized(take_back, Scope.POST_PURCHASES, SigningKeys(table)))
