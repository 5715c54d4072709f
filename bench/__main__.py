"""`python -m bench`: every figure beside that of the revision before, the plain variant's and its goal, from one run.

It takes long and ends with status 1 where a goal is missed; see bench/README.md.
"""

import sys
from collections.abc import Iterator

from bench import bulk, cold_start, pricing, throughput, warm
from bench.before import check_out
from bench.figure import Figure, print_table
from bench.interpreter import use_quickest
from bench.setting import ROOT, Variant, prepare, zipped_bytes
from bench.usage import usage

EVENTS_PER_SECOND = 4000
"""The rate at which one core has to post many purchases."""


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    missed = print_table(figures())
    too_long = bulk.report()
    return int(missed or too_long)


def figures() -> Iterator[Figure]:
    """Yield what is measured, one after the other."""
    tree = check_out()
    before, ours, plain = prepare(tree)
    yield from cold_start.figures(before, ours, plain)
    variants = (before, ours, plain)
    yield Figure("a purchase, warm", "ms CPU", 1.5, *(warm.cpu_ms(one.create) if one else None for one in variants))
    yield Figure("the layer, zipped", "MB", 4, *(zipped_bytes(one.layer) / 1e6 if one else None for one in variants))
    earlier = pricing.of_tree(tree) if tree else {}
    for what, milliseconds in pricing.of_tree(ROOT).items():
        yield Figure(what, "ms CPU", 0.4, earlier.get(what), milliseconds)
    yield from throughput_figures(before, ours, plain)


def throughput_figures(*variants: Variant | None) -> Iterator[Figure]:
    """Yield the figures of posting many purchases, with the packages that each variant sees."""
    for setting in throughput.prepare():
        rates = [setting.measure(one.throughput, one.create.path) if one else None for one in variants]
        goal = 1e6 / EVENTS_PER_SECOND if setting.budgeted else None
        yield Figure(setting.what, "us CPU", goal, *(rate.cpu_us if rate else None for rate in rates))
        yield Figure("", "us wall clock", None, *(rate.wall_us if rate else None for rate in rates))
        yield Figure("", "write units", None, *(rate.written if rate else None for rate in rates))
        yield Figure("", "calls", None, *(rate.calls if rate else None for rate in rates))
        yield Figure("", "transactions", None, *(rate.transactions if rate else None for rate in rates))


if __name__ == "__main__":
    usage(__doc__).parse_args()
    use_quickest("bench")
    sys.exit(main())
