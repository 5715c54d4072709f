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
from loyalty.usecases.tell_purchase import cancel_and_tell
from loyalty.usecases.tokens import TokenCheck

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)


def cancel(request: Request, partner: Partner) -> Response:
    body = request.json()
    named = read_named_purchase(body)
    told = cancel_and_tell(named, partner, render_purchase, table=table, catalogue=catalogue, now=request.now)
    return succeeded(told.answer, body, replayed=told.replayed)


handler = classic_endpoint(cancel, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
