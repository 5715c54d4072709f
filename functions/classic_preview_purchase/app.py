"""POST /customer_events/purchases/preview: what posting a purchase would do (contract, operation 4)."""

from functools import partial
from os import environ

from loyalty.api.classic.deprecated_fields import deprecated_fields
from loyalty.api.classic.envelope import classic_endpoint, render_success
from loyalty.api.classic.preview import render_preview
from loyalty.api.classic.reading import read_preview
from loyalty.api.classic.requests import ClassicPreviewPurchase
from loyalty.api.http.messages import Request, Response
from loyalty.api.snapshots import prepare_snapshots
from loyalty.domain.access.partner import Partner, Scope
from loyalty.store.client import connect
from loyalty.store.credentials import SigningKeys
from loyalty.usecases.access.auth_tokens import TokenCheck
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.event_records import owner_of
from loyalty.usecases.purchases.preview_purchase import preview_purchase
from loyalty.usecases.purchases.unknown_names import add_unknown_names

table = connect(environ["TABLE_NAME"])
engine = Engine.on(table)
ClassicPreviewPurchase.model_rebuild()  # left to the first call otherwise, which waits for it
tokens = TokenCheck(table, SigningKeys(table))
prepare_snapshots(engine.catalogue.programme, table, engine, tokens)


def preview(request: Request, partner: Partner) -> Response:
    body = request.json()
    with add_unknown_names(engine, partner, now=request.now):
        purchase = read_preview(body)
    found = preview_purchase(engine, purchase, partner, now=request.now)
    owner = owner_of(found.customer.account, table=table)
    return render_success(render_preview(found, owner, engine.catalogue.directory(request.now)), body)


handler = classic_endpoint(
    preview,
    Scope.POST_PURCHASES,
    tokens,
    deprecated=partial(deprecated_fields, ClassicPreviewPurchase),
)
