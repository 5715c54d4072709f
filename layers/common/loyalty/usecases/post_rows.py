"""Posting the purchases of a file: what the bulk call does, and then who posted each, whatever becomes of others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from loyalty.domain.access import Partner
from loyalty.domain.errors import FAULT, Code, Problem, Refused
from loyalty.domain.purchase import PurchaseRequest
from loyalty.domain.uploads.outcome import Outcome, Status
from loyalty.store.backoff import Pause, pause
from loyalty.store.numbers import Numbers
from loyalty.store.programme import Catalogue
from loyalty.store.table import Table
from loyalty.usecases.post_purchase import post_purchases, posted_before
from loyalty.usecases.posting import Posting

Rows = Mapping[int, PurchaseRequest]
"""Purchases by the numbers of their first rows, in the order of the file."""


MAX_FAULTS = 20
"""Rows that may meet a fault of ours, until the rest is left for the next try: more are hardly the rows' fault."""


@dataclass(slots=True)
class Tried:
    """What became of rows: outcomes, and of the others what kept them from having one this time."""

    settled: dict[int, Outcome] = field(default_factory=dict)
    unsettled: dict[int, Problem] = field(default_factory=dict)
    faults: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether some have to wait until the storage is less busy."""
        return any(problem.code is Code.RETRY_LATER for problem in self.unsettled.values())


@dataclass(frozen=True, slots=True)
class RowPoster:
    """Posts rows for a partner; `report` hears of a row that met a fault of ours, while that is being handled."""

    partner: Partner
    table: Table
    catalogue: Catalogue
    numbers: Numbers
    now: datetime
    report: Callable[[int], None]
    pause: Pause = pause

    def post(self, rows: Rows) -> Tried:
        """Post rows, each once, however often they are sent."""
        tried = Tried()
        if rows:
            self._post(rows, tried)
        return tried

    def look_up(self, rows: Rows) -> dict[int, Outcome]:
        """What is posted of these rows, as far as that can be told; nothing is posted now."""
        numbers, requests = list(rows), list(rows.values())
        found = posted_before(requests, self.partner, table=self.table, catalogue=self.catalogue, now=self.now)
        return {numbers[place]: _posted(numbers[place], requests[place], found[place]) for place in found}

    def _post(self, rows: Rows, tried: Tried) -> None:
        try:
            outcomes = post_purchases(
                list(rows.values()),
                self.partner,
                table=self.table,
                catalogue=self.catalogue,
                numbers=self.numbers,
                now=self.now,
                pause=self.pause,
            )
        except Refused as refused:  # storage that is busy
            tried.unsettled |= dict.fromkeys(rows, refused.problems[0])
        except Exception:  # noqa: BLE001 - reported, once it is known whose row it is; its neighbours are to be posted
            self._isolate(rows, tried)
        else:
            for (row, request), outcome in zip(rows.items(), outcomes, strict=True):
                match outcome:
                    case Posting():
                        tried.settled[row] = _posted(row, request, outcome)
                    case Refused() if outcome.problems[0].code is Code.RETRY_LATER:
                        tried.unsettled[row] = outcome.problems[0]
                    case Refused():
                        tried.settled[row] = Outcome.refused(row, outcome)

    def _isolate(self, rows: Rows, tried: Tried) -> None:
        if len(rows) == 1 or tried.faults == MAX_FAULTS:
            tried.faults += 1
            self.report(next(iter(rows)))
            tried.unsettled |= dict.fromkeys(rows, FAULT)
            return
        numbers, middle = list(rows), len(rows) // 2
        for half in (numbers[:middle], numbers[middle:]):
            self._post({row: rows[row] for row in half}, tried)


def _posted(row: int, request: PurchaseRequest, posting: Posting) -> Outcome:
    """Posted by this row of this upload, even if a worker did it that was killed then; or before, by anything else."""
    by_this = not posting.replayed or posting.event.document.get("upload") == list(request.row or ())
    return Outcome(row, Status.POSTED if by_this else Status.REPLAYED, posting.event.entry.event_id)
