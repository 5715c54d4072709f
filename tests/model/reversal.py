"""Taking a purchase back (rewards.md, "Taking a purchase back"): a cancellation, or a return of some goods.

A step undoes the difference of two totals: what has to be undone once so much came back, less what was before. So the
steps do not matter, and once everything came back it is what a cancellation undoes.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.dates import NEVER, month_of
from tests.model.exact import NOTHING, shares
from tests.model.money import WALLET
from tests.model.posted import Posted, Returned, award_back, due, instant_back, spend_back, whole
from tests.model.purchase import INSUFFICIENT, Refused
from tests.model.spends import INSTANTLY
from tests.model.wallet import Lots, Wallet, add

REMEMBERED = 12
"""For how many months a wallet remembers what has expired."""

REFUSE, WITHIN_BALANCE, ALLOW_NEGATIVE = "REFUSE", "WITHIN_BALANCE", "ALLOW_NEGATIVE"


@dataclass
class Step:
    """What one cancellation or return does.

    Attributes:
        taken: What it takes of the purchase's awards, as far as the wallet gives it.
        given: What it gives back of its spends.
        waived: What it leaves to the customer.
        kept: The same, by the place of the award in the plan.
        settled: By purchase, what of `given` settles what was waived before.
    """

    taken: Fraction = NOTHING
    given: Fraction = NOTHING
    waived: Fraction = NOTHING
    kept: dict[int, Fraction] = field(default_factory=dict)
    settled: dict[int, Fraction] = field(default_factory=dict)

    @property
    def all_settled(self) -> Fraction:
        """The amount that goes to earlier purchases, and so not to the wallet."""
        return sum(self.settled.values(), NOTHING)


def undo(posted: Posted, wallet: Wallet, returned: Returned, clawback: str, now: int) -> Step:
    """Move the wallet by what a step undoes, from `posted.returned` to `returned`."""
    step = Step()
    owed = max(NOTHING, -wallet.balance)
    requested = _spends_step(posted, returned)
    at_once = spend_back(posted, INSTANTLY, returned) - spend_back(posted, INSTANTLY, posted.returned)
    step.given = requested + at_once
    wallet.book(_where_it_came_from(posted, returned))
    due = {
        at: award_back(posted, one, returned) - award_back(posted, one, posted.returned)
        for at, one in enumerate(posted.plan.awards)
        if not one.is_voucher
    }
    takeable = _less_expired(posted, _less_instant(posted, due, returned), wallet, now)
    wanted = sum(takeable.values(), NOTHING)
    _settle(wallet, step, requested, wanted if clawback == REFUSE else None)
    for at, amount in takeable.items():
        wallet.book({posted.plan.awards[at].lot: -amount})
    owed += _debt_back(posted, returned) - _debt_back(posted, posted.returned)
    lacking = max(NOTHING, -wallet.balance - owed)
    _waive(posted, wallet, step, takeable, lacking, clawback)
    step.taken = wanted + at_once - step.waived
    return step


def _spends_step(posted: Posted, returned: Returned) -> Fraction:
    """Return the part that is given back of a spend that was requested or automatic."""
    methods = [one.method for one in posted.plan.spends if one.method != INSTANTLY]
    return sum(
        (spend_back(posted, one, returned) - spend_back(posted, one, posted.returned) for one in methods), NOTHING
    )


def _debt_back(posted: Posted, returned: Returned) -> Fraction:
    """Return the part that comes back of a debt that the purchase paid off, once so much came back: that comes with the
    last goods."""

    def gained(back: Returned) -> Fraction:
        given = sum((spend_back(posted, one.method, back) for one in posted.plan.spends), NOTHING)
        return due(posted, back) - given

    left = gained(whole(posted.purchase)) - gained(returned)
    return min(max(NOTHING, posted.paid_off - left), posted.paid_off)


def _where_it_came_from(posted: Posted, returned: Returned) -> Lots:
    """A part of a spend goes back first to what never expires, then to the latest lots."""

    def so_far(back: Returned) -> Lots:
        left = sum(
            (spend_back(posted, one.method, back) for one in posted.plan.spends if one.method != INSTANTLY), NOTHING
        )
        result: Lots = {}
        for lot in sorted(posted.drawn, reverse=True):
            result[lot] = min(left, posted.drawn[lot])
            left -= result[lot]
        return result

    after = so_far(returned)
    add(after, so_far(posted.returned), -1)
    return after


def _less_instant(posted: Posted, due: dict[int, Fraction], returned: Returned) -> dict[int, Fraction]:
    """Leave out what the instant spend gives back: it came from these awards, and is taken at the same time."""
    spent = instant_back(posted, returned)
    add(spent, instant_back(posted, posted.returned), -1)
    result = dict(due)
    for lot, amount in spent.items():
        _take_shares(posted, result, lot, amount, instant_only=True)
    return result


def _take_shares(posted: Posted, amounts: dict[int, Fraction], lot: int, whole: Fraction, instant_only: bool) -> None:
    """Take an amount of a lot from its awards, in proportion to what there is of each."""
    awards = posted.plan.awards
    places = [at for at in amounts if awards[at].lot == lot and (awards[at].is_instant or not instant_only)]
    there = tuple(amounts[at] for at in places)
    if any(there):
        parts = shares(min(whole, sum(there, NOTHING)), there, posted.plan.rates.decimals[WALLET])
        amounts.update((at, amounts[at] - part) for at, part in zip(places, parts, strict=True))


def _less_expired(posted: Posted, takeable: dict[int, Fraction], wallet: Wallet, now: int) -> dict[int, Fraction]:
    """If the award has expired already, it is not taken a second time.

    As much of what is missing of a lot counts as expired as has; the rest was spent. That is remembered for twelve
    months: what is missing of a lot that ended longer ago, of a purchase posted longer ago, counts as expired.
    """
    result, there = dict(takeable), dict(wallet.booked)
    add(there, wallet.forgiven)
    for lot in {posted.plan.awards[at].lot for at in takeable}:
        due = sum((takeable[at] for at in takeable if posted.plan.awards[at].lot == lot), NOTHING)
        missing = max(NOTHING, due - max(NOTHING, there.get(lot, NOTHING)))
        known = wallet.expired.get(lot, NOTHING)
        is_long_ago = max(lot, month_of(posted.posted_on)) < month_of(now) - REMEMBERED
        expired = missing if is_long_ago else min(missing, known)
        wallet.expired[lot] = max(NOTHING, known - expired)
        _take_shares(posted, result, lot, expired, instant_only=False)
    return result


def _settle(wallet: Wallet, step: Step, given: Fraction, own: Fraction | None) -> None:
    """Settle the amounts that were waived by the next give-back, the earliest first.

    With `REFUSE`, only as far as the give-back does not pay for the award of its own purchase, `own`.
    """
    left = given if own is None else max(NOTHING, given - own)
    for number, amount in list(wallet.waived.items()):
        part = min(left, amount)
        if part:
            step.settled[number] = part
            wallet.waived[number] -= part
            if not wallet.waived[number]:
                del wallet.waived[number]
            left -= part
    unforgiven = step.all_settled
    for lot in sorted(wallet.forgiven, reverse=True):
        part = min(unforgiven, wallet.forgiven[lot])
        wallet.forgiven[lot] -= part
        unforgiven -= part


def _waive(
    posted: Posted, wallet: Wallet, step: Step, takeable: dict[int, Fraction], lacking: Fraction, clawback: str
) -> None:
    """Where the wallet does not hold enough, `clawback` decides; but a debt that the purchase paid off comes back."""
    if clawback == ALLOW_NEGATIVE or not lacking:
        return
    if clawback == REFUSE:
        raise Refused(("", INSUFFICIENT))
    step.waived = lacking
    places = list(takeable)
    weights = tuple(takeable[at] for at in places)
    decimals = posted.plan.rates.decimals[WALLET]
    step.kept = dict(zip(places, shares(lacking, weights, decimals), strict=True))
    wallet.waived[posted.number] = wallet.waived.get(posted.number, NOTHING) + lacking
    left = lacking
    short = {lot: -amount for lot, amount in wallet.booked.items() if amount + wallet.forgiven.get(lot, NOTHING) < 0}
    for lot in sorted(short):
        part = min(left, short[lot] - wallet.forgiven.get(lot, NOTHING))
        add(wallet.forgiven, {lot: part})
        left -= part
    if left:
        add(wallet.forgiven, {NEVER: left})
