"""A wallet, computed from what happened to it: balance, lots, what was waived (rewards.md, "Expiry" and "Taking ...").

Lots are booked: what went into a month less what came out of it, below zero where an award was taken back after it had
been spent. What the customer has of each follows from that: others stand in for one that is short.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.dates import NEVER
from tests.model.exact import NOTHING

Lots = dict[int, Fraction]
"""Amounts by the month at whose end they are over; `NEVER` for what has no end."""


@dataclass
class Wallet:
    """What an account holds.

    Attributes:
        booked: What went into each lot less what came out.
        forgiven: What was waived, by the lot that is short of it.
        expired: What of a lot has expired and was not yet counted as an award's that was taken back.
        waived: What the customer keeps of awards that were taken back, by purchase, the earliest first.
    """

    booked: Lots = field(default_factory=dict)
    forgiven: Lots = field(default_factory=dict)
    expired: Lots = field(default_factory=dict)
    waived: dict[int, Fraction] = field(default_factory=dict)

    @property
    def balance(self) -> Fraction:
        """The amount in the wallet; below zero where it owes."""
        return sum(self.booked.values(), NOTHING) + sum(self.forgiven.values(), NOTHING)

    def lots(self) -> Lots:
        """Return what the customer has of each lot: the earliest stand in first, then what never expires."""
        sums = {lot: self.booked.get(lot, NOTHING) + self.forgiven.get(lot, NOTHING) for lot in self.booked}
        short = -sum((amount for amount in sums.values() if amount < 0), NOTHING)
        result = {}
        for lot in sorted(sums):
            if sums[lot] > 0:
                used = min(short, sums[lot])
                short -= used
                if sums[lot] > used:
                    result[lot] = sums[lot] - used
        return result

    def expiring(self) -> Lots:
        """Return the part of the balance that is lost unless it is spent before, what ends first at first."""
        return {lot: amount for lot, amount in self.lots().items() if lot != NEVER}

    def draw(self, amount: Fraction) -> Lots:
        """Return which lots a spend comes from: what ends first at first."""
        drawn: Lots = {}
        for lot, held in self.lots().items():
            part = min(held, amount - sum(drawn.values(), NOTHING))
            if part > 0:
                drawn[lot] = part
        return drawn

    def book(self, movement: Lots) -> None:
        """Add a movement to the lots."""
        add(self.booked, movement)

    def copy(self) -> "Wallet":
        """Return a copy that can be moved by itself."""
        return Wallet(dict(self.booked), dict(self.forgiven), dict(self.expired), dict(self.waived))


def add(lots: Lots, movement: Lots, sign: int = 1) -> None:
    """Add a movement to lots, or take it from them."""
    for lot, amount in movement.items():
        lots[lot] = lots.get(lot, NOTHING) + sign * amount
