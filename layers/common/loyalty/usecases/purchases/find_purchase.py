"""Finding a posted purchase by what its partner calls it."""

from collections.abc import Callable, Mapping

from loyalty.domain.access.partner import Partner
from loyalty.domain.errors import Code, Problem, Refused, not_found
from loyalty.domain.identity import Origin, derived_id, is_given
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.patterns import MAX_IDENTIFIER
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import ledger
from loyalty.store.events import Event
from loyalty.store.table import Table


def find_purchase(named: Reference, partner: Partner, *, table: Table) -> Event:
    """Return the posted purchase that the partner names by `id`, `number` or `reference_number`.

    An id that was given may be that of several merchants' purchases. Where it is not said whose is meant, it is the
    one that the partner may see and, of several, that it posted, or that has the id alone, as it was derived.

    Numbers are the classic API's: they lead to what it posted. Reference numbers lead to what this partner posted
    through it call by call, as long as that is one purchase; those of the bulk call do not lead anywhere.

    Raises:
        Refused: NOT_FOUND, if there is none that the partner may see; DUPLICATE, if several have the reference
            number, or were given the id.
    """
    found = [event for event in _FINDERS[named.by](named, partner, table) if _is_meant(event, named, partner)]
    if not found:
        raise Refused(not_found("Purchase", named.value, named.pointer))
    if named.merchant_id:
        return found[-1]  # what the merchant gave the id comes after what has it alone
    first, *others = [event for event in found if event.partner_id == partner.id] or found
    if others and is_given(first.entry.event_id):
        merchants = " and ".join(str(event.entry.merchant_id) for event in (first, *others))
        description = f"Merchants {merchants} each have a purchase {named.value}: add ?merchant= with the id of one."
        raise Refused(Problem(Code.DUPLICATE, description, named.pointer))
    return first


def _is_meant(event: Event, named: Reference, partner: Partner) -> bool:
    entry = event.entry
    is_of_merchant = named.merchant_id in (None, entry.merchant_id)
    return entry.type is EventType.PURCHASE and is_of_merchant and partner.sees(entry.merchant_id)


def _by_id(named: Reference, _: Partner, table: Table) -> list[Event]:
    return ledger.read_known_as(table, named.value) if len(named.value) <= MAX_IDENTIFIER else []


def _by_number(named: Reference, _: Partner, table: Table) -> list[Event]:
    event = ledger.read_pointed(table, derived_id(Origin.NUMBER, named.value))
    return [event] if event else []


def _by_reference_number(named: Reference, partner: Partner, table: Table) -> list[Event]:
    count, event_id = ledger.read_filed(table, partner.id, named.value)
    if count > 1:
        description = (
            f"{count} purchases have the reference number {named.value}: name the one you mean by its id or number."
        )
        raise Refused(Problem(Code.DUPLICATE, description, named.pointer))
    # Where there is none, a read of nothing takes as long as that of one that the partner may not see.
    event = ledger.read_event(table, event_id or derived_id(Origin.NUMBER, partner.id, named.value))
    return [event] if event and event_id else []


_FINDERS: Mapping[str, Callable[[Reference, Partner, Table], list[Event]]] = {
    "id": _by_id,
    "number": _by_number,
    "reference_number": _by_reference_number,
}
