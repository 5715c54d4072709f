"""The report of a comparison, while it grows: what is counted, and in a temporary file the differences."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from cli.compare.by_design import MISSING, FieldPair
from cli.compare.recording import RecordedCall
from cli.compare.secrecy import secrets_in, tell, tell_text
from cli.compare.worth import Worth, pattern_of, worth_of_call, worth_of_field
from loyalty.domain.money import ZERO

WHOLE = ""
"""The pointer of a whole answer: one side did what the other refused."""


class Disagreement(NamedTuple):
    """A field in which we disagree: the place of the call in the recording, its route, where in the answer, what both
    sides say, as a report may show it, and how much we are above the vendor, None where it is no money."""

    place: int
    call: str
    pointer: str
    theirs: str
    ours: str
    worth: Decimal | None


@dataclass(slots=True)
class FieldTally:
    """A field in all answers: how often both sides agree and disagree, how often they differ by design and why, and
    how much we are above the vendor in all of them, None where it is no money."""

    agreed: int = 0
    disagreed: int = 0
    by_design: Counter[str] = field(default_factory=Counter)
    worth: Decimal | None = None


@dataclass
class ComparisonReport:
    """What has been compared so far.

    Attributes:
        title: the name of the recording.
        balances: what wallets begin with, in words.
        calls: the calls that were compared.
        agreeing: those of them without a disagreement.
        refused: those that both sides refuse.
        not_compared: calls that were left out, by their path.
        bad: lines or entries that are no recorded calls.
        fields: what came of each field, by its pattern.
        worth: what disagreements are worth, by what the calls do and by kind of money.
    """

    title: str
    balances: str
    calls: int = 0
    agreeing: int = 0
    refused: int = 0
    not_compared: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    fields: dict[str, FieldTally] = field(default_factory=lambda: defaultdict(FieldTally))
    worth: dict[tuple[str, str], Worth] = field(default_factory=lambda: defaultdict(Worth))

    def __post_init__(self) -> None:
        """Open the file of disagreements."""
        self._found = sqlite3.connect("")
        self._found.execute("CREATE TABLE found (place, call, pointer, theirs, ours, worth TEXT)")

    @property
    def disagreeing(self) -> int:
        """The calls with a disagreement."""
        return self.calls - self.agreeing

    def add_agreement(self, pair: FieldPair, reason: str | None) -> None:
        """Count a field that agrees or, for a reason, differs by design."""
        tally = self.fields[pattern_of(pair.pointer)]
        if reason:
            tally.by_design[reason] += 1
        else:
            tally.agreed += 1

    def add_disagreements(self, call: RecordedCall, what: str, effect: str, pairs: list[FieldPair]) -> None:
        """Count the disagreements in a call, of which there may be none; `what` describes its route."""
        self.calls += 1
        self.agreeing += not pairs
        secrets = set(secrets_in(call)) if pairs else set()
        for pair in pairs:
            tally = self.fields[pattern_of(pair.pointer)]
            worth = None if pair.pointer == WHOLE else worth_of_field(pair)
            tally.disagreed += 1
            if worth is not None:
                tally.worth = (tally.worth or ZERO) + worth
            told = (_tell(side, pair.pointer, secrets) for side in (pair.theirs, pair.ours))
            row = (call.place, what, pair.pointer, *told, None if worth is None else str(worth))
            self._found.execute("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?)", row)
        for kind, amount in worth_of_call(pairs).items():
            self.worth[effect, kind].add(amount)

    def disagreements(self, at_most: int | None = None) -> Iterator[Disagreement]:
        """Return the disagreements in the order of the recording."""
        rows = self._found.execute("SELECT * FROM found ORDER BY rowid")
        for row in islice(rows, at_most):
            found = Disagreement._make(row)
            yield found._replace(worth=None if row[-1] is None else Decimal(row[-1]))

    @property
    def disagreed(self) -> int:
        """The number of disagreements."""
        return sum(tally.disagreed for tally in self.fields.values())

    def reasons(self) -> Counter[str]:
        """Return how many fields differ by design, by reason."""
        return sum((tally.by_design for tally in self.fields.values()), Counter())

    def as_json(self) -> dict[str, Any]:
        """Return all but the disagreements, which may be many."""
        return {
            "recording": self.title,
            "balances": self.balances,
            "calls": self.calls,
            "agreeing": self.agreeing,
            "refused_by_both": self.refused,
            "bad": self.bad,
            "not_compared": dict(self.not_compared),
            "worth": [
                {"calls_are": effect, "money": kind, "calls": one.calls, "above": one.above, "below": one.below}
                for (effect, kind), one in sorted(self.worth.items())
            ],
            "fields": {
                name: {"agreed": one.agreed, "disagreed": one.disagreed, "by_design": dict(one.by_design)}
                | ({} if one.worth is None else {"worth": one.worth})
                for name, one in sorted(self.fields.items())
            },
        }

    def close(self) -> None:
        """Forget the disagreements."""
        self._found.close()


def _tell(side: Any, pointer: str, secrets: set[str]) -> str:
    if side is MISSING or (pointer == WHOLE and side is None):
        return "(nothing)"
    if pointer == WHOLE:
        return tell_text(side, secrets) if isinstance(side, str) else "done"
    return tell(side, pointer.rpartition("/")[2], secrets)
