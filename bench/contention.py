"""Many callers at once whose purchases all want one item: `python -m bench.contention`. See `tests/contention.py`;
time is reckoned there, so the figures are the same on every machine at the same revision."""

import random
from statistics import mean, quantiles

from bench.usage import usage
from tests.contention import crowd, crowd_of_one_wallet

CALLERS = (1, 4, 16, 64)
PURCHASES = 100
"""The number of purchases of each caller, one after the other."""


def main() -> None:
    """Print a table for a counter that all want, and one for a wallet."""
    for what, meet in (("one budget and one promo code", crowd), ("one wallet", crowd_of_one_wallet)):
        print(f"{what}\ncallers  put off  transactions  seconds: mean    99%  longest  purchases a second")
        for callers in CALLERS:
            random.seed(1)
            told, _ = meet(callers, PURCHASES)
            posted = callers * PURCHASES
            seconds = f"{mean(told.seconds):13.2f} {quantiles(told.seconds, n=100)[-1]:6.2f} {max(told.seconds):8.2f}"
            shares = f"{told.put_off / posted:8.2%} {told.transactions / posted:13.2f}"
            print(f"{callers:7} {shares} {seconds} {(posted - told.put_off) / told.lasted:19.0f}", flush=True)


if __name__ == "__main__":
    usage(__doc__).parse_args()
    main()
