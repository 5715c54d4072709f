"""POST /customer_events/purchases/create_spend: post a purchase with its spend request (contract, operation 3)."""

from os import environ

from loyalty.api.classic.envelope import asked_for_within, classic_endpoint, fields_set, succeeded
from loyalty.api.classic.purchases import render_created_spend
from loyalty.api.classic.reading import read_created_spend
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
    purchase = read_created_spend(body, partner, request.headers.get("idempotency-key"))
    gathered = Gathering(table=table, catalogue=catalogue, now=request.now)
    answer = PreparedAnswer(lambda posting: render_created_spend(gathered(posting.event)))
    posting = post_purchase(
        purchase,
        partner,
        table=table,
        catalogue=catalogue,
        numbers=numbers,
        now=request.now,
        prepare=answer.prepare,
    )
    data = asked_for_within(answer.to(posting), fields_set(body))
    return succeeded(data, replayed=posting.replayed)


handler = classic_endpoint(create, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)))
