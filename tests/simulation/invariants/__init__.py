"""What has to hold whenever all is quiet: causes first, so that a run that fails tells them rather than what follows."""

from tests.simulation.invariants import answers, files, ledger, limits, model
from tests.simulation.invariants.registry import INVARIANTS, Seen

ROOMS = (model, ledger, limits, answers, files)

INVARIANTS.sort(key=lambda rule: [room.__name__ for room in ROOMS].index(rule.__module__))

__all__ = ["INVARIANTS", "ROOMS", "Seen"]
