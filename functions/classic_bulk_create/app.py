"""POST /customer_events/bulk/purchases/create: post many purchases, each for itself (contract, operation 2)."""

from os import environ

from loyalty.api.classic.bulk import MAX_BULK_BODY_BYTES, only_replayed, read_entries, render_outcomes
from loyalty.api.classic.envelope import classic_endpoint, succeeded
from loyalty.api.messages import Request, Response
from loyalty.domain.access import Partner, Scope
from loyalty.store.access import SigningKeys
from loyalty.store.client import connect
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.usecases.post_purchase import post_purchases
from loyalty.usecases.tokens import TokenCheck

table = connect(environ["TABLE_NAME"])
catalogue = Catalogue(table)
numbers = Numbers(table)


def create(request: Request, partner: Partner) -> Response:
    body = request.json()
    entries = read_entries(body, partner, request.headers.get("idempotency-key"))
    requests = list(entries.requests.values())
    posted = post_purchases(requests, partner, table=table, catalogue=catalogue, numbers=numbers, now=request.now)
    outcomes = entries.outcomes(posted)
    return succeeded(render_outcomes(outcomes, body), replayed=only_replayed(outcomes))


handler = classic_endpoint(create, Scope.POST_PURCHASES, TokenCheck(table, SigningKeys(table)), MAX_BULK_BODY_BYTES)
