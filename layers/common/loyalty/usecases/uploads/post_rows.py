"""Posting the purchases of a file: what the bulk call does, and then who posted each, whatever becomes of others."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import FAULT, Code, Problem, Refused
from loyalty.domain.identity import Origin
from loyalty.domain.purchases.purchase import Faulty, PurchaseRequest
from loyalty.domain.uploads.row_outcome import RowOutcome, RowStatus
from loyalty.domain.uploads.wallet_order import WalletOrder
from loyalty.store.events import Event
from loyalty.store.ledger import read_events
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.purchases.post_purchase import find_posted, post_purchases
from loyalty.usecases.purchases.repetition import is_repeated
from loyalty.usecases.purchases.unknown_names import with_unknown_names
from loyalty.usecases.uploads.chunk_rows import Report

HELD_BACK = Problem(
    Code.RETRY_LATER, "An earlier row of the same wallet has no outcome yet, so this row was not tried. Send it again."
)

Rows = Mapping[int, PurchaseRequest]
"""Purchases by the numbers of their first rows, in the order of the file."""


MAX_FAULTS = 20
"""Rows that may meet a fault on our side, until the rest is left for the next try: more are hardly the rows' fault."""


class TriedRows(Struct):
    """The results of an attempt: outcomes of rows, and the reasons why others have none this time."""

    settled: dict[int, RowOutcome] = field(default_factory=dict)
    unsettled: dict[int, Problem] = field(default_factory=dict)
    faults: int = 0

    @property
    def busy(self) -> list[int]:
        """Rows that have to wait until the storage, or their wallet, is less busy."""
        return [row for row, problem in self.unsettled.items() if problem.code is Code.RETRY_LATER]


class RowPoster(Struct, frozen=True):
    """Posts rows for a partner.

    Attributes:
        partner: the partner.
        table: the table.
        catalogue: the programme, directory and products of this container.
        numbers: numbers for events and their parts.
        now: the time of posting.
        report: receives rows that met a fault on our side, and the first row that a conflict or busy storage kept from
            being posted.
        pause: wait between attempts.
    """

    engine: Engine
    partner: Partner
    now: datetime
    report: Report

    def post(self, rows: Rows, told: Mapping[int, str], order: WalletOrder) -> TriedRows:
        """Post rows, each once, however often they are sent; but for those that `order` holds back, or comes to.

        `told` are rows that say that they were posted before, with the events that they name: what proves to be so is
        found by reading, a hundred rows at a time, which takes less than posting it again.
        """
        tried = TriedRows()
        self._post(rows, told, tried, order)
        return tried

    def look_up(self, rows: Rows, told: Mapping[int, str]) -> dict[int, RowOutcome]:
        """Return what is posted of these rows, as far as that can be told; nothing is posted now.

        Rows without an identity of their own are the events that they name, where those are of the same partner and
        have the same reference number; one that says something else by now is refused, as it would be posted twice.
        """
        numbers, requests = list(rows), list(rows.values())
        before = find_posted(self.engine, requests, self.partner, now=self.now)
        found = {numbers[place]: _posted_outcome(numbers[place], requests[place], before[place]) for place in before}
        named = {
            row: told[row]
            for row, request in rows.items()
            if row not in found and request.identity.origin is Origin.ROW and told.get(row)
        }
        events = read_events(self.engine.table, named.values()) if named else {}
        for row, event_id in named.items():
            event, request = events.get(event_id), rows[row]
            if event and _is_of_row(event, request, self.partner):
                same = is_repeated(request, event)
                found[row] = (
                    _posted_outcome(row, request, PostedEvent(event, replayed=True)) if same else _differs(row, event)
                )
        return found

    def refuse(self, rows: Mapping[int, Faulty]) -> dict[int, RowOutcome]:
        """Return the outcomes of rows that cannot be posted as they are: their faults and unknown names."""
        told: Mapping[int, Refused] = rows
        try:
            told = with_unknown_names(self.engine, rows, self.partner, now=self.now)
        except Exception as fault:  # noqa: BLE001 - reported; their faults are known, and the other rows are to be posted
            self.report(next(iter(rows)), fault)
        return {row: RowOutcome.refused(row, refusal) for row, refusal in told.items()}

    def _post(self, rows: Rows, told: Mapping[int, str], tried: TriedRows, order: WalletOrder) -> None:
        tried.unsettled |= dict.fromkeys(rows.keys() & order.held, HELD_BACK)
        rows = {row: request for row, request in rows.items() if row not in order.held}
        if not rows:
            return
        try:
            claimed = {row: request for row, request in rows.items() if row in told}
            tried.settled |= self.look_up(claimed, told) if claimed else {}
            left = {row: request for row, request in rows.items() if row not in tried.settled}
            outcomes = post_purchases(self.engine, list(left.values()), self.partner, now=self.now)
        except Refused as refused:  # storage that is busy
            self.report(next(iter(rows)), refused)
            tried.unsettled |= dict.fromkeys(rows, refused.problems[0])
            order.hold_behind(rows)
        except Exception as fault:  # noqa: BLE001 - reported, once it is known whose row it is; its neighbours are to be posted
            self._isolate(rows, told, tried, order, fault)
        else:
            for (row, request), outcome in zip(left.items(), outcomes, strict=True):
                match outcome:
                    case PostedEvent():
                        tried.settled[row] = _posted_outcome(row, request, outcome)
                    case Refused() if outcome.is_for_now:
                        if not tried.busy:
                            self.report(row, outcome)
                        tried.unsettled[row] = outcome.problems[0]
                    case Refused():
                        tried.settled[row] = RowOutcome.refused(row, outcome)
            order.hold_behind(tried.busy)

    def _isolate(
        self, rows: Rows, told: Mapping[int, str], tried: TriedRows, order: WalletOrder, fault: Exception
    ) -> None:
        if len(rows) == 1 or tried.faults == MAX_FAULTS:
            tried.faults += 1
            self.report(next(iter(rows)), fault)
            tried.unsettled |= dict.fromkeys(rows, FAULT)
            order.hold_behind(rows)
            return
        numbers, middle, before = list(rows), len(rows) // 2, tried.faults
        for half in (numbers[:middle], numbers[middle:]):
            self._post({row: rows[row] for row in half}, told, tried, order)
        if tried.faults == before:  # it is over, and nobody else would hear of it
            tried.faults += 1
            self.report(numbers[0], fault)


def _is_of_row(event: Event, request: PurchaseRequest, partner: Partner) -> bool:
    """Return whether an event may be that of a row without an identity of its own that names it."""
    return (
        event.origin in (Origin.ROW, Origin.KEY)
        and event.partner_id == partner.id
        and event.entry.reference_number == request.reference_number
    )


def _differs(row: int, event: Event) -> RowOutcome:
    description = (
        f"This row is already posted as {event.entry.told_id}, with different content. Remove event_id to post it "
        "as another purchase."
    )
    return RowOutcome(row, RowStatus.REFUSED, problem=Problem(Code.DUPLICATE, description, "/event_id"))


def _posted_outcome(row: int, request: PurchaseRequest, posting: PostedEvent) -> RowOutcome:
    """Posted by this row of this upload, even if a worker did it that was killed then; or before, by anything else."""
    by_this = not posting.replayed or posting.event.purchase_document.upload == request.row
    return RowOutcome(row, RowStatus.POSTED if by_this else RowStatus.REPLAYED, posting.event.entry.told_id)
