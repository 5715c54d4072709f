"""What holds of wallets and their journals by itself, whatever was asked for."""

from collections import defaultdict
from collections.abc import Iterator

from loyalty.domain.events.documents import PurchaseDocument, ReversalDocument
from loyalty.domain.ledger.wallet import Clawback, EventType, Lots, add_lots
from loyalty.domain.money import ZERO
from loyalty.store.attributes import unpack
from loyalty.store.events import Event, EventState
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.simulation.invariants.registry import Seen, invariant

REVERSALS = (EventType.CANCELLATION, EventType.RETURN)


@invariant
def no_purchase_overdraws(seen: Seen) -> Iterator[str]:
    """No purchase leaves a wallet below zero that was not below it before."""
    for account, events in seen.events.items():
        for event in events:
            balance, amount = event.entry.balance, event.entry.movement.amount
            if event.entry.type is EventType.PURCHASE and balance < min(ZERO, balance - amount):
                yield f"{account}: {event.entry.event_id} leaves {balance} after {amount}"


@invariant
def only_a_shop_that_says_so_leaves_a_debt(seen: Seen) -> Iterator[str]:
    """A wallet falls below zero only where goods were taken back at a shop whose setting allows it (`ALLOW_NEGATIVE`);
    a purchase that pays such a debt off brings it back when it is taken back itself."""
    for account, events in seen.events.items():
        may_owe = False
        for event in events:
            may_owe |= event.entry.type in REVERSALS and _allows_debt(seen, event.reversal_document)
            if event.entry.balance < 0 and not may_owe:
                yield f"{account}: {event.entry.event_id}, a {event.entry.type}, leaves {event.entry.balance}"


def _allows_debt(seen: Seen, document: ReversalDocument) -> bool:
    purchase = seen.judge.events[document.reverses]
    units = seen.judge.model.state.programme
    place = (purchase.entry.merchant_id or "", purchase.purchase_document.outlet_id)
    return units.own_or_merchants("clawback", *place) == Clawback.ALLOW_NEGATIVE


@invariant
def journals_are_chained(seen: Seen) -> Iterator[str]:
    """The events of a wallet are numbered from 1 on without a gap, each goes on where the one before ended, and the
    wallet is as the last one left it."""
    for account in sorted(seen.events.keys() | seen.wallets.keys()):
        balance, number = ZERO, 0
        for event in seen.events.get(account, []):
            number += 1
            balance += event.entry.movement.amount
            found = (event.entry.sequence, event.entry.balance)
            if found != (number, balance):
                yield f"{account}: {event.entry.event_id} is {found}, not {(number, balance)}"
        wallet = seen.wallets.get(account)
        if wallet is None or (wallet.version, wallet.balance) != (number, balance):
            yield f"{account}: the wallet is {wallet and (wallet.version, wallet.balance)}, not {(number, balance)}"


@invariant
def lots_are_part_of_the_balance(seen: Seen) -> Iterator[str]:
    """What expires of a wallet, month by month, is more than nothing, and together no more than the balance."""
    for account, wallet in seen.wallets.items():
        lots = {month: amount for month, amount in wallet.lots.items() if amount}
        if any(amount < 0 for amount in lots.values()) or sum(lots.values(), ZERO) > max(ZERO, wallet.balance):
            yield f"{account}: {lots} of {wallet.balance}"


@invariant
def lots_are_what_the_journal_booked(seen: Seen) -> Iterator[str]:
    """What is booked to each month in a wallet is the sum of what its events booked there."""
    for account, wallet in seen.wallets.items():
        booked: Lots = {}
        for event in seen.events.get(account, []):
            booked = add_lots(booked, event.entry.movement.lots)
        if booked != wallet.booked:
            yield f"{account}: {dict(wallet.booked)}, not {dict(booked)}"


@invariant
def purchases_are_counted(seen: Seen) -> Iterator[str]:
    """A wallet counts the purchases that stand, which offers for the first or each third purchase go by."""
    for account, wallet in seen.wallets.items():
        stand = sum(map(_stands, seen.events.get(account, [])))
        if wallet.purchases != stand:
            yield f"{account}: {wallet.purchases}, not {stand}"


def _stands(event: Event) -> bool:
    if not isinstance(event.document, PurchaseDocument) or event.state is EventState.CANCELLED:
        return False
    back = event.taken_back.lines
    return any(back.get(at, ZERO) != line.quantity for at, line in enumerate(event.document.lines))


@invariant
def no_more_is_taken_back_than_was_given(seen: Seen) -> Iterator[str]:
    """Of a purchase, no more goods come back than were sold, and no more is undone than it gave and took."""
    for events in seen.events.values():
        for event in events:
            if isinstance(event.document, PurchaseDocument):
                back, lines = event.taken_back, event.document.lines
                movement = event.entry.movement
                too_many = [at for at, quantity in back.lines.items() if quantity > lines[at].quantity]
                if too_many or back.awarded + back.waived > movement.awarded or back.spent > movement.spent:
                    yield f"{event.entry.event_id}: {back} of {movement.awarded} and {movement.spent}"


@invariant
def what_is_posted_stays(seen: Seen) -> Iterator[str]:
    """An event is written once; afterwards, only what was taken back of it changes. Before, its id may be reserved."""
    first: dict[tuple[str, str], dict[str, object]] = {}
    changing = {"state", "taken_back", "kept", "updated_on", "updated_by"}
    for _, place, item in seen.world.dynamo.written:
        if place[0].startswith("EVENT#"):
            if item and "expires_at" not in item:
                fixed = {name: value for name, value in item.items() if name not in changing}
                if first.setdefault(place, fixed) != fixed:
                    yield f"{place} was changed: {unpack(item)}"
            elif place in first:
                yield f"{place} was deleted, or is just reserved: {item}"


@invariant
def numbers_are_unique(seen: Seen) -> Iterator[str]:
    """No two purchases, and no two awards, have the same number."""
    for kind, numbers in _numbers(seen).items():
        twice = {number for number in numbers if len(numbers[number]) > 1}
        yield from (f"{kind} {number}: {numbers[number]}" for number in sorted(twice))


def _numbers(seen: Seen) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for events in seen.events.values():
        for event in events:
            if isinstance(event.document, PurchaseDocument):
                found["purchase"][event.document.number].append(event.entry.event_id)
                for award in event.document.awards:
                    found["award"][award.number].append(event.entry.event_id)
    return found


@invariant
def the_ledger_proves(seen: Seen) -> Iterator[str]:
    """`loyalty verify` finds no deviation."""
    found = verify_journal(seen.world.table, settle=seen.world.scheduler.advance)
    yield from map(str, found.deviations)


@invariant
def all_that_was_committed_is_there(seen: Seen) -> Iterator[str]:
    """Each event that was ever committed is in the table, and nothing is there that was not committed."""
    there = {event.entry.event_id for events in seen.events.values() for event in events}
    if there != seen.judge.events.keys():
        yield f"missing {sorted(seen.judge.events.keys() - there)}, surplus {sorted(there - seen.judge.events.keys())}"
