"""Rules that every event keeps by itself: its id and its amounts follow from what it says."""

from collections.abc import Callable, Iterator, Mapping

from loyalty.domain.identity import Origin, derived_id, is_given, split_id
from loyalty.domain.ledger.wallet import EventType, JournalEntry
from loyalty.domain.money import ZERO
from loyalty.domain.period import months_after
from loyalty.store.events import Event


def broken_rules(event: Event) -> Iterator[tuple[str, str]]:
    """Return each rule that an event breaks by itself, and what was found."""
    entry = event.entry
    given = event.origin is Origin.GIVEN
    if given and entry.reference_number is None:
        if event.pointer is not None or not is_given(entry.event_id):
            yield "an event without a reference number has nothing but the id that was given", f"{event.pointer}"
    elif not _is_erased(event) and _expected_id(event) != (
        event.pointer if given and event.pointer else entry.event_id
    ):
        yield "the id is derived from what identifies the event", f"{event.origin} gives {_expected_id(event)}"
    told, of_merchant = split_id(entry.event_id)
    if of_merchant and (event.origin is not Origin.GIVEN or of_merchant != entry.merchant_id):
        yield "a given id is stored under the event's merchant", f"{told} of {of_merchant}"
    if entry.type is EventType.EXPIRY and not _is_due(entry):
        yield (
            "an expiry takes out what has expired, and no more",
            f"{dict(entry.movement.lots)} on {entry.posted_on:%Y-%m}",
        )
    if entry.type is not EventType.PURCHASE:
        return
    purchase, movement = event.purchase_document, entry.movement
    for name, parts, recorded in (
        ("awards", purchase.awards, movement.awarded),
        ("spends", purchase.spends, movement.spent),
    ):
        total = sum((part.amounts.wallet for part in parts), ZERO)
        if total != recorded:
            yield f"the {name} of an event sum to what its wallet got or gave", f"{total}, journal {recorded}"


def _is_erased(event: Event) -> bool:
    """Return whether the fingerprint that made the id is erased; whether that is all right is the chain's to prove."""
    return event.origin is Origin.CONTENT and not event.fingerprint


def _is_due(entry: JournalEntry) -> bool:
    lots = entry.movement.lots
    return entry.movement.amount == sum(lots.values(), ZERO) < 0 and max(lots) < months_after(entry.posted_on, 0)


def _expected_id(event: Event) -> str:
    """Return the id that an event should have or, where its id was given, its reference number's pointer."""
    entry = event.entry
    origin = Origin.REFERENCE if event.origin is Origin.GIVEN else event.origin
    parts: Mapping[Origin, Callable[[], tuple[str, ...]]] = {
        Origin.REFERENCE: lambda: (entry.merchant_id or "", entry.reference_number or ""),
        Origin.EXTERNAL: lambda: event.purchase_document.identity,
        Origin.KEY: lambda: event.purchase_document.identity,
        Origin.ROW: lambda: event.purchase_document.identity,
        Origin.CONTENT: lambda: _content_parts(event),
        Origin.NUMBER: lambda: (event.purchase_document.number,),
        Origin.OPENING_BALANCE: lambda: (entry.reference_number or "",),
        Origin.CANCELLATION: lambda: (event.reversal_document.reverses,),
        Origin.RETURN: lambda: (event.reversal_document.reverses, entry.reference_number or ""),
        Origin.EXPIRY: lambda: (entry.account_id, str(entry.sequence)),
    }
    return derived_id(origin, *parts[origin]())


def _content_parts(event: Event) -> tuple[str, ...]:
    kept = event.purchase_document.identity
    if len(kept) > 1:  # an earlier version kept all parts there
        return kept
    return (event.partner_id or "", event.fingerprint.hex().upper(), *kept)
