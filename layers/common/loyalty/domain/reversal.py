"""Taking a purchase back, in whole or line by line: what of its awards and spends goes back where it came from.

What is reversed follows from what was returned altogether, so it does not matter in how many steps: each step takes
back the difference between two running totals, and once all is returned these are the whole event.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.money import ZERO, rounded
from loyalty.domain.wallet import Lots, Wallet, added, negated


class Clawback(StrEnum):
    """What happens where an award that is to be taken back is spent already, and the wallet does not hold it."""

    REFUSE = "REFUSE"
    WITHIN_BALANCE = "WITHIN_BALANCE"
    ALLOW_NEGATIVE = "ALLOW_NEGATIVE"


@dataclass(frozen=True, slots=True)
class PostedAmount:
    """An amount of an award or a spend as it was posted: in the system currency, the wallet's and, where there is one,
    the alternative one; what of it each line brought (weights, by line), and the lots that it went to or came from."""

    system: Decimal
    wallet: Decimal
    alternative: Decimal | None
    weights: Mapping[int, Decimal]
    lots: Lots


@dataclass(frozen=True, slots=True)
class Exponents:
    """Decimals of the system currency, the wallet's and the alternative one."""

    system: int
    wallet: int
    alternative: int


@dataclass(frozen=True, slots=True)
class Part:
    """What of a `PostedAmount` is reversed, in the same three currencies and lots; none below zero."""

    system: Decimal
    wallet: Decimal
    alternative: Decimal | None
    lots: Lots

    def less(self, other: "Part") -> "Part":
        """What this has more than `other`."""
        alternative = None
        if self.alternative is not None:
            alternative = self.alternative - (other.alternative or ZERO)
        return Part(
            self.system - other.system, self.wallet - other.wallet, alternative, added(self.lots, negated(other.lots))
        )


Returned = Mapping[int, Decimal]
"""How much of each line was returned, from 0 to 1; a line that is not named, nothing."""


def reversed_part(posted: PostedAmount, returned: Returned, exponents: Exponents) -> Part:
    """What of `posted` is reversed once this much of the lines is `returned`; all of it once all of them are."""
    share = _share(posted.weights, returned)
    wallet = posted.wallet if share == 1 else rounded(posted.wallet * share, exponents.wallet)
    alternative = posted.alternative
    if alternative is not None and share != 1:
        alternative = rounded(alternative * share, exponents.alternative)
    return Part(
        system=posted.system if share == 1 else rounded(posted.system * share, exponents.system),
        wallet=wallet,
        alternative=alternative,
        lots=_lots_part(posted, wallet),
    )


def _share(weights: Mapping[int, Decimal], returned: Returned) -> Decimal:
    """The part of the weights that was returned. Lines that all weigh nothing weigh the same."""
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Decimal(1))
    if all(returned.get(line, ZERO) == 1 for line in weights):
        return Decimal(1)
    back = sum((weight * returned.get(line, ZERO) for line, weight in weights.items()), ZERO)
    return back / sum(weights.values(), ZERO)


def _lots_part(posted: PostedAmount, wallet: Decimal) -> Lots:
    """What of the lots `wallet` of the whole amount goes back to: first what never expires, then the latest lots."""
    left = wallet - (posted.wallet - sum(posted.lots.values(), ZERO))
    parts: dict[str, Decimal] = {}
    for month in sorted(posted.lots, reverse=True):
        parts[month] = max(ZERO, min(left, posted.lots[month]))
        left -= parts[month]
    return {month: part for month, part in parts.items() if part}


@dataclass(frozen=True, slots=True)
class Reversal:
    """What reversing takes from a wallet (`awarded`) and gives back to it (`spent`), in its currency and the
    alternative one; how its lots change; and what is not taken back, as it is spent or has expired (`waived`)."""

    awarded: Decimal
    spent: Decimal
    alternative_awarded: Decimal | None
    alternative_spent: Decimal | None
    lots: Lots
    waived: Decimal


def reversal(
    awards: Sequence[Part],
    spends: Sequence[Part],
    wallet: Wallet,
    clawback: Clawback,
    this_month: str,
    exponents: Exponents,
) -> Reversal:
    """What taking back `awards` and giving back `spends` does to `wallet`, in the month `this_month` (`YYYY-MM`).

    What an award brought to a lot that is over by now has expired or was spent: only what the lot still holds is taken.
    What the other lots do not hold any more is taken from the rest of the wallet, the earliest lots first. Where the
    wallet does not hold it, `clawback` decides.

    Raises:
        Refused: INSUFFICIENT_BALANCE, where the clawback setting is REFUSE and the award is spent.
    """
    awarded, spent = _wallet_sum(awards), _wallet_sum(spends)
    given_back, taken_back = _lots_of(spends), _lots_of(awards)
    lots = added(wallet.lots, given_back)
    held = {month: min(amount, lots.get(month, ZERO)) for month, amount in taken_back.items()}
    expired = sum((taken_back[month] - held[month] for month in taken_back if month < this_month), ZERO)
    claim, balance = awarded - expired, wallet.balance + spent
    lacking = max(ZERO, claim - max(balance, ZERO))
    if lacking and clawback is Clawback.REFUSE:
        description = f"The award of {awarded} is spent already: the wallet holds {wallet.balance}."
        raise Refused(Problem(Code.INSUFFICIENT_BALANCE, description))
    taken = claim if clawback is Clawback.ALLOW_NEGATIVE else claim - lacking
    return Reversal(
        awarded=taken,
        spent=spent,
        alternative_awarded=_alternative(awards, taken / awarded if awarded else ZERO, exponents.alternative),
        alternative_spent=_alternative(spends, Decimal(1), exponents.alternative),
        lots=wallet.settled(added(given_back, negated(held)), spent - taken),
        waived=awarded - taken,
    )


def _wallet_sum(parts: Sequence[Part]) -> Decimal:
    return sum((part.wallet for part in parts), ZERO)


def _lots_of(parts: Sequence[Part]) -> Lots:
    lots: dict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        for month, amount in part.lots.items():
            lots[month] += amount
    return lots


def _alternative(parts: Sequence[Part], share: Decimal, exponent: int) -> Decimal | None:
    amounts = [part.alternative for part in parts if part.alternative is not None]
    return rounded(sum(amounts, ZERO) * share, exponent) if amounts else None
