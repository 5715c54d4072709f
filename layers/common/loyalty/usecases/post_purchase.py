"""Posting a purchase: find what it names, price it, write event and wallet in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from loyalty.domain.access import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.pricing import Amounts, Plan, price
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Purchase, PurchaseRequest
from loyalty.domain.wallet import Entry, EventType
from loyalty.store import ledger
from loyalty.store.customers import Customer
from loyalty.store.ledger import Event
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.posting import Pause, Posting, pause, post_event
from loyalty.usecases.resolution import Resolution


def post_purchase(
    request: PurchaseRequest,
    partner: Partner,
    *,
    table: Table,
    catalogue: Catalogue,
    now: datetime,
    pause: Pause = pause,
) -> Posting:
    """Post `request` once, however often it is sent.

    Raises:
        Refused: what it names does not exist or does not fit, the wallet does not hold what is to be spent, another
            request has the same identity (DUPLICATE), or the wallet is too busy (RETRY_LATER). Nothing was posted.
    """
    post = partial(_post, request, partner, table=table, catalogue=catalogue, now=now, pause=pause)
    try:
        return post()
    except Refused as refused:
        # What is unknown here may have been imported a moment ago.
        if all(problem.code is not Code.NOT_FOUND for problem in refused.problems) or not catalogue.renewed(now):
            raise
    return post()


def _post(
    request: PurchaseRequest, partner: Partner, *, table: Table, catalogue: Catalogue, now: datetime, pause: Pause
) -> Posting:
    programme = catalogue.programme(now)
    resolution = Resolution(request, partner, programme)
    performer = resolution.performer()
    try:
        purchase, account_id = resolution.purchase(performer, table, catalogue)
        draft = _Draft(request, partner, programme, purchase, now)
        duplicate = _duplicate(request)
        return post_event(
            account_id, draft.event, named=request.customer, table=table, duplicate=duplicate, pause=pause
        )
    except Refused:
        # What is refused now may have been posted before: the spend that emptied the wallet, sent again.
        if performer is None:
            raise
        earlier = ledger.read_event(table, _identity(request, performer.merchant.id).event_id)
        if earlier is None or earlier.fingerprint != request.fingerprint:
            raise
        return Posting(earlier, replayed=True)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A purchase on its way to becoming an event; all that stays the same from one try to the next."""

    request: PurchaseRequest
    partner: Partner
    programme: Programme
    purchase: Purchase
    now: datetime

    def event(self, customer: Customer) -> Event:
        """The event that posts the purchase as the next one of the customer's wallet."""
        wallet, account, at = customer.wallet, customer.account, self.purchase.performed_on
        plan = price(self.purchase, account, wallet, self.programme)
        after = wallet.moved(plan.movement)
        identity = _identity(self.request, self.purchase.merchant_id)
        entry = Entry(
            account_id=wallet.account_id,
            sequence=after.version,
            event_id=identity.event_id,
            type=EventType.PURCHASE,
            performed_on=at,
            posted_on=self.now,
            reference_number=self.request.reference_number,
            merchant_id=self.purchase.merchant_id,
            movement=plan.movement,
            balance=after.balance,
            alternative_balance=self.programme.alternative_of(after.balance, account, at),
        )
        document = _document(self.request, self.purchase, plan, self.programme)
        return Event(entry, identity.origin, self.request.fingerprint, self.partner.id, document, identity.pointer)


@dataclass(frozen=True, slots=True)
class _Identity:
    event_id: str
    origin: Origin
    pointer: str | None


def _identity(request: PurchaseRequest, merchant_id: str) -> _Identity:
    """A given id is the event's id, and the reference number stays unique through a pointer; else it decides."""
    derived = derived_id(Origin.REFERENCE, merchant_id, request.reference_number)
    if request.id is None:
        return _Identity(derived, Origin.REFERENCE, None)
    return _Identity(request.id, Origin.GIVEN, derived)


def _duplicate(request: PurchaseRequest) -> Problem:
    description = "Another purchase has this id, or this merchant's reference number, already."
    return Problem(Code.DUPLICATE, description, "/reference_number" if request.id is None else "/id")


def _document(request: PurchaseRequest, purchase: Purchase, plan: Plan, programme: Programme) -> Mapping[str, Any]:
    """What an answer is rendered from later; whatever the entry has as well is left out, and so is what is absent."""
    document = {
        "merchant": _named(purchase.merchant_id, programme),
        "outlet": _named(purchase.outlet_id, programme),
        "classification_id": purchase.classification_id,
        "payment_medium_identifier": request.payment_medium_identifier,
        "lines": [
            [line.product.id, line.product.code, line.quantity, line.net, line.tax, line.total]
            for line in purchase.lines
        ],
        "awards": [
            {
                "offer_id": award.offer_id,
                "offer_name": award.offer_name,
                "method": award.method,
                "value": award.value,
                "base": award.base,
                "amounts": _listed(award.amounts),
                "shares": [[share.line, share.amount] for share in award.shares],
            }
            for award in plan.awards
        ],
        "spends": [{"method": spend.method, "amounts": _listed(spend.amounts)} for spend in plan.spends],
    }
    return {name: value for name, value in document.items() if value not in (None, [])}


def _named(business_unit_id: str | None, programme: Programme) -> dict[str, str | None] | None:
    if business_unit_id is None:
        return None
    return {"id": business_unit_id, "code": programme.business_units[business_unit_id].code}


def _listed(amounts: Amounts) -> list[Any]:
    return [amounts.system, amounts.wallet, amounts.alternative]
