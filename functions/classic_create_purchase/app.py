"""POST /customer_events/purchases/create: post a purchase (contract, operation 5)."""

from os import environ

from loyalty.api.classic.envelope import classic_endpoint, succeeded
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_purchase
from loyalty.api.messages import Request, Response
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.usecases.gather import Gathering
from loyalty.usecases.post_purchase import post_purchase
from loyalty.usecases.prepared_answer import PreparedAnswer
from loyalty.usecases.tokens import TokenCheck

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)
numbers = Numbers(table)


def create(request: Request, partner: Partner) -> Response:
    body = request.json()
    purchase = read_purchase(body, partner, request.headers.get("idempotency-key"))
    gathered = Gathering(table=table, catalogue=catalogue, now=request.now)
    answer = PreparedAnswer(lambda posting: render_purchase(gathered(posting.event)))
    posting = post_purchase(
        purchase,
        partner,
        table=table,
        catalogue=catalogue,
        numbers=numbers,
        now=request.now,
        prepare=answer.prepare,
    )
    return succeeded(answer.to(posting), body, replayed=posting.replayed)


handler = classic_endpoint(create, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
