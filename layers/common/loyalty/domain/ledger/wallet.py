"""Wallets and their journal: numbered 1..n without gaps, every entry with the balance after it; no event overdraws."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.identity import told_id
from loyalty.domain.ledger.uses import Use, Uses
from loyalty.domain.money import MAX_KEPT_DIGITS, ZERO, is_kept_exactly

Lots = Mapping[str, Decimal]
"""Amounts by the month (`YYYY-MM`) at whose end they expire. What never expires is in none."""


LASTING = ""
"""Stands for what never expires where amounts are told by lot; it sorts before all months."""


class Clawback(StrEnum):
    """What happens if an award is taken back that is already spent, and the wallet does not hold the amount."""

    REFUSE = "REFUSE"
    WITHIN_BALANCE = "WITHIN_BALANCE"
    ALLOW_NEGATIVE = "ALLOW_NEGATIVE"


class Movement(Struct, frozen=True):
    """What an event does to a wallet. Amounts are in the wallet's currency, and below zero if the event takes back
    another.

    Attributes:
        awarded: what the wallet gets.
        spent: what the wallet pays.
        alternative_awarded: the same in the alternative currency; None without one.
        alternative_spent: the same in the alternative currency; None without one.
        lots: changes of the booked amounts of lots, which are part of the whole change.
        purchases: the change of the number of purchases that stand.
        uses: what it uses of limited offers and promo codes.
        lapsed: changes of the amounts that are remembered as expired.
        waived: changes of what is waived, by the ids of purchases that were taken back.
        forgiven: the same by lot, LASTING included.
    """

    awarded: Decimal
    spent: Decimal
    alternative_awarded: Decimal | None = None
    alternative_spent: Decimal | None = None
    lots: Lots = field(default_factory=dict)
    purchases: int = 0
    uses: tuple[Use, ...] = ()
    lapsed: Lots = field(default_factory=dict)
    waived: Mapping[str, Decimal] = field(default_factory=dict)
    forgiven: Lots = field(default_factory=dict)

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


class Wallet(Struct, frozen=True):
    """A balance and the number of events that made it. A wallet without events has version 0 and is not stored.

    Attributes:
        account_id: the account that owns it.
        version: the number of its last event.
        balance: what it holds, in its currency.
        booked: awards less spends by lot. Below zero if an award was taken back after it was spent: other lots cover it
            until the spend is given back, or later awards fill it.
        purchases: the number of purchases that were neither cancelled nor returned whole.
        uses: what was used of limits per account.
        lapsed: what has expired of the lots of the last months, less what belonged to purchases that were taken back
            since (see `expiry`).
        waived: what the customer keeps of awards that were taken back after they were spent, by the purchases' ids.
            Spends that are given back settle it first.
        forgiven: the same by the lots that are short of it, LASTING for what never expires.
        head: the hash of the last event that has one (`chain`), None where there is none.
    """

    account_id: str
    version: int = 0
    balance: Decimal = ZERO
    booked: Lots = field(default_factory=dict)
    purchases: int = 0
    uses: Uses = field(default_factory=Uses)
    lapsed: Lots = field(default_factory=dict)
    waived: Mapping[str, Decimal] = field(default_factory=dict)
    forgiven: Lots = field(default_factory=dict)
    head: bytes | None = None

    @property
    def lots(self) -> Lots:
        """The part of the balance that expires: what is booked to each lot, less what it stands in for, the earliest
        first. There are none while the wallet is in debt."""
        if not self.booked:
            return self.booked
        held = {month: amount for month, amount in self.booked.items() if amount > 0}
        short = sum(held.values(), ZERO) - sum(self.booked.values(), ZERO)
        lasting = self.balance - sum(self.booked.values(), ZERO)
        owed = short + max(ZERO, -lasting)
        return add_lots(held, negate(take_from_lots(held, owed))) if owed else held

    def moved(self, movement: Movement, *, overdrawn: bool = False) -> "Wallet":
        """Return the wallet after `movement`, which may leave a debt only where `overdrawn` says so.

        Raises:
            Refused: INSUFFICIENT_BALANCE, if the balance would fall below zero; LIMIT_EXCEEDED, if an amount would have
                more digits than a table keeps.
        """
        balance = self.balance + movement.amount
        if balance < 0 and movement.amount < 0 and not overdrawn:
            raise Refused(
                Problem(
                    Code.INSUFFICIENT_BALANCE, f"The wallet holds {self.balance}; {-movement.amount} cannot be taken."
                )
            )
        _require_kept_exactly(movement, balance)
        return Wallet(
            account_id=self.account_id,
            version=self.version + 1,
            balance=balance,
            booked=add_lots(self.booked, movement.lots),
            purchases=self.purchases + movement.purchases,
            uses=self.uses.plus(movement.uses) if movement.uses else self.uses,
            lapsed=add_lots(self.lapsed, movement.lapsed),
            waived=add_amounts(self.waived, movement.waived),
            forgiven=add_lots(self.forgiven, movement.forgiven),
        )


def _require_kept_exactly(movement: Movement, balance: Decimal) -> None:
    amounts = (
        ("award", movement.awarded),
        ("spend", movement.spent),
        ("award in points", movement.alternative_awarded),
        ("spend in points", movement.alternative_spent),
        ("balance", balance),
    )
    for name, amount in amounts:
        if amount is not None and not is_kept_exactly(amount):
            most = f"an amount has at most {MAX_KEPT_DIGITS} digits before the point"
            raise Refused(Problem(Code.LIMIT_EXCEEDED, f"The {name} would be {amount:f}: {most}."))


def take_from_lots(lots: Lots, amount: Decimal) -> Lots:
    """Return what `amount` takes of each lot, the earliest first; what they do not hold comes from what never
    expires."""
    parts = {}
    for month in sorted(lots):
        parts[month] = min(amount, lots[month])
        amount -= parts[month]
    return {month: part for month, part in parts.items() if part}


def add_lots(lots: Lots, more: Lots) -> Lots:
    """Return the sums by month, without those that are zero."""
    if not more:
        return lots
    sums = {month: lots.get(month, ZERO) + more.get(month, ZERO) for month in lots.keys() | more.keys()}
    return {month: sums[month] for month in sorted(sums) if sums[month]}


def add_amounts(amounts: Mapping[str, Decimal], more: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Return the sums, in the order in which they came about, without those that are zero."""
    if not more:
        return amounts
    sums = {name: amounts.get(name, ZERO) + more.get(name, ZERO) for name in (*amounts, *more)}
    return {name: total for name, total in sums.items() if total}


def negate(lots: Lots) -> Lots:
    """Return the same amounts, the other way."""
    return {month: -amount for month, amount in lots.items()}


class EventType(StrEnum):
    """The type of an event."""

    PURCHASE = "PURCHASE"
    ADJUSTMENT = "ADJUSTMENT"
    CANCELLATION = "CANCELLATION"
    RETURN = "RETURN"
    EXPIRY = "EXPIRY"

    @property
    def reverses(self) -> bool:
        """Whether it takes back another event, in part or whole."""
        return self in (EventType.CANCELLATION, EventType.RETURN)


class JournalEntry(Struct, frozen=True):
    """One line of a wallet's statement: an event, its number in the journal and the balance after it.

    Attributes:
        account_id: the account whose wallet moved.
        sequence: the number in the wallet's journal, from 1.
        event_id: the ledger's name of the event.
        type: the type of the event.
        performed_on: when it happened.
        posted_on: when it was posted.
        reference_number: the merchant's number; None if there is none.
        merchant_id: the merchant; None for events that no merchant performed.
        movement: what the event does to the wallet, in the wallet's currency.
        balance: the balance after it, in the wallet's currency.
        alternative_balance: the same in the alternative currency; None without one or without a rate.
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

    @property
    def told_id(self) -> str:
        """The id by which callers know the event."""
        return told_id(self.event_id)
