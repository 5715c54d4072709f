"""A purchase customer event as the classic API shows it (contract, operation 5): each of its fields, null where it has
no value; alternative amounts only where there is an alternative currency (row 21)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from loyalty.api.classic import records
from loyalty.api.classic.answers import CreatedSpend, ListedPurchases, RequestedSpendAnswer
from loyalty.api.classic.envelope import select_fields
from loyalty.api.classic.shapes.events import (
    AwardRewardTransaction,
    CreatedPurchase,
    PurchaseCustomerEvent,
    PurchaseCustomerEventProduct,
    ReducedPurchase,
)
from loyalty.api.classic.shared import Shared
from loyalty.api.classic.transactions import render_awards, render_transactions
from loyalty.domain.errors import Refused, not_found
from loyalty.domain.events.documents import AskedSpend, PostedLine
from loyalty.domain.identity import part_id
from loyalty.domain.money import ZERO
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.purchases.purchase import Reference
from loyalty.usecases.purchases.event_records import EventRecords
from loyalty.usecases.purchases.list_purchases import PurchasePage

_SPENT = {
    "total_spend": None,
    "total_instant_spend": SpendMethod.INSTANTLY,
    "total_automatic_spend": SpendMethod.AUTOMATICALLY,
    "total_additional_spend": SpendMethod.ON_REQUEST,
}
"""Total by name, and the method whose spends it sums; all of them for None."""


def render_purchase(gathered: EventRecords) -> PurchaseCustomerEvent:
    """Return the complete event."""
    shared, directory = Shared(gathered), gathered.directory
    entry, document, details = shared.entry, shared.document, shared.details
    unit, tap = gathered.record("unit", document.unit_id), gathered.record("tap", document.tap_id)
    return records.render_record(
        PurchaseCustomerEvent,
        details,
        id=entry.told_id,
        number=document.number,
        type="PURCHASE",
        life_cycle_state=shared.life_cycle_state,
        performed_on=shared.date(entry.performed_on),
        reference_number=entry.reference_number,
        disable_instant_spend=bool(details.get("disable_instant_spend")),
        **_line_totals(document.lines),
        **_totals(shared),
        classification=records.render_named(shared.about("classification")),
        accounts_receivable=shared.account,
        performed_by_unit=shared.unit,
        performed_by_business_unit=shared.business_unit,
        performed_by_tap=records.tap(tap, unit, directory),
        authorized_by_access_token=records.access_token(shared.about("access_token"), directory),
        log_information=shared.log_information,
        invoice=records.invoice(shared.about("invoice"), directory),
        currency=shared.currency,
        payment_medium_brand=records.payment_medium(shared.about("payment_medium_brand")),
        payment_medium_type=records.payment_medium(shared.about("payment_medium_type")),
        products_set=[_line(line, place, gathered) for place, line in enumerate(document.lines)],
        **render_transactions(shared),
    )


def render_page(page: PurchasePage, gathered: Iterable[EventRecords], fields: frozenset[str]) -> ListedPurchases:
    """Return a page of purchases, each with the fields that are asked for, and the `next` to ask for."""
    told = [select_fields(render_purchase(one), fields) for one in gathered]
    return {
        "purchase_customer_events_set": cast(list[PurchaseCustomerEvent], told),
        "next": None if page.before is None else str(page.before),
        "missing": page.missing,
    }


def render_award(gathered: EventRecords, named: Reference) -> AwardRewardTransaction:
    """Return the award of a purchase that is named by its id or number.

    Raises:
        Refused: NOT_FOUND, if the purchase has no such award.
    """
    for award in render_awards(Shared(gathered)):
        if named.value == {"id": award["id"], "number": award["number"]}[named.by]:
            return award
    raise Refused(not_found("Award", named.value, named.pointer))


def render_created_spend(gathered: EventRecords) -> CreatedSpend:
    """Return the purchase, with fewer fields, and the spend request that came with it (contract, operation 3)."""
    purchase = render_purchase(gathered)
    asked_for = [
        request
        for request in purchase["spend_requests_set"]
        if not request["instant_spend"] and not request["automatic_spend"]
    ]
    return {
        "purchase_customer_event": _reduce_to_sent(purchase),
        "spend_request_customer_event": records.render_record(RequestedSpendAnswer, asked_for[0]),
    }


def _reduce_to_sent(purchase: PurchaseCustomerEvent) -> CreatedPurchase:
    """Return what is always told of it, and what else it was sent with."""
    always = ReducedPurchase.__annotations__
    told = {name: purchase.get(name) for name in CreatedPurchase.__annotations__}
    return cast(CreatedPurchase, {name: value for name, value in told.items() if name in always or value is not None})


def _line_totals(lines: Iterable[PostedLine]) -> dict[str, Decimal]:
    names = {"net_amount": "net", "vat_amount": "tax", "total_amount": "total"}
    return {name: sum((getattr(line, amount) for line in lines), ZERO) for name, amount in names.items()}


def _totals(shared: Shared) -> dict[str, Any]:
    """Return what was asked to be spent, and the sums: of awards in the participant's currency, of spends in the system
    currency, as they come off the bill (Q2)."""
    asked = shared.document.requested or AskedSpend(None, None)
    awarded = [award.amounts for award in shared.document.awards]
    told = {
        "requested_spend_amount": asked.amount,
        "total_awarded_amount": sum((amounts.wallet for amounts in awarded), ZERO),
    }
    alternatives = {"total_awarded": awarded}
    for name, method in _SPENT.items():
        spent = [spend.amounts for spend in shared.document.spends if method in (None, spend.method)]
        told[f"{name}_amount"] = sum((amounts.system for amounts in spent), ZERO)
        alternatives[name] = spent
    if shared.has_alternative:
        told["requested_spend_alternative_amount"] = asked.alternative_amount
        for name, parts in alternatives.items():
            told[f"{name}_alternative_amount"] = sum((amounts.alternative or ZERO for amounts in parts), ZERO)
    return told


def _line(line: PostedLine, place: int, gathered: EventRecords) -> PurchaseCustomerEventProduct:
    return {
        "id": part_id(gathered.event.entry.event_id, "LINE", place),
        "quantity": line.quantity,
        "net_amount": line.net,
        "vat_amount": line.tax,
        "total_amount": line.total,
        "intended_product_identifier": None,
        "intended_product_value": None,
        "product": records.product(gathered.record("product", line.product_id), gathered.directory),
    }
