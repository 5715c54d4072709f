"""Proving what was taken back: every purchase against its cancellation and its returns."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.proofs.audit import Deviation, PurchaseEvidence, ReversalEvidence, Updated, reversal_deviations
from loyalty.domain.reversals.proration import sold_lines
from loyalty.domain.reversals.reversal import Reversal, TakenBack, settlement
from loyalty.store import keys, ledger
from loyalty.store.attributes import key_of
from loyalty.store.events import Event, EventState
from loyalty.store.table import JournalTable
from loyalty.usecases.proofs.legible import guarded, legible
from loyalty.usecases.proofs.verify_wallets import readable
from loyalty.usecases.reversals.settlement import UNTOLD

MAX_READINGS = 5
"""How often a purchase is read again that is taken back while it is read."""


class Reversals:
    """What a scan has shown of purchases that were taken back, wholly or in part, and of what took them back."""

    def __init__(self) -> None:
        self._sold: dict[str, PurchaseEvidence] = {}
        self._undone: dict[str, list[ReversalEvidence]] = defaultdict(list)

    def take(self, event: Event) -> None:
        """Sort an event in."""
        if event.entry.type.reverses:
            for purchase_id, undone in _undone(event):
                self._undone[purchase_id].append(undone)
        elif event.entry.type is EventType.PURCHASE and _tells_of_reversals(event):
            self._sold[event.entry.event_id] = _evidence_of(event)

    @property
    def suspects(self) -> list[str]:
        """Purchases that do not agree with what was seen of their reversals."""
        orphans = self._undone.keys() - self._sold.keys()
        at_odds = {
            purchase_id
            for purchase_id, sold in self._sold.items()
            if any(_findings(sold, self._undone.get(purchase_id, [])))
        }
        return sorted(orphans | at_odds)

    def deviations(self, table: JournalTable) -> Iterator[Deviation]:
        """Return what does not hold of the suspects, from a closer look at each."""
        for purchase_id in self.suspects:
            seen = {one.event_id for one in self._undone.get(purchase_id, ())}
            yield from _again(table, purchase_id, seen)


def _tells_of_reversals(purchase: Event) -> bool:
    if purchase.state is EventState.CANCELLED or purchase.taken_back != TakenBack():
        return True
    return bool(purchase.kept or purchase.updated_on or purchase.updated_by)


def _again(table: JournalTable, purchase_id: str, seen: set[str]) -> list[Deviation]:
    """Deviations of one purchase, from a reading during which it stood still; `seen` are reversals of it."""
    for _ in range(MAX_READINGS):
        purchase = _event(table, purchase_id)
        if purchase is None or purchase.entry.type is not EventType.PURCHASE:
            return [Deviation(None, purchase_id, "only purchases are reversed", f"reversed by {sorted(seen)}")]
        found = list(_findings(_evidence_of(purchase), _reversals(table, purchase, seen)))
        if _event(table, purchase_id) == purchase:
            break
    return found


def _findings(sold: PurchaseEvidence, undone: Sequence[ReversalEvidence]) -> Iterator[Deviation]:
    return guarded(sold.account_id, sold.event_id, reversal_deviations(sold, undone))


def _reversals(table: JournalTable, purchase: Event, seen: set[str]) -> list[ReversalEvidence]:
    journal = ledger.journal_items(table, purchase.entry.account_id)
    event_ids = seen | {
        keys.event_id(key_of(entry)) for entry in journal if legible(entry)[0].get("event_type") in _REVERSING
    }
    events = [event for event_id in sorted(event_ids) if (event := _event(table, event_id))]
    undone = (one for event in events for one in _undone(event))
    return [one for purchase_id, one in undone if purchase_id == purchase.entry.event_id]


_REVERSING = frozenset(kind for kind in EventType if kind.reverses)


def _event(table: JournalTable, event_id: str) -> Event | None:
    item = table.get(keys.event(event_id), consistent=True)
    seen = readable(item) if item else None
    return seen.event if seen else None


def _evidence_of(event: Event) -> PurchaseEvidence:
    lines = sold_lines(event.purchase_document)
    return PurchaseEvidence(
        event_id=event.entry.event_id,
        account_id=event.entry.account_id,
        movement=event.entry.movement,
        quantities={place: line.quantity for place, line in enumerate(lines)},
        cancelled=event.state is EventState.CANCELLED,
        taken_back=event.taken_back,
        kept=event.kept,
        awarded_by=frozenset(award.offer_id for award in event.purchase_document.awards),
        updated=Updated(event.updated_on, event.updated_by),
    )


def _undone(event: Event) -> Iterator[tuple[str, ReversalEvidence]]:
    """Return what an event took back, by purchase: of the one that it is the reversal of, and of those of which it
    settled what had been waived."""
    entry, document = event.entry, event.reversal_document
    evidence = partial(
        ReversalEvidence, entry.event_id, entry.account_id, entry.sequence, has_hash=event.link is not None
    )
    own = Reversal(entry.movement, document.waived, document.settled).taken_back(dict(document.lines))
    cancels, updated = entry.type is EventType.CANCELLATION, Updated(entry.posted_on, event.partner_id)
    yield document.reverses, evidence(own, cancels=cancels, updated=updated)
    for purchase_id, amount in document.settled.items():
        if purchase_id != UNTOLD:
            yield purchase_id, evidence(settlement(amount))
