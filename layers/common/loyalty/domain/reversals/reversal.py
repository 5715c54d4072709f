"""Taking a purchase back: what that does to a wallet, as things stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct, field

from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.ledger.expiry import lapsed_part
from loyalty.domain.ledger.wallet import (
    LASTING,
    Clawback,
    JournalEntry,
    Lots,
    Movement,
    Wallet,
    add_amounts,
    add_lots,
    negate,
    take_from_lots,
)
from loyalty.domain.money import ZERO, split
from loyalty.domain.reversals.proration import ReversalStep
from loyalty.domain.reversals.returns import Quantities


class TakenBack(Struct, frozen=True):
    """The part of a purchase that was taken back so far; amounts are in the wallet's currency.

    Attributes:
        lines: how much of each line was returned, by its place. A cancellation takes back what returns have left, and
            returns no lines.
        awarded: what the wallet gave back of the purchase's awards.
        spent: what the wallet got back of its spends.
        waived: what of the awards is left to the customer, as it is spent.
        settled: what of the spends the wallet did not get, as it settles what was waived of other purchases.
    """

    lines: Quantities = field(default_factory=dict)
    awarded: Decimal = ZERO
    spent: Decimal = ZERO
    waived: Decimal = ZERO
    settled: Decimal = ZERO

    def plus(self, more: "TakenBack") -> "TakenBack":
        """Return this and what was taken back since."""
        return TakenBack(
            {
                line: self.lines.get(line, ZERO) + more.lines.get(line, ZERO)
                for line in self.lines.keys() | more.lines.keys()
            },
            self.awarded + more.awarded,
            self.spent + more.spent,
            self.waived + more.waived,
            self.settled + more.settled,
        )


class Reversal(Struct, frozen=True):
    """The change that a reversal makes to a wallet, in the wallet's currency.

    Attributes:
        waived: what is left to the customer of the purchase's own awards, as it is spent.
        lapsed: what of the awards counts as expired, by lot, and so is neither taken back nor left.
        settled: what was waived before, by purchase, and is taken back now as spends are given back.
    """

    movement: Movement
    waived: Decimal
    settled: Mapping[str, Decimal]
    lapsed: Lots = field(default_factory=dict)

    def taken_back(self, lines: Quantities) -> TakenBack:
        """Return what is taken back of the purchase itself, with which these quantities come back."""
        settled = _sum(self.settled)
        return TakenBack(
            lines, ZERO - self.movement.awarded - settled, ZERO - self.movement.spent, self.waived, settled
        )


def settlement(amount: Decimal) -> TakenBack:
    """Return what is taken back of a purchase of which this much had been waived, and is settled now."""
    return TakenBack(awarded=amount, waived=-amount)


class ReversedAward(Struct, frozen=True):
    """What of an offer's award is reversed in a step, in the wallet's currency; the `month` of its lot, None if it
    never expires; and whether it was spent at once."""

    offer_id: str
    amount: Decimal
    month: str | None
    instant: bool


def kept_by_offer(awards: Sequence[ReversedAward], step: ReversalStep, outcome: Reversal) -> Mapping[str, Decimal]:
    """Return of which awards it is, by their offers, what a step leaves to the customer.

    It is shared by what of each could be taken: neither what was spent at once on the same purchase nor what has
    expired. So an offer's limits count what is left of its own awards.
    """
    amounts = [award.amount for award in awards]
    for month, spent in (*step.at_once.lots.items(), (None, step.at_once.lasting)):
        amounts = _less_shares(amounts, spent, [award.instant and award.month == month for award in awards])
    for month, lapsed in outcome.lapsed.items():
        amounts = _less_shares(amounts, lapsed, [award.month == month for award in awards])
    shares = split(outcome.waived, amounts) if awards else ()
    return add_amounts({}, dict(zip((award.offer_id for award in awards), shares, strict=True)))


def _less_shares(amounts: Sequence[Decimal], total: Decimal, chosen: Sequence[bool]) -> list[Decimal]:
    """Return amounts, of which those that are chosen are less their shares of a total, in proportion to them."""
    weights = [amount if is_chosen else ZERO for amount, is_chosen in zip(amounts, chosen, strict=True)]
    if not any(weights):
        return list(amounts)
    return [max(ZERO, amount - part) for amount, part in zip(amounts, split(total, weights), strict=True)]


def reversal(purchase: JournalEntry, step: ReversalStep, wallet: Wallet, clawback: Clawback, now: datetime) -> Reversal:
    """Return what `step` of a purchase, by its entry, does to `wallet`, as things stand.

    Spends go back to the lots that they came from. Awards are taken from the lots that they went to; what a lot does
    not hold any more has expired, and is let go, or was spent, and the other lots stand in for it (`Wallet.lots`).
    What was waived on the wallet before is settled with the spends. All that must not take the wallet below zero, nor,
    where it is below already, any further, but for a debt that the purchase had paid off: then `clawback` decides.

    So purchases can be taken back in any order, and in parts: what is booked to lots is a sum, and whatever is waived
    in one order and not in another is settled by the end.

    Raises:
        Refused: INSUFFICIENT_BALANCE, if the clawback setting is REFUSE and the award is spent.
    """
    spent = step.spends.amounts
    # What was spent at once is given back and taken at the same time, so no lot lacks it.
    awards, spends = step.awards - step.at_once, step.spends - step.at_once
    before = add_lots(wallet.booked, spends.lots)
    after = add_lots(before, negate(awards.lots))
    lapsed = {
        month: lapsed_part(wallet, month, missing, now, purchase.posted_on)
        for month, missing in add_lots(_short(after), negate(_short(before))).items()
        if missing > 0
    }
    wanted = awards.amounts.wallet - _sum(lapsed)
    given_back = spends.amounts.wallet
    if clawback is Clawback.REFUSE:
        # What was waived elsewhere must not keep a purchase from being taken back that pays for its own award.
        given_back = max(ZERO, given_back - wanted)
    settled = _settle(wallet, given_back)
    unforgiven = _take_latest_first(wallet.forgiven, _sum(settled))
    after = add_lots(add_lots(after, lapsed), negate(_by_month(unforgiven)))
    claim = wanted + step.at_once.amounts.wallet
    floor = min(ZERO, wallet.balance) - step.debt
    lacking = max(ZERO, floor - (wallet.balance + spent.wallet - _sum(settled) - claim))
    if lacking and clawback is Clawback.REFUSE:
        description = f"The award of {step.awards.amounts.wallet} is spent: the wallet holds {wallet.balance}."
        raise Refused(Problem(Code.INSUFFICIENT_BALANCE, description))
    waived = ZERO if clawback is Clawback.ALLOW_NEGATIVE else lacking
    forgiven, back = _forgive(after, waived), claim - waived
    booked = add_lots(after, _by_month(forgiven))
    movement = Movement(
        awarded=ZERO - back - _sum(settled),
        spent=ZERO - spent.wallet,
        alternative_spent=None if spent.alternative is None else ZERO - spent.alternative,
        lots=add_lots(booked, negate(wallet.booked)),
        lapsed=add_lots({}, {month: -min(part, wallet.lapsed.get(month, ZERO)) for month, part in lapsed.items()}),
        waived=add_amounts(negate(settled), {purchase.event_id: waived}),
        forgiven=add_lots(forgiven, negate(unforgiven)),
    )
    return Reversal(movement, waived, settled, lapsed)


def _settle(wallet: Wallet, given_back: Decimal) -> Mapping[str, Decimal]:
    """Return what is settled of what is waived on a wallet, by purchase, what was waived first before all other."""
    left, settled = given_back, {}
    for purchase_id, waived in wallet.waived.items():
        settled[purchase_id] = min(left, waived)
        left -= settled[purchase_id]
    return add_amounts(settled, {})


def _short(booked: Lots) -> Lots:
    """Return what lots lack: how far they are below zero."""
    return {month: -amount for month, amount in booked.items() if amount < 0}


def _forgive(booked: Lots, waived: Decimal) -> Lots:
    """Return which lots are forgiven an amount: what they lack, the earliest first, then what never expires."""
    parts = take_from_lots(_short(booked), waived)
    return add_lots(parts, {LASTING: waived - _sum(parts)})


def _take_latest_first(lots: Lots, amount: Decimal) -> Lots:
    """Return what is taken of forgiven amounts: of what never expires first, then of the latest lots; so that what is
    left is what would have been forgiven in the first place."""
    parts = {LASTING: min(amount, lots.get(LASTING, ZERO))}
    for month in sorted(lots, reverse=True):
        if month != LASTING:
            parts[month] = min(amount - _sum(parts), lots[month])
    return add_lots({}, parts)


def _by_month(lots: Lots) -> Lots:
    """Return the amounts of months alone."""
    return {month: amount for month, amount in lots.items() if month != LASTING}


def _sum(lots: Lots) -> Decimal:
    return sum(lots.values(), ZERO)
