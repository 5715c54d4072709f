"""A purchase tried on a programme that is not live: previewed as the API would, for a wallet that is made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from cli.programme.draft import ProgrammeDraft
from loyalty import exactjson
from loyalty.api.classic import reading as classic
from loyalty.api.newest.purchase_requests import read_preview
from loyalty.domain.access.partner import EVERY_MERCHANT, Partner, Scope
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.purchases.purchase import PurchaseRequest, Reference
from loyalty.store import keys
from loyalty.store.catalogue import Catalogue
from loyalty.store.customers import customer_key
from loyalty.store.events import wallet_item
from loyalty.store.writes import Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.purchases.preview_purchase import Preview, preview_purchase
from loyalty.usecases.reference.import_records import import_records

ANYBODY = Partner("ANYBODY", frozenset(Scope), frozenset({EVERY_MERCHANT}))
SOMEBODY = "SOMEBODY"
"""The account of a customer whom the files do not know."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Values to assume for the wallet; None leaves a value as it is."""

    balance: Decimal | None = None
    purchases: int | None = None


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """The preview, and what had to be assumed for it, in words."""

    preview: Preview
    assumed: tuple[str, ...]


def preview_on_draft(
    body: Any, draft: ProgrammeDraft, holding: Holding, now: datetime, *, strict: bool
) -> DraftPreview:
    """Preview the purchase in `body`, of either API. Customers and products that are not known are made up, unless
    `strict`.

    Raises:
        Refused: whatever posting the purchase would be refused for.
    """
    is_classic = isinstance(body, dict) and "products_set" in body
    request = classic.read_preview(body) if is_classic else read_preview(body, now)[0]
    engine = Engine.on(draft.table)
    assumed = ["the euro is the system currency"] if draft.euro_assumed else []
    if not strict:
        request, made_up = _make_known(request, draft, engine.catalogue, now)
        assumed += made_up
    _hold(holding, request, draft)
    found = preview_purchase(engine, request, ANYBODY, now=now, explained=True)
    return DraftPreview(found, tuple(assumed))


def _make_known(
    request: PurchaseRequest, draft: ProgrammeDraft, catalogue: Catalogue, now: datetime
) -> tuple[PurchaseRequest, list[str]]:
    """Return the request with everybody and everything in it known; and what had to be made up for that, in words."""
    records, assumed = [], []
    if draft.table.get(customer_key(request.customer)) is None:
        records.append({"type": "account", "id": SOMEBODY, "number": SOMEBODY})
        assumed.append(f"{request.customer.value} is a customer without a classification")
        request = replace(request, customer=Reference("account.id", SOMEBODY, request.customer.pointer))
    for number, product in enumerate(_unknown_products(request, draft, catalogue), start=1):
        named = {"code": product.value, "id": f"PRODUCT-{number}", product.by: product.value}
        records.append({"type": "product", **named})
        assumed.append(f"{product.value} is a product without a type")
    summary = import_records((exactjson.dumps(record).encode() for record in records), table=draft.table, now=now)
    assert not summary.refused, summary.refused
    return request, assumed


def _unknown_products(request: PurchaseRequest, draft: ProgrammeDraft, catalogue: Catalogue) -> Iterator[Reference]:
    by_name = {(named.by, named.value): named for line in request.lines if (named := line.product)}
    for product in by_name.values():
        (place,) = catalogue.missing([product])
        if draft.table.get(place) is None:
            yield product


def _hold(holding: Holding, request: PurchaseRequest, draft: ProgrammeDraft) -> None:
    """Let the customer's wallet be what it is to be taken for."""
    account_id = (draft.table.get(customer_key(request.customer)) or {}).get("account_id")
    if account_id is None or holding == Holding():
        return
    wallet = Wallet(account_id, 1, holding.balance or Decimal(0), purchases=holding.purchases or 0)
    draft.table.put(Put(keys.wallet(account_id), wallet_item(wallet)))
