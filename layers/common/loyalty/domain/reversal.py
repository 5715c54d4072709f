"""Taking a purchase back: what that does to a wallet, as things stand."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from loyalty.domain.currencies import Exponents
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.expiry import lapsed_part
from loyalty.domain.money import ZERO, share
from loyalty.domain.posted import Step
from loyalty.domain.returns import Quantities
from loyalty.domain.wallet import Clawback, Lots, Movement, Wallet, added, negated, taken


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What of a purchase was taken back so far: how much of each line was returned, by its place; and, in the wallet's
    currency, what its wallet gave back of the awards and got back of the spends, and what of the awards was left to the
    customer as it was spent (`waived`). A cancellation takes back whatever returns have left, and returns no lines."""

    lines: Quantities = field(default_factory=dict)
    awarded: Decimal = ZERO
    spent: Decimal = ZERO
    waived: Decimal = ZERO

    def plus(self, lines: Quantities, movement: Movement, waived: Decimal) -> "TakenBack":
        """That, and a further reversal, with which these quantities came back."""
        return TakenBack(
            {line: self.lines.get(line, ZERO) + lines.get(line, ZERO) for line in self.lines.keys() | lines.keys()},
            self.awarded - movement.awarded,
            self.spent - movement.spent,
            self.waived + waived,
        )


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a reversal does to a wallet, and what of the awards it leaves to the customer as they are spent (`waived`,
    in the wallet's currency)."""

    movement: Movement
    waived: Decimal


def reversal(step: Step, wallet: Wallet, clawback: Clawback, now: datetime, exponents: Exponents) -> Reversal:
    """What `step` does to `wallet`, as things stand.

    Spends go back to the lots that they came from. Awards are taken from the lots that they went to; what a lot does
    not hold any more has expired, and is let go, or was spent, and is taken as a spend would be: from the other lots,
    the earliest first, then from what never expires. That must not take the wallet below zero, nor, where it is below
    already, any further, but for a debt that the purchase had paid off: then `clawback` decides.

    Raises:
        Refused: INSUFFICIENT_BALANCE, where the clawback setting is REFUSE and the award is spent.
    """
    awarded, spent = step.awards.amounts, step.spends.amounts
    lots = added(wallet.lots, step.spends.lots)
    held = {month: min(amount, lots.get(month, ZERO)) for month, amount in step.awards.lots.items()}
    missing = added(step.awards.lots, negated(held))
    lapsed = {month: lapsed_part(wallet, month, amount, now) for month, amount in missing.items()}
    claim = awarded.wallet - _sum(lapsed)
    floor = min(ZERO, wallet.balance) - step.debt
    lacking = max(ZERO, floor - (wallet.balance + spent.wallet - claim))
    if lacking and clawback is Clawback.REFUSE:
        description = f"The award of {awarded.wallet} is spent: the wallet holds {wallet.balance}."
        raise Refused(Problem(Code.INSUFFICIENT_BALANCE, description))
    waived = ZERO if clawback is Clawback.ALLOW_NEGATIVE else lacking
    back = claim - waived
    others = taken(added(lots, negated(held)), _sum(missing) - _sum(lapsed))
    change = added(step.spends.lots, negated(added(held, others)))
    movement = Movement(
        awarded=ZERO - back,
        spent=ZERO - spent.wallet,
        alternative_awarded=_less(awarded.alternative, back, awarded.wallet, exponents),
        alternative_spent=None if spent.alternative is None else ZERO - spent.alternative,
        lots=wallet.settled(change, spent.wallet - back),
        lapsed=added({}, {month: -min(part, wallet.lapsed.get(month, ZERO)) for month, part in lapsed.items()}),
    )
    return Reversal(movement, waived)


def _sum(lots: Lots) -> Decimal:
    return sum(lots.values(), ZERO)


def _less(alternative: Decimal | None, back: Decimal, awarded: Decimal, exponents: Exponents) -> Decimal | None:
    """What is taken back of an award in the alternative currency, below zero, where this much of the award is."""
    return None if alternative is None else ZERO - share(alternative, back, awarded, exponents.alternative)
