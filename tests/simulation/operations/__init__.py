"""What callers do: each operation is a function in a module of its kind, which is registered and drawn by its weight.

To add one, write a function that takes a `Caller`, decorate it with `operation` and how often it is drawn beside the
others, and return how many operations it counts for. Whatever it sends goes through `Caller.send` and its like, which
ask again as a client would until there is an answer.
"""

from tests.simulation.operations import access, classic, files, purchases, reference, reversals, time
from tests.simulation.operations.caller import OPERATIONS, Caller, Stuck
from tests.simulation.operations.load import KEYS, Load, Operated, SentFile, Told
from tests.simulation.operations.reference import customer, programme

__all__ = [
    "KEYS",
    "OPERATIONS",
    "Caller",
    "Load",
    "Operated",
    "SentFile",
    "Stuck",
    "Told",
    "access",
    "classic",
    "customer",
    "files",
    "programme",
    "purchases",
    "reference",
    "reversals",
    "time",
]
