"""Proof of a wallet: its journal is numbered without gaps, its balances are chained, and they end in the wallet's.
Proof of a purchase that was taken back: what it tells is the sum of its reversals, no more than it gave and took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from loyalty.domain.money import ZERO
from loyalty.domain.returns import Quantities
from loyalty.domain.reversal import TakenBack
from loyalty.domain.wallet import Entry, EventType, Lots, Movement, Wallet, added


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that cannot be if every posting did what it should: where, which rule, and what was found instead."""

    account_id: str | None
    event_id: str | None
    rule: str
    found: str


def deviations(wallet: Wallet, entries: Sequence[Entry]) -> Iterator[Deviation]:
    """Where a wallet and its whole journal (in any order) do not agree."""
    empty = Wallet(wallet.account_id)
    account_id, balance, sequence, lots, lapsed = empty.account_id, ZERO, 0, empty.lots, empty.lapsed
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        if entry.sequence != sequence + 1:
            found = f"{entry.sequence} follows {sequence}"
            yield Deviation(account_id, entry.event_id, "the journal is numbered 1 to n without gaps", found)
        if entry.balance != balance + entry.movement.amount:
            found = f"{balance} and {entry.movement.amount} make {entry.balance}"
            yield Deviation(
                account_id, entry.event_id, "each balance is the one before it plus the event's amount", found
            )
        if entry.balance < 0 and entry.movement.amount < 0 and not entry.type.reverses:
            yield Deviation(account_id, entry.event_id, "no event but a reversal leaves a debt", str(entry.balance))
        lots, lapsed = added(lots, entry.movement.lots), added(lapsed, entry.movement.lapsed)
        if any(amount < 0 for amount in lots.values()) or sum(lots.values(), ZERO) > max(entry.balance, ZERO):
            found = f"{_told(lots)} of {entry.balance}"
            yield Deviation(account_id, entry.event_id, "lots are above zero, and within the balance", found)
        balance, sequence = entry.balance, entry.sequence
    if wallet.version != sequence:
        found = f"version {wallet.version}, last number {sequence}"
        yield Deviation(account_id, None, "the wallet's version is the number of its last event", found)
    if wallet.lots != lots:
        found = f"lots {_told(wallet.lots)}, sums {_told(lots)}"
        yield Deviation(account_id, None, "the wallet's lots are the sums of its journal's", found)
    if wallet.lapsed != lapsed or any(amount < 0 for amount in lapsed.values()):
        found = f"expired {_told(wallet.lapsed)}, sums {_told(lapsed)}"
        yield Deviation(account_id, None, "what a wallet remembers to have expired is the sum of its journal's", found)
    total = sum((entry.movement.amount for entry in entries), ZERO)
    if wallet.balance != total:
        found = f"balance {wallet.balance}, sum {total}"
        yield Deviation(account_id, None, "the wallet's balance is the sum of its journal", found)


def _told(lots: Lots) -> str:
    return ", ".join(f"{month}: {amount}" for month, amount in sorted(lots.items())) or "none"


@dataclass(frozen=True, slots=True)
class Undone:
    """A cancellation or a return of a purchase: its account, the quantities that came back, and what it waived."""

    event_id: str
    account_id: str
    type: EventType
    lines: Quantities
    movement: Movement
    waived: Decimal


@dataclass(frozen=True, slots=True)
class Sold:
    """A purchase as it stands: what it gave and took, its lines' quantities, and what it tells of its reversals."""

    event_id: str
    account_id: str
    movement: Movement
    quantities: Quantities
    cancelled: bool
    taken_back: TakenBack


def reversal_deviations(sold: Sold, undone: Sequence[Undone]) -> Iterator[Deviation]:
    """Where a purchase and all its reversals do not agree."""
    told, gave = sold.taken_back, sold.movement
    cancellations = sum(one.type is EventType.CANCELLATION for one in undone)
    accounts = {sold.account_id} | {one.account_id for one in undone}
    total = TakenBack()
    for one in undone:
        total = total.plus(one.lines, one.movement, one.waived)
    all_back = sold.cancelled or told.lines == sold.quantities
    rules = {
        "a purchase is cancelled by one cancellation, else by none": cancellations == int(sold.cancelled),
        "a purchase and its reversals are of one account": len(accounts) == 1,
        "what was taken back of a purchase is the sum of its reversals": total == told,
        "no more of a line is returned than was bought": all(
            0 < quantity <= sold.quantities.get(line, ZERO) for line, quantity in told.lines.items()
        ),
        "no more is taken back than was awarded": 0 <= told.awarded <= told.awarded + told.waived <= gave.awarded,
        "no more is given back than was spent": 0 <= told.spent <= gave.spent,
        "once all is taken back, all spends are given back": not all_back or told.spent == gave.spent,
    }
    for rule, holds in rules.items():
        if not holds:
            found = f"{told} of {gave.awarded} awarded and {gave.spent} spent; {len(undone)} reversals make {total}"
            yield Deviation(sold.account_id, sold.event_id, rule, found)
