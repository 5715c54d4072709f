"""POST /purchases/{id}/cancel: cancel a purchase; answers it as GET /purchases/{id} does then."""

from os import environ

from loyalty.api.endpoint import authorized, endpoint
from loyalty.api.messages import Request, Response
from loyalty.api.purchases import named_in_path, render_purchase
from loyalty.api.returns import check_cancellation
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.newest_programme import directory_for
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.take_back import cancel_purchase

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def cancel(request: Request, partner: Partner) -> Response:
    check_cancellation(request)
    named = named_in_path(request)
    answer = PreparedAnswer(
        lambda posting: render_purchase(posting.event, directory_for(posting.event, catalogue, request.now))
    )
    posting = cancel_purchase(named, partner, table=table, catalogue=catalogue, now=request.now, prepare=answer.prepare)
    headers = {"Idempotent-Replayed": "true"} if posting.replayed else {}
    return Response(200, answer.to(posting), headers)


handler = endpoint(authorized(cancel, Scope.POST_PURCHASES, SigningKeys(table)))
