"""POST /customer_events/purchases/cancel: cancel a posted purchase; answers the complete event."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, succeeded
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_named_purchase
from loyalty.api.messages import Request, Response
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.programme import Catalogue
from loyalty.usecases.gather import Gathering
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.take_back import cancel_purchase
from loyalty.usecases.tokens import TokenCheck

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def cancel(request: Request, partner: Partner) -> Response:
    body = request.json()
    named = read_named_purchase(body)
    gathered = Gathering(table=table, catalogue=catalogue, now=request.now)
    answer = PreparedAnswer(lambda posting: render_purchase(gathered(posting.event)))
    posting = cancel_purchase(named, partner, table=table, catalogue=catalogue, now=request.now, prepare=answer.prepare)
    return succeeded(answer.to(posting), body, replayed=posting.replayed)


handler = classic_endpoint(cancel, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
