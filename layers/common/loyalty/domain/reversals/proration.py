"""What a purchase gave and took, lot by lot; and how much of it goes back once some of its lines came back.

That follows from what came back altogether, so it does not matter in how many steps: each step reverses the difference
between two running totals, and once all came back these are the whole purchase.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from loyalty.domain.currencies import Exponents
from loyalty.domain.events.documents import PostedAward, PurchaseDocument
from loyalty.domain.ledger.wallet import Lots, Movement, add_lots, negate
from loyalty.domain.money import ZERO, share
from loyalty.domain.pricing.exchange import Amounts
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.reversals.returns import Fractions, ReturnedLines, SoldLine


class LotAmounts(Struct, frozen=True):
    """Some amounts of awards or spends, or what of them is reversed; and which part of them is of which lot."""

    amounts: Amounts
    lots: Lots

    @property
    def lasting(self) -> Decimal:
        """The part that belongs to no lot, as it never expires; in the wallet's currency."""
        return self.amounts.wallet - sum(self.lots.values(), ZERO)

    def __add__(self, other: "LotAmounts") -> "LotAmounts":
        return LotAmounts(self.amounts + other.amounts, add_lots(self.lots, other.lots))

    def __sub__(self, other: "LotAmounts") -> "LotAmounts":
        return LotAmounts(self.amounts - other.amounts, add_lots(self.lots, negate(other.lots)))


class WeightedAmounts(Struct, frozen=True):
    """An award, or a spend of what the wallet held before, as it was posted; and how much of it each line stands for
    (weights, by place)."""

    whole: LotAmounts
    weights: Mapping[int, Decimal]

    def is_whole(self, back: Fractions) -> bool:
        """Return whether all the lines that it stands for came back."""
        return all(back.get(line) == 1 for line in self.weights)

    def part(self, back: Fractions, exponents: Exponents) -> LotAmounts:
        """Return what of it is reversed once so much came back."""
        # Lines that all weigh nothing weigh the same.
        weights = self.weights if any(self.weights.values()) else dict.fromkeys(self.weights, Decimal(1))
        weight = sum((Fraction(weight) * back[line] for line, weight in weights.items() if line in back), Fraction(0))
        total, whole = sum(weights.values(), ZERO), self.whole.amounts
        amounts = Amounts(
            share(whole.system, weight, total, exponents.system),
            share(whole.wallet, weight, total, exponents.wallet),
            None if whole.alternative is None else share(whole.alternative, weight, total, exponents.alternative),
        )
        return LotAmounts(amounts, self._lots_part(amounts.wallet))

    def _lots_part(self, amount: Decimal) -> Lots:
        """Return the lots of a part: first what never expires, then the latest lots, so that a customer gets back first
        what lasts longest."""
        left = amount - self.whole.lasting
        parts: dict[str, Decimal] = {}
        for month in sorted(self.whole.lots, reverse=True):
            parts[month] = max(ZERO, min(left, self.whole.lots[month]))
            left -= parts[month]
        return {month: part for month, part in parts.items() if part}


class InstantSpend(Struct, frozen=True):
    """An instant spend as it was posted: all, or a part, of these awards of the same purchase."""

    whole: LotAmounts
    awards: Sequence[WeightedAmounts]

    def part(self, back: Fractions, exponents: Exponents) -> LotAmounts:
        """Return what of it is reversed once so much came back: lot by lot, what was spent of the awards that are
        reversed. So an award that was spent at once is never missing."""
        nothing = LotAmounts(self.whole.amounts - self.whole.amounts, {})
        total = sum((award.whole for award in self.awards), nothing)
        part = sum((award.part(back, exponents) for award in self.awards), nothing)
        lots = {
            month: share(spent, part.lots.get(month, ZERO), total.lots[month], exponents.wallet)
            for month, spent in self.whole.lots.items()
        }
        lasting = share(self.whole.lasting, part.lasting, total.lasting, exponents.wallet)
        system = share(self.whole.amounts.system, part.amounts.system, total.amounts.system, exponents.system)
        alternative = self.whole.amounts.alternative
        if alternative is not None:
            of, all_of = part.amounts.alternative or ZERO, total.amounts.alternative or ZERO
            alternative = share(alternative, of, all_of, exponents.alternative)
        return LotAmounts(Amounts(system, lasting + sum(lots.values(), ZERO), alternative), add_lots({}, lots))


class ReversalStep(Struct, frozen=True):
    """The share of a purchase that one reversal undoes: awards to take back, spends to give back, and how much of the
    spends was of the same purchase's awards (`at_once`); and what of the awards had paid off a debt, in the wallet's
    currency."""

    awards: LotAmounts
    spends: LotAmounts
    at_once: LotAmounts
    debt: Decimal

    def __sub__(self, other: "ReversalStep") -> "ReversalStep":
        return ReversalStep(
            self.awards - other.awards, self.spends - other.spends, self.at_once - other.at_once, self.debt - other.debt
        )


class PurchaseAmounts(Struct, frozen=True):
    """What a purchase gave and took. `nothing` is zero in the currencies of its amounts; `debt` is how much of a debt
    of the wallet it paid off, all in all, in the wallet's currency."""

    awards: Sequence[WeightedAmounts]
    spends: Sequence[WeightedAmounts | InstantSpend]
    nothing: Amounts
    debt: Decimal

    def step(self, back: ReturnedLines, exponents: Exponents) -> ReversalStep:
        """Return what is reversed with what comes back."""
        return self.upto(back.after, exponents) - self.upto(back.before, exponents)

    def upto(self, back: Fractions, exponents: Exponents) -> ReversalStep:
        """Return all that is reversed once so much came back. What paid off a debt is reversed last."""
        nothing = LotAmounts(self.nothing, {})
        awards = sum((award.part(back, exponents) for award in self.awards), nothing)
        spends = sum((spend.part(back, exponents) for spend in self.spends), nothing)
        gained = sum((award.whole for award in self.awards), nothing) - sum((s.whole for s in self.spends), nothing)
        debt = (awards - spends).amounts.wallet - (gained.amounts.wallet - self.debt)
        at_once = [spend.part(back, exponents) for spend in self.spends if isinstance(spend, InstantSpend)]
        return ReversalStep(awards, spends, sum(at_once, nothing), min(max(ZERO, debt), self.debt))


def sold_lines(purchase: PurchaseDocument) -> list[SoldLine]:
    """Return the lines of a purchase."""
    return [SoldLine(line.product_code, line.quantity) for line in purchase.lines]


def weighted(award: PostedAward) -> WeightedAmounts:
    """Return an award or a voucher by the lines that it stands for."""
    lots = {award.expires: award.amounts.wallet} if award.expires else {}
    weights = {share.line: share.amount for share in award.shares}
    return WeightedAmounts(LotAmounts(award.amounts, lots), weights)


def purchase_amounts(purchase: PurchaseDocument, movement: Movement, balance: Decimal) -> PurchaseAmounts:
    """Return what a purchase gave and took; `balance` is the wallet's after it. All lines were paid for by its spends,
    in proportion to their totals."""
    totals = {place: line.total for place, line in enumerate(purchase.lines)}
    at_once = [weighted(award) for award in purchase.awards if award.instant]
    spends = [(spend.method, LotAmounts(spend.amounts, spend.lots)) for spend in purchase.spends]
    return PurchaseAmounts(
        awards=[weighted(award) for award in purchase.awards],
        spends=[
            InstantSpend(whole, at_once) if method is SpendMethod.INSTANTLY else WeightedAmounts(whole, totals)
            for method, whole in spends
        ],
        nothing=Amounts(ZERO, ZERO, None if movement.alternative_awarded is None else ZERO),
        debt=max(ZERO, min(ZERO, balance) - min(ZERO, balance - movement.amount)),
    )
