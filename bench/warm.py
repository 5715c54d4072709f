"""Warm calls: process CPU per purchase, user and system time, of all but the network and DynamoDB itself.

One process handles CALLS purchases that differ in their reference number, in rounds; the quickest round counts, since
whatever else runs on the machine only ever makes one slower.
"""

from bench.setting import Function

CALLS = 2200


def cpu_ms(function: Function, calls: int = CALLS) -> float:
    """CPU milliseconds per call of `function`."""
    return 1000 * float(function.run(more=calls)["seconds"])
