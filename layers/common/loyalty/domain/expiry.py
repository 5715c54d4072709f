"""The end of lots: what of a wallet expires, and for how long the wallet remembers it.

It is remembered so that of an award which is taken back can be told whether it has expired or was spent. Lots do not
know which award is which: what is missing of one counts as expired as far as something of the lot has.
"""

from datetime import datetime
from decimal import Decimal

from loyalty.domain.money import ZERO
from loyalty.domain.period import months_after
from loyalty.domain.wallet import Movement, Wallet, added, negated

REMEMBERED_MONTHS = 12
"""A purchase is hardly ever taken back later; if it is, what is missing counts as expired."""


def expiry(wallet: Wallet, now: datetime) -> Movement | None:
    """What takes the lots that are over out of a wallet; None where there are none."""
    this_month = months_after(now, 0)
    over = {month: amount for month, amount in wallet.lots.items() if month < this_month}
    if not over:
        return None
    lapsed = added(wallet.lapsed, over)
    remembered = {month: amount for month, amount in lapsed.items() if month >= _oldest_remembered(now)}
    return Movement(
        awarded=-sum(over.values(), ZERO),
        spent=ZERO,
        lots=negated(over),
        lapsed=added(remembered, negated(wallet.lapsed)),
    )


def lapsed_part(wallet: Wallet, month: str, amount: Decimal, now: datetime) -> Decimal:
    """How much counts as expired of an `amount` that went into the lot of `month` and is not there any more."""
    return amount if month < _oldest_remembered(now) else min(amount, wallet.lapsed.get(month, ZERO))


def _oldest_remembered(now: datetime) -> str:
    return months_after(now, -REMEMBERED_MONTHS)
