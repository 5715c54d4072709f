"""What is over is taken out (rewards.md, "Expiry")."""

from fractions import Fraction

from tests.model.dates import NEVER, end_of
from tests.model.exact import NOTHING
from tests.model.wallet import Wallet, add


def expire(wallet: Wallet, now: int) -> tuple[Fraction, int] | None:
    """Take all lots that are over out of a wallet; return how much, and the moment at which the latest of them ended.

    Until a run does so, they are still there. What is taken out is what the customer has of them.
    """
    over = {lot: held for lot, held in wallet.lots().items() if lot != NEVER and end_of(lot) <= now}
    if not over:
        return None
    add(wallet.booked, over, -1)
    add(wallet.expired, over)
    return sum(over.values(), NOTHING), end_of(max(over))
