"""POST /purchases/{id}/cancel: cancel a purchase; return it as GET /purchases/{id} does then."""

from os import environ

from loyalty.api.http.http_handler import authorized, http_handler
from loyalty.api.http.messages import Request, Response
from loyalty.api.newest.answers import PurchaseAnswer
from loyalty.api.newest.purchase_answers import render_purchase
from loyalty.api.newest.purchase_requests import read_path_reference
from loyalty.api.newest.returns import CancelPurchase
from loyalty.api.newest.unknown_fields import require_nothing_said
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.reversals.take_back import cancel_purchase

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def cancel(request: Request, partner: Partner) -> Response:
    require_nothing_said(request, CancelPurchase)
    named = read_path_reference(request)

    def render(posting: PostedEvent) -> PurchaseAnswer:
        return render_purchase(posting.event, directory_for(posting.event, engine.catalogue, request.now))

    answer = PreparedAnswer(render)
    posting = cancel_purchase(engine, named, partner, now=request.now, before_posting=answer.draw_up)
    headers = {"Idempotent-Replayed": "true"} if posting.replayed else {}
    return Response(200, answer.to(posting, replayed=posting.replayed), headers)


handler = http_handler(authorized(cancel, Scope.POST_PURCHASES, SigningKeys(table)))
