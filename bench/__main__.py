"""`python -m bench`: every figure beside that of the revision before, the plain variant's and its goal, from one run.

It takes long and ends with status 1 where a goal is missed; see bench/README.md.
"""

import sys
from collections.abc import Iterator

from bench import backtest, bulk, cold_start, pricing, programme, throughput, warm
from bench.before import check_out
from bench.figure import Figure, print_table
from bench.interpreter import use_quickest
from bench.setting import prepare, zipped_bytes
from bench.usage import tell, usage


def figures() -> Iterator[Figure]:
    """Yield what is measured, one after the other."""
    tree = check_out()
    tell("building layers")
    before, ours, plain = prepare(tree)
    yield from cold_start.figures(before, ours, plain)
    variants = (before, ours, plain)
    tell(warm_purchase := "a purchase, warm")
    milliseconds = [warm.cpu_ms(one.create) if one else None for one in variants]
    yield Figure(warm_purchase, "ms CPU", 1.5, *milliseconds)
    yield Figure("the layer, zipped", "MB", 4, *(zipped_bytes(one.layer) / 1e6 if one else None for one in variants))
    yield from pricing.figures(tree)
    yield from throughput.figures(before, ours, plain)
    yield from bulk.figures()
    yield from programme.figures()
    yield from backtest.figures()


if __name__ == "__main__":
    usage(__doc__).parse_args()
    use_quickest("bench")
    sys.exit(int(print_table(figures())))
