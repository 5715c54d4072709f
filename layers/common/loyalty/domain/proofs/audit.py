"""Proof of a wallet: its journal is numbered without gaps, its balances are chained, and they end in the wallet's.
Proof of a purchase that was taken back: what it tells is the sum of its reversals, no more than it gave and took."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from loyalty.domain.ledger.rules import as_text, broken_links, broken_sums
from loyalty.domain.ledger.wallet import JournalEntry, Movement, Wallet, add_amounts, add_lots
from loyalty.domain.money import ZERO
from loyalty.domain.proofs.use_audit import use_findings
from loyalty.domain.reversals.returns import Quantities
from loyalty.domain.reversals.reversal import TakenBack

KEPT_OF_OFFERS = "the amount waived of a purchase is what its offers keep"
UPDATED_BY_LAST = "a purchase tells when and by whom it was last taken back"
PURCHASES_COUNTED = "a wallet counts the purchases that are not taken back whole"


class Deviation(Struct, frozen=True):
    """Something that cannot be if every posting did what it should: where, which rule, and what was found instead."""

    account_id: str | None
    event_id: str | None
    rule: str
    found: str


def deviations(wallet: Wallet, entries: Sequence[JournalEntry]) -> Iterator[Deviation]:
    """Return where a wallet and its whole journal (in any order) do not agree. The movements of `entries` tell of
    purchases and uses too."""
    journal = Wallet(wallet.account_id)
    for entry in sorted(entries, key=lambda entry: entry.sequence):
        after = _apply_entry(journal, entry)
        for rule, found in (*broken_links(journal, entry, after), *broken_sums(after)):
            yield Deviation(wallet.account_id, entry.event_id, rule, found)
        journal = after
    total = sum((entry.movement.amount for entry in entries), ZERO)
    for rule, (held, told) in {
        "the wallet's version is the number of its last event": (wallet.version, journal.version),
        "the wallet's balance is the sum of its journal": (wallet.balance, total),
        "the wallet's lots are the sums of its journal's": (wallet.booked, journal.booked),
        "the wallet's expired amounts are the sums of its journal's": (wallet.lapsed, journal.lapsed),
        "the wallet's waived amounts are the sums of its journal's": (wallet.waived, journal.waived),
        "the wallet's forgiven amounts are the sums of its journal's": (wallet.forgiven, journal.forgiven),
        PURCHASES_COUNTED: (wallet.purchases, journal.purchases),
    }.items():
        if held != told:
            yield Deviation(
                wallet.account_id, None, rule, f"{as_text(held)} in the wallet, {as_text(told)} in the journal"
            )
    for finding in use_findings(wallet.uses, entries):
        yield Deviation(wallet.account_id, *finding)


def _apply_entry(journal: Wallet, entry: JournalEntry) -> Wallet:
    """Return the wallet that the journal makes, after one more entry."""
    movement = entry.movement
    return Wallet(
        account_id=journal.account_id,
        version=entry.sequence,
        balance=entry.balance,
        booked=add_lots(journal.booked, movement.lots),
        purchases=journal.purchases + movement.purchases,
        lapsed=add_lots(journal.lapsed, movement.lapsed),
        waived=add_amounts(journal.waived, movement.waived),
        forgiven=add_lots(journal.forgiven, movement.forgiven),
    )


class Updated(NamedTuple):
    """When a purchase was last taken back, and the partner that did it."""

    on: datetime | None
    by: str | None


NEVER = Updated(None, None)
"""A purchase was not taken back."""


class ReversalEvidence(Struct, frozen=True):
    """The part of a purchase that an event took back: its own cancellation or return, or the reversal of another
    purchase that settled what was waived of this one.

    Attributes:
        event_id: the event.
        account_id: whose wallet the event moved.
        sequence: its number in the journal.
        taken_back: the quantities that came back, and the amounts; `waived` is below zero where it was settled.
        has_hash: whether it has one, and so is of a version that tells `updated` and `kept`.
        cancels: whether it is the purchase's own cancellation.
        updated: what the purchase tells of it, if it is the purchase's own and the last; None if it settled.
    """

    event_id: str
    account_id: str
    sequence: int
    taken_back: TakenBack
    has_hash: bool
    cancels: bool = False
    updated: Updated | None = None


class PurchaseEvidence(Struct, frozen=True):
    """A purchase as it stands: what it gave and took, and what it says about its reversals.

    Attributes:
        event_id: its event.
        account_id: the account whose wallet it moved.
        movement: what it gave and took.
        quantities: the quantities of its lines.
        cancelled: whether it says that it is cancelled.
        taken_back: what it says was taken back of it.
        kept: what it says the customer keeps of each offer's awards.
        awarded_by: the offers that gave it an award.
        updated: when and by whom it says that it was last taken back.
    """

    event_id: str
    account_id: str
    movement: Movement
    quantities: Quantities
    cancelled: bool
    taken_back: TakenBack
    kept: Mapping[str, Decimal] = field(default_factory=dict)
    awarded_by: frozenset[str] = frozenset()
    updated: Updated = NEVER


def reversal_deviations(sold: PurchaseEvidence, undone: Sequence[ReversalEvidence]) -> Iterator[Deviation]:
    """Return where a purchase and all its reversals do not agree."""
    told, gave = sold.taken_back, sold.movement
    cancellations = sum(one.cancels for one in undone)
    accounts = {sold.account_id} | {one.account_id for one in undone}
    total = TakenBack()
    for one in undone:
        total = total.plus(one.taken_back)
    all_back = sold.cancelled or told.lines == sold.quantities
    rules = {
        "a cancelled purchase has one cancellation, any other none": cancellations == int(sold.cancelled),
        "a purchase and its reversals belong to one account": len(accounts) == 1,
        "what is taken back of a purchase is the sum of its reversals": total == told,
        "no more of a line is returned than was bought": all(
            0 < quantity <= sold.quantities.get(line, ZERO) for line, quantity in told.lines.items()
        ),
        "no more is taken back than was awarded": told.awarded >= 0 <= told.waived
        and told.awarded + told.waived <= gave.awarded,
        KEPT_OF_OFFERS: _kept_holds(sold, undone),
        UPDATED_BY_LAST: _updated_holds(sold, undone),
        "no more is given back than was spent": 0 <= told.spent <= gave.spent,
        "once everything is taken back, all spends are given back": not all_back or told.spent == gave.spent,
    }
    for rule, holds in rules.items():
        if not holds:
            found = f"{told} of {gave.awarded} awarded and {gave.spent} spent; {len(undone)} reversals make {total}"
            yield Deviation(sold.account_id, sold.event_id, rule, found)


def _kept_holds(sold: PurchaseEvidence, undone: Sequence[ReversalEvidence]) -> bool:
    """Return whether what is kept of offers' awards sums to what is waived. Early versions did not tell it."""
    if not sold.kept and not all(one.has_hash for one in undone):
        return True
    return sold.kept.keys() <= sold.awarded_by and sum(sold.kept.values(), ZERO) == sold.taken_back.waived


def _updated_holds(sold: PurchaseEvidence, undone: Sequence[ReversalEvidence]) -> bool:
    """Return whether a purchase tells its last own reversal. Early versions did not."""
    own = [one for one in undone if one.updated]
    if not own:
        return sold.updated == NEVER
    last = max(own, key=lambda one: one.sequence)
    return sold.updated == last.updated or not last.has_hash
