"""GET /customer_events/purchases/list: an account's purchases, newest first."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, fields_set, render_success
from loyalty.api.classic.purchases import render_page
from loyalty.api.classic.queries import asked_in
from loyalty.api.classic.reading import read_filter
from loyalty.api.classic.requests import ListPurchases
from loyalty.api.http.messages import Request, Response
from loyalty.api.http.pages import read_page
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_records import EventRecordsReader
from loyalty.usecases.purchases.list_purchases import Asked, list_purchases

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)


def list_them(request: Request, partner: Partner) -> Response:
    body = asked_in(request, ListPurchases)
    asked = Asked(read_filter(body), partner, *read_page(request))
    page = list_purchases(engine, asked, table=table, now=request.now)
    gathered = EventRecordsReader(engine, request.now).gather(page.purchases)
    return render_success(render_page(page, gathered, fields_set(body)))


handler = classic_endpoint(list_them, Scope.READ_PURCHASES, TokenCheck(table, SigningKeys(table)))
