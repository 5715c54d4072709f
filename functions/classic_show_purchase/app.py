"""POST and GET /customer_events/purchases/show: a posted purchase, by its id, number or reference number."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, render_success
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.queries import asked_in
from loyalty.api.classic.reading import read_named_purchase
from loyalty.api.classic.requests import NamePurchase
from loyalty.api.http.messages import Request, Response
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_records import EventRecordsReader
from loyalty.usecases.purchases.find_purchase import find_purchase

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def show(request: Request, partner: Partner) -> Response:
    body = asked_in(request, NamePurchase)
    event = find_purchase(read_named_purchase(body), partner, table=table)
    gathered = EventRecordsReader(engine, request.now)
    return render_success(render_purchase(gathered(event)), body)


handler = classic_endpoint(show, Scope.READ_PURCHASES, TokenCheck(table, SigningKeys(table)))
