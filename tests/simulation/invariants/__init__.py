"""What has to hold whenever all is quiet."""

from tests.simulation.invariants import answers, files, ledger, limits, model
from tests.simulation.invariants.registry import INVARIANTS, Seen

__all__ = ["INVARIANTS", "Seen", "answers", "files", "ledger", "limits", "model"]
