"""Wallets and their journal: numbered 1..n without gaps, every entry with the balance after it, never below zero."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Movement:
    """What an event does to a wallet, in the wallet's currency; and the same amounts in the alternative currency,
    None where the organisation has none. No amount is negative."""

    awarded: Decimal
    spent: Decimal
    alternative_awarded: Decimal | None = None
    alternative_spent: Decimal | None = None

    @property
    def amount(self) -> Decimal:
        """The change of the balance."""
        return self.awarded - self.spent

    @property
    def alternative_amount(self) -> Decimal | None:
        """The change in the alternative currency."""
        if self.alternative_awarded is None or self.alternative_spent is None:
            return None
        return self.alternative_awarded - self.alternative_spent


@dataclass(frozen=True, slots=True)
class Wallet:
    """A balance and the number of events that made it. A wallet without events has version 0 and is not stored."""

    account_id: str
    version: int = 0
    balance: Decimal = ZERO

    def moved(self, movement: Movement) -> "Wallet":
        """The wallet after `movement`.

        Raises:
            Refused: INSUFFICIENT_BALANCE, where the balance would fall below zero.
        """
        balance = self.balance + movement.amount
        if balance < 0:
            raise Refused(
                Problem(
                    Code.INSUFFICIENT_BALANCE, f"The wallet holds {self.balance}; {-movement.amount} cannot be taken."
                )
            )
        return replace(self, version=self.version + 1, balance=balance)


class EventType(StrEnum):
    """What an event is."""

    PURCHASE = "PURCHASE"
    ADJUSTMENT = "ADJUSTMENT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a wallet's statement: an event, its number in the journal and the balance after it.

    Amounts are in the wallet's currency. `merchant_id` is None for events that no merchant performed.
    """

    account_id: str
    sequence: int
    event_id: str
    type: EventType
    performed_on: datetime
    posted_on: datetime
    reference_number: str | None
    merchant_id: str | None
    movement: Movement
    balance: Decimal
    alternative_balance: Decimal | None
