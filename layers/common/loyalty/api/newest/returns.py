"""The newest API's `POST /purchases/{id}/cancel` and `POST /purchases/{id}/returns`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, NotRequired

from pydantic import Field, StrictInt
from typing_extensions import TypedDict

from loyalty.api.lines import MAX_LINES
from loyalty.api.newest.answers import ReturnAnswer
from loyalty.api.newest.purchase_answers import render_movement
from loyalty.api.newest.purchase_requests import EpochSecond
from loyalty.api.newest.unknown_fields import NewestModel
from loyalty.domain.errors import Problem
from loyalty.domain.fields import Code, Positive
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals.proration import sold_lines
from loyalty.domain.reversals.returns import ReturnedProduct, ReturnRequest
from loyalty.domain.validation import exactly_one, validate
from loyalty.store.events import Event
from loyalty.usecases.reversals.take_back import PostedReturn


class CancelPurchase(NewestModel):
    """The body of a cancellation, which may be left out: there is nothing to say."""


class ReturnedItem(NewestModel):
    """Goods that come back: of the line at a place (from 0), or of the lines with a product; all that is left
    of them, without a quantity."""

    line: Annotated[StrictInt, Field(ge=0, lt=MAX_LINES)] | None = None
    product_sku: Code | None = None
    quantity: Positive | None = None


class ReturnProducts(NewestModel):
    """The body of a return. Its reference number is unique for the purchase: the same number, the same return."""

    reference_number: Code
    performed_on: EpochSecond | None = None
    products: Annotated[list[ReturnedItem], Field(min_length=1, max_length=MAX_LINES)]


def read_return(body: Any, purchase: Reference, now: datetime) -> ReturnRequest:
    """Return the return of a purchase that a body asks for.

    Raises:
        Refused: with every faulty field, by JSON pointer.
    """
    model = validate(ReturnProducts, body, _broken_rules)
    return ReturnRequest(
        purchase=purchase,
        reference_number=model.reference_number,
        products=tuple(
            ReturnedProduct(item.line, item.product_sku, item.quantity, f"/products/{place}")
            for place, item in enumerate(model.products)
        ),
        performed_on=now if model.performed_on is None else datetime.fromtimestamp(int(model.performed_on), UTC),
        fingerprint=Fingerprint.of(model),
    )


def _broken_rules(body: dict[str, Any]) -> Iterator[Problem]:
    items = body.get("products")
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield from exactly_one(item, f"/products/{place}", "line", "product_sku")


def render_return(returned: PostedReturn) -> ReturnAnswer:
    """Return the return in this API's names; amounts are in the wallet's currency."""
    event, lines = returned.posting.event, sold_lines(returned.purchase.purchase_document)
    entry = event.entry
    return {
        "id": entry.told_id,
        "purchase_id": returned.purchase.entry.told_id,
        "reference_number": entry.reference_number,
        "performed_on": int(entry.performed_on.timestamp()),
        "posted_on": int(entry.posted_on.timestamp()),
        "account_id": entry.account_id,
        "products": [
            {"line": place, "product_sku": lines[place].product_code, "quantity": quantity}
            for place, quantity in event.reversal_document.lines
        ],
        "waived": event.reversal_document.waived,
        "wallet_version": entry.sequence,
        **render_movement(entry),
        **_settled(event),
    }


class _Settled(TypedDict):
    settled: NotRequired[Decimal]


def _settled(event: Event) -> _Settled:
    settled = sum(event.reversal_document.settled.values(), ZERO)
    return {"settled": settled} if settled else {}
