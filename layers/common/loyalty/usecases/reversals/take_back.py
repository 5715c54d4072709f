"""Taking purchases back: cancelling what is left of one, and returning some of its goods. Each once, however often it
is asked for."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Refused
from loyalty.domain.fingerprint import Fingerprint
from loyalty.domain.identity import Origin, derived_id
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.purchase import Reference
from loyalty.domain.reversals.returns import ReturnRequest
from loyalty.store import ledger
from loyalty.store.events import Event, EventState
from loyalty.store.table import Table
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent, post_event
from loyalty.usecases.newest_programme import with_newest_programme
from loyalty.usecases.prepared_answer import BeforePosting, nothing
from loyalty.usecases.purchases.find_purchase import find_purchase
from loyalty.usecases.reversals.reversal_draft import ReversalDraft, ReversalRequest


class PostedReturn(Struct, frozen=True):
    """A return, and the purchase: as it is after it, or, of a replay, as it is now."""

    posting: PostedEvent
    purchase: Event


def cancel_purchase(
    engine: Engine,
    named: Reference,
    partner: Partner,
    *,
    now: datetime,
    before_posting: BeforePosting[PostedEvent] = nothing,
) -> PostedEvent:
    """Cancel the purchase that the partner names (`find_purchase`); return the purchase as it is then. `before_posting`
    receives that before.

    Raises:
        Refused: NOT_FOUND or DUPLICATE; INSUFFICIENT_BALANCE, if its merchant wants it so if an
            award is spent; RETRY_LATER. Nothing was changed.
    """
    purchase = find_purchase(named, partner, table=engine.table)
    if purchase.state is EventState.CANCELLED:
        return PostedEvent(purchase, replayed=True)
    purchase_id = purchase.entry.event_id
    asked = ReversalRequest(
        event_id=derived_id(Origin.CANCELLATION, purchase_id),
        reference_number=purchase.entry.reference_number,
        performed_on=now,
        fingerprint=Fingerprint.of_fields({"cancels": purchase_id}),
    )

    def prepare_purchase(_: Event, after: Event) -> None:
        before_posting(PostedEvent(after, replayed=False))

    posting = _Reversing(engine, partner, now).posted(asked, purchase, prepare_purchase)
    return PostedEvent(posting.purchase or _read(engine.table, purchase_id), posting.replayed)


def return_products(
    engine: Engine,
    request: ReturnRequest,
    partner: Partner,
    *,
    now: datetime,
    before_posting: BeforePosting[PostedReturn] = nothing,
) -> PostedReturn:
    """Take back goods of the purchase that the partner names (`find_purchase`). `before_posting` receives the return.

    Raises:
        Refused: NOT_FOUND or DUPLICATE; INVALID, if the purchase does not have them (any more) or is cancelled;
            INSUFFICIENT_BALANCE, if its merchant wants it so if an award is spent; DUPLICATE, if another return
            of it has this reference number; RETRY_LATER. Nothing was changed.
    """
    purchase = find_purchase(request.purchase, partner, table=engine.table)
    purchase_id = purchase.entry.event_id
    asked = ReversalRequest(
        event_id=derived_id(Origin.RETURN, purchase_id, request.reference_number),
        reference_number=request.reference_number,
        performed_on=request.performed_on,
        fingerprint=request.fingerprint,
        products=request.products,
    )

    def prepare_return(event: Event, after: Event) -> None:
        before_posting(PostedReturn(PostedEvent(event, False, after), after))

    posting = _Reversing(engine, partner, now).posted(asked, purchase, prepare_return)
    return PostedReturn(posting, posting.purchase or purchase)


class _Reversing(Struct, frozen=True):
    """A partner's call that takes a purchase back."""

    engine: Engine
    partner: Partner
    now: datetime

    def posted(
        self, asked: ReversalRequest, purchase: Event, before_posting: Callable[[Event, Event], None]
    ) -> PostedEvent:
        """Post the reversal of a purchase; if an earlier, equal call posted it, return it as a replay."""
        account_id, purchase_id = purchase.entry.account_id, purchase.entry.event_id
        read = partial(_read, self.engine.table)
        draft = ReversalDraft(
            asked, account_id, purchase_id, read, self.partner, self._programme, self.now, before_posting
        )
        while True:
            try:
                return with_newest_programme(self.engine.catalogue, self.now, partial(self._post, draft))
            except Refused as refused:
                # An earlier, equal call may have posted it, so nothing is left to take back.
                if earlier := ledger.read_event(self.engine.table, asked.event_id):
                    if not draft.is_posted_as(earlier):
                        raise Refused(draft.duplicate_of(earlier)) from refused
                    return PostedEvent(earlier, replayed=True)
                before, purchase = purchase, read(purchase_id)
                if refused.is_for_now or purchase.taken_back == before.taken_back:
                    raise
                # A return got in between reading the wallet and reading the purchase, so the refusal fits neither.

    def _post(self, draft: ReversalDraft) -> PostedEvent:
        draft = replace(draft, programme=self._programme)
        return post_event(draft.account_id, draft, table=self.engine.table, pause=self.engine.pause)

    @property
    def _programme(self) -> Programme:
        return self.engine.catalogue.programme(self.now)


def _read(table: Table, purchase_id: str) -> Event:
    purchase = ledger.read_event(table, purchase_id)
    assert purchase is not None  # purchases are never removed
    return purchase
