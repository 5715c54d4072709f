"""POST /customer_events/purchases/create_spend: post a purchase with its spend request (contract, operation 3)."""

from functools import partial
from os import environ

from loyalty.api.classic.deprecated_fields import deprecated_fields
from loyalty.api.classic.envelope import classic_endpoint, fields_set, render_success, select_fields_within
from loyalty.api.classic.purchases import render_created_spend
from loyalty.api.classic.reading import read_created_spend
from loyalty.api.classic.requests import CreateSpend
from loyalty.api.http.messages import Request, Response
from loyalty.api.snapshots import prepare_snapshots
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.tell_purchase import post_and_tell
from loyalty.usecases.purchases.unknown_names import add_unknown_names

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)
CreateSpend.model_rebuild()  # left to the first call otherwise, which waits for it
tokens = TokenCheck(table, SigningKeys(table))
prepare_snapshots(engine.catalogue.programme, table, engine, tokens)


def create(request: Request, partner: Partner) -> Response:
    body = request.json()
    with add_unknown_names(engine, partner, now=request.now):
        purchase = read_created_spend(body, partner, request.headers.get("idempotency-key"))
    told = post_and_tell(engine, purchase, partner, render_created_spend, now=request.now)
    return render_success(select_fields_within(told.answer, fields_set(body)), replayed=told.replayed)


handler = classic_endpoint(
    create,
    Scope.POST_PURCHASES,
    tokens,
    deprecated=partial(deprecated_fields, CreateSpend),
)
