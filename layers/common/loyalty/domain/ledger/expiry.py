"""The end of lots: what of a wallet expires, and for how long the wallet remembers it.

It is remembered so that of an award which is taken back can be told whether it has expired or was spent. Lots do not
know which award is which: what is missing of one counts as expired as far as something of the lot has.
"""

from datetime import datetime
from decimal import Decimal

from loyalty.domain.ledger.wallet import Movement, Wallet, add_lots, negate
from loyalty.domain.money import ZERO
from loyalty.domain.period import months_after

REMEMBERED_MONTHS = 12
"""A purchase is hardly ever taken back later; if it is, what is missing counts as expired."""


def expiry(wallet: Wallet, now: datetime) -> Movement | None:
    """Return what takes the lots that are over out of a wallet; None if there are none."""
    this_month = months_after(now, 0)
    over = {month: amount for month, amount in wallet.lots.items() if month < this_month}
    if not over:
        return None
    lapsed = add_lots(wallet.lapsed, over)
    oldest = _oldest_remembered(now)
    # A lot that was over long before it was filled is remembered as well, until something else expires.
    remembered = {month: amount for month, amount in lapsed.items() if month >= oldest or month in over}
    return Movement(
        awarded=-sum(over.values(), ZERO),
        spent=ZERO,
        lots=negate(over),
        lapsed=add_lots(remembered, negate(wallet.lapsed)),
    )


def lapsed_part(wallet: Wallet, month: str, amount: Decimal, now: datetime, posted_on: datetime) -> Decimal:
    """Return how much counts as expired of an `amount` that went into the lot of `month` with what was posted then, and
    is not there any more. All of it, where both are too long ago for the wallet to remember: then it expired, unless it
    was spent, and nobody knows; else as much as the wallet remembers to have expired."""
    oldest = _oldest_remembered(now)
    if month < oldest and months_after(posted_on, 0) < oldest:
        return amount
    return min(amount, wallet.lapsed.get(month, ZERO))


def _oldest_remembered(now: datetime) -> str:
    return months_after(now, -REMEMBERED_MONTHS)
