"""POST /customer_events/purchases/cancel: cancel a posted purchase; return the complete event."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, render_success
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_named_purchase
from loyalty.api.http.messages import Request, Response
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.reversals.tell_cancellation import cancel_and_tell

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def cancel(request: Request, partner: Partner) -> Response:
    body = request.json()
    named = read_named_purchase(body)
    told = cancel_and_tell(engine, named, partner, render_purchase, now=request.now)
    return render_success(told.answer, body, replayed=told.replayed)


handler = classic_endpoint(cancel, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
