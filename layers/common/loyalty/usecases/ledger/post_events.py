"""Posting events once, however often they are asked for and whoever else moves the same wallets meanwhile."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from msgspec import Struct

from loyalty.domain.errors import FAULT, Code, Problem, Refused
from loyalty.store.backoff import Backoff, Pause, pause
from loyalty.store.customers import Customer, read_customers
from loyalty.store.events import Event
from loyalty.store.keys import Key
from loyalty.store.ledger import Changed, Unpostable
from loyalty.store.table import Table, in_flight
from loyalty.usecases.ledger.transaction_batch import (
    EventDraft,
    TransactionBatch,
    counters_of_all,
    next_batch,
    read_used,
)


class PostedEvent(Struct, frozen=True):
    """The outcome of a request: its event, and whether an earlier, equal request had posted it. If it was posted now
    and takes a purchase back, `purchase` is that purchase afterwards."""

    event: Event
    replayed: bool
    purchase: Event | None = None


EventOutcome = PostedEvent | Refused


def post_event(account_id: str, draft: EventDraft, *, table: Table, pause: Pause = pause) -> PostedEvent:
    """Post one event.

    Raises:
        Refused: NOT_FOUND or INVALID, if the account does not exist or is not active; DUPLICATE; RETRY_LATER, if others
            got in first every time; whatever the draft refuses. Nothing was posted.
    """
    (outcome,) = post_events([(account_id, draft)], table=table, pause=pause)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


FaultReport = Callable[[Exception], None]
"""Hears of a fault on our side that is not to keep others from being posted, or from being told that they are."""


def pass_on(fault: Exception) -> None:
    """Let a fault pass, even if something was already posted."""
    raise fault


def post_events(
    drafts: Sequence[tuple[str, EventDraft]],
    *,
    table: Table,
    pause: Pause = pause,
    report: FaultReport = pass_on,
    customers: Mapping[str, Customer] | None = None,
) -> list[EventOutcome]:
    """Post events, each for the account whose id is beside it; return the outcome of each, in the same order.

    Events of one wallet are posted in their order, as many as fit into a transaction with those of other wallets;
    several transactions at a time. Each event is posted or refused alone: an event that cannot be posted is left out,
    and the wallet's next event is priced without it. If a wallet has moved, its remaining events are priced again.
    While attempts post nothing, there is a wait before each, and their number is limited. Busy storage that an event
    meets holds up the rest of its wallet. So does a fault on our side, which is reported to `report`: where a
    transaction of several wallets meets one, each of them is tried alone. If none of them meets it again, it is
    reported once all events have their outcomes. `customers` are the customers of the accounts that are already read.
    """
    run, backoff = _Run(drafts, table, report, customers), Backoff(pause)
    while run.left:
        if run.round(backoff):
            backoff = Backoff(pause)
        elif not backoff.wait():
            run.give_up()
    run.report_passed()
    return [run.outcomes[place] for place in range(len(drafts))]


class _Run:
    """Some events on their way: what became of them so far, and which wallets are tried alone from now on."""

    def __init__(
        self,
        drafts: Sequence[tuple[str, EventDraft]],
        table: Table,
        report: FaultReport,
        customers: Mapping[str, Customer] | None,
    ) -> None:
        self.outcomes: dict[int, EventOutcome] = {}
        self.left = dict(enumerate(drafts))
        self._table = table
        self._report = report
        self._customers = customers
        self._alone: set[str] = set()
        self._at_fault: set[str] = set()
        self._joint: list[tuple[set[str], Exception]] = []

    def round(self, backoff: Backoff) -> bool:
        """Price and post as much as can be posted at once; return whether that led to anything."""
        before = len(self.outcomes)
        try:
            batches = self._batches()
        except Refused as busy:
            self._settle(dict.fromkeys(self.left, busy))
            return True
        except Exception as fault:  # noqa: BLE001 - reported
            self._report(fault)
            self._settle(dict.fromkeys(self.left, Refused(FAULT)))
            return True
        # Transactions that add to the same counter would only be in each other's way.
        at_a_time = 1 if any(batch.counts for batch in batches) else len(batches)
        with in_flight(at_a_time) as over:
            for batch, failure in zip(batches, over(partial(self._failure, backoff), batches), strict=True):
                self._settle(self._outcomes(batch, failure))
        return len(self.outcomes) > before

    def _failure(self, backoff: Backoff, batch: TransactionBatch) -> Exception | None:
        """Post a batch; return what kept it from being posted, a fault on our side included."""
        try:
            batch.post(self._table, backoff)
        except Exception as failure:  # noqa: BLE001 - told apart, once other batches' outcomes are known
            return failure
        return None

    def give_up(self) -> None:
        """Put off all that is left, as its wallets move all the time."""
        busy = Problem(Code.RETRY_LATER, "This wallet is very busy. Nothing was posted; send it again.")
        self._settle(dict.fromkeys(self.left, Refused(busy)))

    def report_passed(self) -> None:
        """Report the faults of several wallets that none of them met again alone: nobody else would hear of them."""
        for accounts, fault in self._joint:
            if accounts.isdisjoint(self._at_fault):
                self._report(fault)

    def _batches(self) -> list[TransactionBatch]:
        """Return the next events of each wallet, as many as fit into a transaction, together with those of other
        wallets.

        A wallet that has moved before, or that may be at fault, has its own transaction, so that it does not hold up
        others again.
        """
        by_account: dict[str, dict[int, EventDraft]] = defaultdict(dict)
        for place, (account_id, draft) in self.left.items():
            by_account[account_id][place] = draft
        customers = self._customers if self._customers is not None else read_customers(self._table, by_account.keys())
        self._customers = None  # from now on, they have moved
        used = read_used(self._table, counters_of_all(by_account, customers))
        taken: set[Key] = set()
        batches, open_batch = [], TransactionBatch()
        for account_id, drafts in by_account.items():
            batch = self._next_of_wallet(drafts, customers.get(account_id), used, taken)
            if not batch.prepared:
                self._settle(batch.refused)
            elif account_id in self._alone:
                batches.append(batch)
            else:
                if not open_batch.has_room_for(batch.items, batch.size):
                    batches.append(open_batch)
                    open_batch = TransactionBatch()
                open_batch.add(batch)
        return [*batches, open_batch] if open_batch.prepared else batches

    def _next_of_wallet(
        self, drafts: Mapping[int, EventDraft], customer: Customer | None, used: dict[Key, Decimal], taken: set[Key]
    ) -> TransactionBatch:
        """Return the next events of a wallet (`next_batch`). If the first one meets busy storage, or a fault on our
        side, refuse all that is left of the wallet."""
        try:
            return next_batch(drafts, customer, used, taken)
        except Refused as busy:
            return TransactionBatch(refused=dict.fromkeys(drafts, busy))
        except Exception as fault:  # noqa: BLE001 - reported; other wallets' events are to be posted
            self._report(fault)
            return TransactionBatch(refused=dict.fromkeys(drafts, Refused(FAULT)))

    def _settle(self, outcomes: Mapping[int, EventOutcome]) -> None:
        self.outcomes |= outcomes
        for place in outcomes:
            self.left.pop(place, None)

    def _outcomes(self, batch: TransactionBatch, failure: Exception | None) -> dict[int, EventOutcome]:
        match failure:
            case Changed():
                self._alone |= failure.accounts
                return {}
            case Unpostable():
                return self._unpostable(batch, failure)
            case Refused():
                return self._put_off(batch, failure)
            case Exception():
                return self._fault(batch, failure)
            case _:
                posted = {place: PostedEvent(one.event, False, one.purchase) for place, one in batch.prepared.items()}
                return posted | batch.refused

    def _fault(self, batch: TransactionBatch, fault: Exception) -> dict[int, EventOutcome]:
        accounts = self._accounts(batch)
        if len(accounts) > 1:
            self._alone |= accounts  # which of them it is will show
            self._joint.append((accounts, fault))
            return {}
        self._at_fault |= accounts
        self._report(fault)
        return self._put_off(batch, Refused(FAULT))

    def _put_off(self, batch: TransactionBatch, busy: Refused) -> dict[int, EventOutcome]:
        """Return all that is left of a batch's wallets, as what comes later must not be posted before what cannot be
        now."""
        accounts = self._accounts(batch)
        return {place: busy for place, (account_id, _) in self.left.items() if account_id in accounts}

    def _accounts(self, batch: TransactionBatch) -> set[str]:
        return {self.left[place][0] for place in batch.prepared}

    def _unpostable(self, batch: TransactionBatch, failure: Unpostable) -> dict[int, EventOutcome]:
        places = list(batch.prepared)
        outcomes: dict[int, EventOutcome] = {places[at]: Refused(problem) for at, problem in failure.refused.items()}
        for at, rival in failure.rivals.items():
            draft = self.left[places[at]][1]
            if rival and draft.is_posted_as(rival):
                outcomes[places[at]] = PostedEvent(rival, replayed=True)
            else:
                outcomes[places[at]] = Refused(draft.duplicate_of(rival))
        return outcomes
