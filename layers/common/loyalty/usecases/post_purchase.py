"""Posting a purchase: find what it names, price it, write event and wallet in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from loyalty.domain.access import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.pricing import Plan, price
from loyalty.domain.programme import Programme
from loyalty.domain.purchase import Account, PurchaseRequest
from loyalty.domain.wallet import Entry, EventType
from loyalty.store import ledger
from loyalty.store.customers import Customer
from loyalty.store.ledger import Event
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.document import awards_of, spends_of
from loyalty.usecases.posting import Pause, Posting, pause, post_event
from loyalty.usecases.resolution import Performer, Resolution, Resolved, with_newest_programme


def post_purchase(
    request: PurchaseRequest,
    partner: Partner,
    *,
    table: Table,
    catalogue: Catalogue,
    numbers: Numbers,
    now: datetime,
    pause: Pause = pause,
) -> Posting:
    """Post `request` once, however often it is sent.

    Raises:
        Refused: what it names does not exist or does not fit, the wallet does not hold what is to be spent, another
            request has the same identity (DUPLICATE), or the wallet is too busy (RETRY_LATER). Nothing was posted.
    """
    post = partial(_post, request, partner, table=table, catalogue=catalogue, numbers=numbers, now=now, pause=pause)
    return with_newest_programme(catalogue, now, post)


def _post(
    request: PurchaseRequest,
    partner: Partner,
    *,
    table: Table,
    catalogue: Catalogue,
    numbers: Numbers,
    now: datetime,
    pause: Pause,
) -> Posting:
    programme = catalogue.programme(now)
    resolution = Resolution(request, partner, programme, catalogue.directory(now))
    performer = resolution.performer()
    try:
        resolved = resolution.resolved(performer, table, catalogue)
        draft = _Draft(request, partner, programme, performer, resolved, numbers, now)
        return post_event(
            resolved.account_id,
            draft.event,
            named=request.customer,
            table=table,
            duplicate=_duplicate(request),
            pause=pause,
        )
    except Refused:
        # What is refused now may have been posted before: the spend that emptied the wallet, sent again.
        if performer is None:
            raise
        earlier = ledger.read_event(table, _event_id(request, performer.business_unit.merchant_id))
        if earlier is None or earlier.fingerprint != request.fingerprint:
            raise
        return Posting(earlier, replayed=True)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A purchase on its way to becoming an event; all that stays the same from one try to the next."""

    request: PurchaseRequest
    partner: Partner
    programme: Programme
    performer: Performer | None
    resolved: Resolved
    numbers: Numbers
    now: datetime

    def event(self, customer: Customer) -> Event:
        """The event that posts the purchase as the next one of the customer's wallet."""
        wallet, account, purchase = customer.wallet, customer.account, self.resolved.purchase
        plan = price(purchase, account, wallet, self.programme)
        after = wallet.moved(plan.movement)
        entry = Entry(
            account_id=wallet.account_id,
            sequence=after.version,
            event_id=_event_id(self.request, purchase.merchant_id),
            type=EventType.PURCHASE,
            performed_on=purchase.performed_on,
            posted_on=self.now,
            reference_number=self.request.reference_number,
            merchant_id=purchase.merchant_id,
            movement=plan.movement,
            balance=after.balance,
            alternative_balance=self.programme.alternative_of(after.balance, account, purchase.performed_on),
        )
        return Event(
            entry=entry,
            origin=self.request.identity.origin,
            fingerprint=self.request.fingerprint,
            partner_id=self.partner.id,
            document=self._document(plan, account),
            pointer=_pointer(self.request, purchase.merchant_id),
        )

    def _document(self, plan: Plan, account: Account) -> Mapping[str, Any]:
        """What an answer is rendered from later; whatever the entry has as well is left out, and so is what is
        absent."""
        purchase, performer = self.resolved.purchase, self.performer
        document = {
            "number": self.numbers.take("purchase")[0],
            "contact_id": account.contact_id,
            "identity": list(self.request.identity.parts) if self.request.identity.origin in KEPT_PARTS else None,
            "outlet_id": purchase.outlet_id,
            "unit_id": performer and performer.unit_id,
            "tap_id": performer and performer.tap_id,
            "ids": dict(self.resolved.ids),
            "details": dict(self.request.details),
            "lines": [
                [line.product.id, line.product.code, line.quantity, line.net, line.tax, line.total]
                for line in purchase.lines
            ],
            "requested": self._requested(),
            "awards": self._numbered("number", "award", awards_of(plan)),
            "spends": self._numbered(
                "number", "spend", self._numbered("request_number", "spend_request", spends_of(plan))
            ),
        }
        return {name: value for name, value in document.items() if value not in (None, [], {})}

    def _numbered(self, name: str, kind: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: number, **part} for part, number in zip(parts, self.numbers.take(kind, len(parts)), strict=True)]

    def _requested(self) -> list[Any] | None:
        spend = self.request.spend
        return [spend.amount, spend.alternative_amount] if spend else None


KEPT_PARTS = (Origin.EXTERNAL, Origin.KEY)
"""Origins whose parts stand nowhere else on the event."""


def _event_id(request: PurchaseRequest, merchant_id: str) -> str:
    return request.identity.event_id(merchant_id, request.reference_number)


def _pointer(request: PurchaseRequest, merchant_id: str) -> str | None:
    """Where the id was given, the one that keeps the reference number unique all the same."""
    derived = derived_id(Origin.REFERENCE, merchant_id, request.reference_number)
    given = request.identity.origin is Origin.GIVEN and request.identity.parts != (derived,)
    return derived if given else None


def _duplicate(request: PurchaseRequest) -> Problem:
    description = "Another purchase has this identity already, and says something else."
    return Problem(Code.DUPLICATE, description, _IDENTIFIED_BY.get(request.identity.origin, "/reference_number"))


_IDENTIFIED_BY = {Origin.GIVEN: "/id", Origin.EXTERNAL: "/external_system_reference_number", Origin.KEY: ""}
