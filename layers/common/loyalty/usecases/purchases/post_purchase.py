"""Posting purchases: find what they name, price them, write events and wallets in as few transactions as may be."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import FAULT, NotInProgramme, Refused
from loyalty.domain.identity import Origin
from loyalty.domain.pricing.audience import Audience
from loyalty.domain.programme.directory import Directory
from loyalty.domain.purchases.purchase import PurchaseRequest
from loyalty.store import ledger
from loyalty.store.customers import Customer, read_customers
from loyalty.store.events import Event
from loyalty.store.gc_paused import gc_paused
from loyalty.usecases.access.customer_tokens import ShownTokens, check_side_by_side
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import EventOutcome, FaultReport, PostedEvent, pass_on, post_events
from loyalty.usecases.newest_programme import require_known, with_newest_programme_each
from loyalty.usecases.prepared_answer import BeforePosting, nothing
from loyalty.usecases.purchases.purchase_draft import PurchaseDraft
from loyalty.usecases.purchases.recognition import account_named, guess_of, lacks_password
from loyalty.usecases.purchases.repetition import (
    Repetitions,
    bought_again,
    identify,
    is_repeated,
    is_undone,
    keys_to_identify,
    may_be_told,
)
from loyalty.usecases.purchases.resolution import PerformedBy, Performer, Resolution, Resolved, look_up


def post_purchase(
    engine: Engine,
    request: PurchaseRequest,
    partner: Partner,
    *,
    now: datetime,
    before_posting: BeforePosting[PostedEvent] = nothing,
) -> PostedEvent:
    """Post `request` once, however often it is sent. `before_posting` receives the posting.

    What is known by its content and does not say when it was performed is posted anew after its purchase was undone:
    whoever cancels a purchase has its answer, and buys again.

    Raises:
        Refused: what it names does not exist or does not fit, the wallet does not hold what is to be spent, another
            request has the same identity (DUPLICATE), or the wallet is too busy (RETRY_LATER). Nothing was posted.
    """
    batch = _Batch(engine, [request], partner, now, filed=is_filed(request), before_posting=before_posting)
    (outcome,) = batch.post()
    if isinstance(outcome, Refused):
        raise outcome
    (known,) = batch.requests
    if outcome.replayed and known.is_undated and known.identity.origin is Origin.CONTENT:
        event = ledger.read_event(engine.table, outcome.event.entry.event_id)
        if event and is_undone(event):
            again = bought_again(known, event)
            return post_purchase(engine, again, partner, now=now, before_posting=before_posting)
    return outcome


@gc_paused()
def post_purchases(
    engine: Engine,
    requests: Sequence[PurchaseRequest],
    partner: Partner,
    *,
    now: datetime,
    report: FaultReport = pass_on,
) -> list[EventOutcome]:
    """Post many purchases, each once, however often they are sent; return the outcome of each, in the same order.

    Each is posted or refused alone. Those of one wallet are posted in their order, those of different wallets side by
    side. Their reference numbers do not lead to them. A fault on our side passes through, even if something was already
    posted, unless there is a `report` to receive it.
    """
    engine.numbers.reserve(len(requests))
    return _Batch(engine, list(requests), partner, now, report=report).post()


def find_posted(
    engine: Engine, requests: Sequence[PurchaseRequest], partner: Partner, *, now: datetime
) -> dict[int, PostedEvent]:
    """Return the events of equal requests that were posted before, by the requests' places, as far as they tell their
    ids.

    Raises:
        Refused: RETRY_LATER, if the storage is busy.
    """
    earlier = _Batch(engine, list(requests), partner, now).earlier(dict.fromkeys(range(len(requests))))
    return {place: outcome for place, outcome in earlier.items() if isinstance(outcome, PostedEvent)}


def is_filed(request: PurchaseRequest) -> bool:
    """Return whether its reference number leads to the purchase: in the classic API, where it is no identity, as it may
    recur (contract, row 11)."""
    return request.reference_number is not None and not request.identity.is_of_merchant


class _Batch(Struct, frozen=True):
    """Requests that are posted together, and what was read for them.

    Attributes:
        engine: what it works with.
        requests: the requests.
        partner: the partner that sent them.
        now: the time of posting.
        filed: whether reference numbers lead to the purchases afterwards.
        before_posting: receives each event before it is posted.
        report: receives faults on our side.
        customers: customers by account id, as they were when the requests were resolved.
        older: events by id that were looked up together with the names of the requests.
        accounts: the ids of the accounts that the requests lead to, by place, in their order; None where one leads
            to none.
    """

    engine: Engine
    requests: list[PurchaseRequest]
    partner: Partner
    now: datetime
    filed: bool = False
    before_posting: BeforePosting[PostedEvent] = nothing
    report: FaultReport = pass_on
    customers: dict[str, Customer] = field(default_factory=dict)
    older: dict[str, Event | None] = field(default_factory=dict)
    accounts: dict[int, str | None] = field(default_factory=dict)

    def post(self) -> list[EventOutcome]:
        """Return what became of each."""
        places = range(len(self.requests))
        drawn_up = with_newest_programme_each(self.engine.catalogue, self.now, places, self._drafts)
        drawn_up |= self._find_waiting(drawn_up)
        drafts = {place: draft for place in places if isinstance(draft := drawn_up[place], PurchaseDraft)}
        outcomes: dict[int, EventOutcome] = {
            place: outcome for place, outcome in drawn_up.items() if not isinstance(outcome, PurchaseDraft)
        }
        posted_before, left = self._find_posted(drafts)
        outcomes |= posted_before
        events = [(draft.resolved.account_id, draft) for draft in left.values()]
        customers = {account_id: self.customers[account_id] for account_id, _ in events if account_id in self.customers}
        posted = post_events(
            events, table=self.engine.table, pause=self.engine.pause, report=self.report, customers=customers
        )
        outcomes |= dict(zip(left, posted, strict=True))
        refused = {place: drafts.get(place) for place, outcome in outcomes.items() if isinstance(outcome, Refused)}
        try:
            if any(self.requests[place].identity.is_of_merchant for place in refused):
                # They may be posted already, for whoever has their codes by now.
                self.engine.catalogue.renew(self.now, at_once=True)
            outcomes |= self.earlier(refused)
        except Refused as busy:  # whether they were posted before is not known
            outcomes |= dict.fromkeys(refused, busy)
        except Exception as fault:  # noqa: BLE001 - reported
            self.report(fault)
            outcomes |= dict.fromkeys(refused, Refused(FAULT))
        return [outcomes[place] for place in range(len(self.requests))]

    def _find_posted(
        self, drafts: Mapping[int, PurchaseDraft]
    ) -> tuple[dict[int, EventOutcome], dict[int, PurchaseDraft]]:
        """Return the outcomes of those that were posted before, as far as they are looked up; and the drafts of the
        others. Contested ids that are taken need no reservation: nothing else can be posted under them.

        Under another id than they would have now: hardly a request has one that was not looked for with the names, so
        this reads nothing as a rule; no such id is given any more, so that a read is enough. And under their own id,
        where several of them draw on counters that all accounts share: what is posted already must not be taken from
        the counter a second time, or the others would be priced on less than there is.

        Raises:
            Refused: RETRY_LATER, if the storage is busy.
        """
        ids = self._ids(drafts)
        if len(drafts) == 1 or not any(self._counts(draft) for draft in drafts.values()):
            ids = {place: ids[place] - {draft.known_id} for place, draft in drafts.items()}
        taken = self._taken(ids)
        outcomes: dict[int, EventOutcome] = {}
        left: dict[int, PurchaseDraft] = {}
        for place, draft in drafts.items():
            events = [event for one in ids[place] if (event := taken.get(one))]
            if outcome := outcome_among(draft, events):
                outcomes[place] = outcome
            else:
                left[place] = replace(draft, contested=draft.contested - taken.keys()) if draft.contested else draft
        return outcomes, left

    def _counts(self, draft: PurchaseDraft) -> bool:
        """Return whether a purchase could draw on a counter."""
        customer = self.customers.get(draft.resolved.account_id)
        return customer is not None and any(True for _ in draft.counters(customer.account))

    def _drafts(self, places: Iterable[int]) -> dict[int, PurchaseDraft | EventOutcome]:
        """Return the requests whose names were all found, of customers whom the programme knows all about; or why
        not. One whose one-time password is gone, as it was used for an equal request, is a replay already: to look for
        the password would count as a wrong guess."""
        drafts: dict[int, PurchaseDraft | EventOutcome] = {}
        catalogue = self.engine.catalogue
        programme, directory = catalogue.programme(self.now), catalogue.directory(self.now)
        repetitions = Repetitions(programme, directory)
        audience, performers = Audience(self.partner, programme, directory), dict[PerformedBy, Performer]()
        resolutions = {place: Resolution(self.requests[place], audience, performers) for place in places}
        beside = keys_to_identify((self.requests[place] for place in places), self.partner)
        items = look_up(self.engine, resolutions.values(), self.partner, now=self.now, beside=beside)
        self.older.update(ledger.events_at(beside, items))
        for place in resolutions:
            self.requests[place] = identify(self.requests[place], self.partner, items)
        lacking = [place for place in resolutions if lacks_password(self.requests[place], items)]
        drafts |= self.earlier(dict.fromkeys(lacking))

        def resolve(place: int, tokens: ShownTokens) -> Resolved | Refused:
            try:
                return resolutions[place].resolve(self.engine, items, tokens)
            except Refused as refusal:
                return refusal

        guesses = {place: guess_of(self.requests[place]) for place in resolutions if place not in drafts}
        tokens = ShownTokens(self.partner.id, self.engine.table, self.now)
        for place, resolved in check_side_by_side(guesses, tokens, resolve).items():
            if isinstance(resolved, Refused):
                drafts[place], self.accounts[place] = resolved, account_named(self.requests[place], items)
            else:
                self.accounts[place] = resolved.account_id
                request, merchant_id = self.requests[place], resolved.purchase.merchant_id
                drafts[place] = PurchaseDraft(
                    request,
                    self.partner,
                    programme,
                    resolved,
                    self.engine.numbers,
                    self.now,
                    filed=self.filed,
                    before_posting=self.before_posting,
                    contested=repetitions.contested_ids(request, merchant_id, self.now),
                )
        return drafts | self._find_unpriceable(drafts, directory)

    def _find_unpriceable(
        self, drafts: Mapping[int, PurchaseDraft | EventOutcome], directory: Directory
    ) -> dict[int, PurchaseDraft | Refused]:
        """Return why those of `drafts` cannot be priced whose customers, who are read here, name what the programme
        lacks."""
        found = {place: draft for place, draft in drafts.items() if isinstance(draft, PurchaseDraft)}
        account_ids = {draft.resolved.account_id for draft in found.values()}
        try:
            self.customers.update(read_customers(self.engine.table, account_ids))
        except Refused as busy:
            return dict.fromkeys(found, busy)
        unknown: dict[int, PurchaseDraft | Refused] = {}
        for place, draft in found.items():
            if customer := self.customers.get(draft.resolved.account_id):
                try:
                    require_known(draft.resolved.purchase, customer.account, draft.programme, directory)
                except NotInProgramme as lacking:
                    unknown[place] = lacking
        return unknown

    def _find_waiting(self, drafts: Mapping[int, PurchaseDraft | EventOutcome]) -> dict[int, Refused]:
        """Return why those of `drafts` have to wait that stand behind a request of the same wallet which is to be sent
        again: its pass code could not be checked, say, or its wallet not be read."""
        held: dict[str | None, Refused] = {}
        waiting: dict[int, Refused] = {}
        for place, account_id in self.accounts.items():
            draft = drafts[place]
            if isinstance(draft, Refused) and draft.is_for_now:
                held[account_id] = draft
            elif isinstance(draft, PurchaseDraft) and account_id in held:
                waiting[place] = held[account_id]
        return waiting

    def earlier(self, drafts: Mapping[int, PurchaseDraft | None]) -> dict[int, EventOutcome]:
        """Return the outcomes of requests whose identity is taken already, by place; a place has no draft if its names
        were not found.

        An equal request was posted before: what is refused now may have been the spend that emptied the wallet, or name
        what has another name by now, sent again. Or this very call has posted it, and every answer was lost: only its
        draft tells the id of what says nothing of itself. Any other purchase under its identity is a duplicate, for
        whatever reason this one is refused.

        Raises:
            Refused: RETRY_LATER, if the storage is busy.
        """
        claimed = {place: draft.claimed_ids if draft else set() for place, draft in drafts.items()}
        ids = {place: of_place | claimed[place] for place, of_place in self._ids(drafts, told_to=self.partner).items()}
        taken = ledger.read_taken(self.engine.table, {one for of_place in ids.values() for one in of_place})
        outcomes: dict[int, EventOutcome] = {}
        for place, draft in drafts.items():
            events = [event for one in ids[place] if (event := taken.get(one))]
            if equal := next((event for event in events if self._is_repeated(place, event)), None):
                outcomes[place] = PostedEvent(equal, replayed=True)
            elif draft and (rivals := claimed[place] & taken.keys()):
                outcomes[place] = Refused(draft.duplicate_of(taken[min(rivals)]))
        return outcomes

    def _is_repeated(self, place: int, event: Event) -> bool:
        return is_repeated(self.requests[place], event) and may_be_told(event, self.partner)

    def _ids(self, places: Iterable[int], told_to: Partner | None = None) -> dict[int, set[str]]:
        catalogue = self.engine.catalogue
        repetitions = Repetitions(catalogue.programme(self.now), catalogue.directory(self.now))
        return {place: repetitions.ids(self.requests[place], told_to) for place in places}

    def _taken(self, ids: Mapping[int, set[str]]) -> dict[str, Event | None]:
        """Return those of the ids that are taken, as `ledger.read_taken`; what was looked up with the names is not read
        again."""
        taken: dict[str, Event | None] = {event_id: event for event_id, event in self.older.items() if event}
        wanted = {event_id for of_place in ids.values() for event_id in of_place} - self.older.keys()
        return taken | ledger.read_taken(self.engine.table, wanted)


def outcome_among(draft: PurchaseDraft, events: Iterable[Event]) -> EventOutcome | None:
    """Return what became of a request, given what has an id that it may have been posted under before; None if that is
    other purchases. A former owner of a merchant's code has reference numbers of its own, so what says something else
    is another purchase there; so is what a newer version posted by a key that is not the request's identity. What an
    older one posted by it, or by its row, may be this one."""
    for event in events:
        if draft.is_posted_as(event):
            return PostedEvent(event, replayed=True)
        may_be_this = draft.has_identity_of(event) and (event.form is None or event.origin is not Origin.KEY)
        if may_be_this or is_repeated(draft.request, event):
            return Refused(draft.duplicate_of(event))
    return None
