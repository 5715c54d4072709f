"""Purchases that a reversal changes: the one that is taken back, and those of which it settles what had been waived."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from loyalty.domain.currencies import Exponents
from loyalty.domain.ledger.wallet import add_amounts
from loyalty.domain.money import ZERO, split
from loyalty.domain.reversals.proration import ReversalStep
from loyalty.domain.reversals.reversal import Reversal, kept_by_offer, settlement
from loyalty.store.events import Event
from loyalty.store.ledger import Effect, take_back
from loyalty.store.table import MAX_TRANSACTION
from loyalty.usecases.reversals.reversal_effects import ReversalEffects, ReversalExtent

UNTOLD = ""
"""Stands for the purchases that are not told of what was settled, as the transaction has no room for them."""

_WRITES_BESIDE = 2
"""The event and the wallet."""


class ChangedPurchase(Struct, frozen=True, dict=True):
    """A purchase as it is before and after a reversal."""

    before: Event
    after: Event
    exponents: Exponents

    @cached_property
    def given_back(self) -> ReversalEffects:
        """The effects on limits, budgets, promo codes and vouchers."""
        return ReversalEffects(
            ReversalExtent.of(self.before, self.exponents), ReversalExtent.of(self.after, self.exponents)
        )

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """The writes beside the event."""
        return (Effect(take_back(self.before, self.after)), *self.given_back.effects())


class Settlement(Struct, frozen=True):
    """The changes of purchases with a reversal.

    Attributes:
        purchases: those that it changes, the one that is taken back first.
        settled: what is taken back now of what was waived, by purchase, in the wallet's currency.
        alternative: what the wallet gives back of the awards of all purchases, in the alternative currency, below zero;
            None if the one that is taken back was told in none.
    """

    purchases: tuple[ChangedPurchase, ...]
    settled: Mapping[str, Decimal]
    alternative: Decimal | None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The writes of them beside the event."""
        return tuple(effect for purchase in self.purchases for effect in purchase.effects)


def kept_after(
    before: Event, after: Event, step: ReversalStep, outcome: Reversal, exponents: Exponents
) -> Mapping[str, Decimal]:
    """Return of which awards it is what is left to the customer `after` a step, by their offers, in their order."""
    awards = zip(
        ReversalExtent.of(before, exponents).awards(), ReversalExtent.of(after, exponents).awards(), strict=True
    )
    in_step = [replace(now, amount=now.amount - was.amount) for was, now in awards]
    kept = add_amounts(before.kept, kept_by_offer(in_step, step, outcome))
    return {award.offer_id: kept[award.offer_id] for award in in_step if award.offer_id in kept}


def settle(
    before: Event, after: Event, outcome: Reversal, read: Callable[[str], Event], exponents: Exponents
) -> Settlement:
    """Return what becomes of the purchases that a reversal changes: of the one that is taken back, which is `after` it
    as told but for what is settled; and of those of which it settles what was waived, as far as a transaction has room.

    The money of the others is settled all the same; they go on counting as used of limits.
    """
    own_id = before.entry.event_id
    own = _settle_purchase(after, outcome.settled.get(own_id, ZERO))
    purchases = [ChangedPurchase(before, own, exponents)]
    settled: dict[str, Decimal] = {}
    alternative = purchases[0].given_back.alternative
    room = MAX_TRANSACTION - _WRITES_BESIDE - len(purchases[0].effects)
    for purchase_id, amount in outcome.settled.items():
        if purchase_id == own_id:
            settled[own_id] = amount
            continue
        purchase = read(purchase_id)
        other = ChangedPurchase(purchase, _settle_purchase(purchase, amount), exponents)
        alternative += other.given_back.alternative
        if len(other.effects) > room:
            settled[UNTOLD] = settled.get(UNTOLD, ZERO) + amount
            continue
        settled[purchase_id] = amount
        purchases.append(other)
        room -= len(other.effects)
    has_alternative = before.entry.movement.alternative_awarded is not None
    return Settlement(tuple(purchases), settled, ZERO - alternative if has_alternative else None)


def _settle_purchase(purchase: Event, amount: Decimal) -> Event:
    """Return a purchase of which so much is settled of what was waived; of each award its share."""
    parts = split(-amount, list(purchase.kept.values()))
    kept = dict(zip(purchase.kept, parts, strict=True))
    taken_back = purchase.taken_back.plus(settlement(amount))
    return replace(purchase, taken_back=taken_back, kept=add_amounts(purchase.kept, kept))


def sums(parts: Iterator[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Return the sums by name."""
    found: dict[str, Decimal] = {}
    for name, amount in parts:
        found[name] = found.get(name, ZERO) + amount
    return found
