"""A purchase on its way back: a cancellation of all that is left of it, or a return of some of its lines."""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.events.documents import ReturnedQuantity, ReversalDocument
from loyalty.domain.fingerprint import FORM, Fingerprint
from loyalty.domain.identity import Origin
from loyalty.domain.ledger.wallet import EventType, Movement, Wallet, add_amounts
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals import returns
from loyalty.domain.reversals.proration import purchase_amounts, sold_lines
from loyalty.domain.reversals.returns import ReturnedLines, ReturnedProduct
from loyalty.domain.reversals.reversal import Reversal, reversal
from loyalty.store.customers import Customer
from loyalty.store.events import Event, EventState
from loyalty.store.keys import Key
from loyalty.store.ledger import PreparedEvent
from loyalty.usecases.ledger.journal_entry import EntryHeader, journal_entry
from loyalty.usecases.ledger.transaction_batch import Used
from loyalty.usecases.prepared_answer import nothing
from loyalty.usecases.reversals.settlement import Settlement, kept_after, settle, sums


class ReversalRequest(Struct, frozen=True):
    """The event that a purchase is to be taken back by: the return of `products` or, where that is None, its
    cancellation."""

    event_id: str
    reference_number: str | None
    performed_on: datetime
    fingerprint: Fingerprint
    products: tuple[ReturnedProduct, ...] | None = None

    @property
    def kind(self) -> tuple[EventType, Origin]:
        """The type of the event, and the origin of its id."""
        if self.products is None:
            return EventType.CANCELLATION, Origin.CANCELLATION
        return EventType.RETURN, Origin.RETURN


class ReversalDraft(Struct, frozen=True):
    """A request to take a purchase back, on its way.

    The purchase is read after its wallet, at each attempt, and everything that takes it back also moves the wallet. So
    what is posted rests on what was read. The account may be in any state, because a mistake is undone all the same.

    Attributes:
        asked: the request.
        account_id: the account of the purchase.
        purchase_id: the purchase.
        read: return a purchase in its current state: this one, or another that it settles.
        partner: the partner that asks.
        programme: the programme of now.
        now: the time of posting.
        before_posting: receives the event, and the purchase after it, before they are posted.
    """

    asked: ReversalRequest
    account_id: str
    purchase_id: str
    read: Callable[[str], Event]
    partner: Partner
    programme: Programme
    now: datetime
    before_posting: Callable[[Event, Event], None] = nothing

    @property
    def named(self) -> Reference:
        """The account is the purchase's own."""
        return Reference("id", self.account_id, "")

    def duplicate_of(self, rival: Event | None) -> Problem:  # noqa: ARG002 - a draft's
        """Return what to say where another return of the purchase has this one's reference number."""
        description = "Another return of this purchase, with different content, already has this reference number."
        return Problem(Code.DUPLICATE, description, "/reference_number")

    def is_posted_as(self, event: Event) -> bool:
        """Return whether a posted event is what was asked for."""
        return self.asked.fingerprint.is_of(event.fingerprint, event.form)

    def counters(self, account: Account) -> Iterable[Key]:  # noqa: ARG002 - a draft's
        """None: giving back to a counter does not depend on what it stands at."""
        return ()

    def prepare(self, customer: Customer, used: Used) -> PreparedEvent:  # noqa: ARG002 - a draft's
        """Return the event that takes the purchase back, as the next one of the customer's wallet."""
        purchase, exponents = self.read(self.purchase_id), self.programme.exponents(customer.account)
        back = self._back(purchase)
        purchased = purchase_amounts(purchase.purchase_document, purchase.entry.movement, purchase.entry.balance)
        step = purchased.step(back, exponents)
        clawback = self.programme.clawback(purchase.purchase_document.outlet_id or str(purchase.entry.merchant_id))
        outcome = reversal(purchase.entry, step, customer.wallet, clawback, self.now)
        taken_back = purchase.taken_back.plus(outcome.taken_back(back.quantities))
        state = EventState.CANCELLED if self.asked.products is None else purchase.state
        after = replace(purchase, state=state, taken_back=taken_back)
        after = replace(
            after,
            kept=kept_after(purchase, after, step, outcome, exponents),
            updated_on=self.now,
            updated_by=self.partner.id,
            updated_by_unit=self.partner.unit_id,
        )
        settlement = settle(purchase, after, outcome, self.read, exponents)
        uses = tuple(use for one in settlement.purchases for use in one.given_back.uses())
        movement = replace(
            outcome.movement,
            alternative_awarded=settlement.alternative,
            purchases=-int(back.completes),
            uses=uses,
        )
        wallet = customer.wallet.moved(movement, overdrawn=True)
        document = _document(purchase.entry.event_id, back, replace(outcome, movement=movement), settlement)
        event = self._event(purchase, movement, document, wallet, customer.account)
        changed_purchase = settlement.purchases[0].after
        self.before_posting(event, changed_purchase)
        return PreparedEvent(event, wallet, settlement.effects, changed_purchase)

    def _back(self, purchase: Event) -> ReturnedLines:
        """Return what comes back with it.

        Raises:
            Refused: INVALID, if the purchase is cancelled, or does not have (any more) what is returned.
        """
        lines, returned = sold_lines(purchase.purchase_document), purchase.taken_back.lines
        if self.asked.products is None:
            return returns.cancelled_lines(lines, returned)
        if purchase.state is EventState.CANCELLED:
            raise Refused(Problem(Code.INVALID, "The purchase is cancelled, so nothing of it can be returned."))
        return returns.returning(self.asked.products, lines, returned)

    def _event(
        self, purchase: Event, movement: Movement, document: ReversalDocument, wallet: Wallet, account: Account
    ) -> Event:
        event_type, origin = self.asked.kind
        header = EntryHeader(
            event_id=self.asked.event_id,
            type=event_type,
            performed_on=self.asked.performed_on,
            posted_on=self.now,
            reference_number=self.asked.reference_number,
            merchant_id=purchase.entry.merchant_id,
        )
        return Event(
            entry=journal_entry(header, movement, wallet, account, self.programme),
            origin=origin,
            fingerprint=self.asked.fingerprint.digest,
            form=FORM,
            partner_id=self.partner.id,
            partner_unit=self.partner.unit_id,
            document=document,
        )


def _document(purchase_id: str, back: ReturnedLines, outcome: Reversal, settlement: Settlement) -> ReversalDocument:
    given_back = [one.given_back for one in settlement.purchases]
    return ReversalDocument(
        reverses=purchase_id,
        lines=tuple(ReturnedQuantity(*line) for line in back.quantities.items()),
        waived=outcome.waived,
        completes=back.completes,
        uses=outcome.movement.uses,
        budgets=add_amounts({}, sums(budget for one in given_back for budget in one.budgets.items())),
        counted_codes=tuple(one.counted_code for one in given_back if one.counted_code),
        settled=settlement.settled,
        outstanding=outcome.movement.waived,
        forgiven=outcome.movement.forgiven,
    )
