"""The outcome of a row: exactly one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Self, TypeVar

from msgspec import Struct

from loyalty.domain.errors import Code, Problem, Refused


class RowStatus(StrEnum):
    """The status of a row in its result."""

    POSTED = "posted"
    """This upload posted it."""
    REPLAYED = "replayed"
    """It had been posted before: by another upload, a call, or a row above."""
    CREATED = "created"
    """The record is new."""
    UPDATED = "updated"
    """The record replaced the existing one."""
    UNCHANGED = "unchanged"
    """The record is the same as the existing one."""
    REFUSED = "refused"
    """It cannot be posted as it is."""
    FAILED = "failed"
    """Nothing came of it in all tries, and nothing was posted. Sent again, it may."""

    @property
    def is_settled(self) -> bool:
        """Whether the row needs nothing more."""
        return self not in (RowStatus.REFUSED, RowStatus.FAILED)


class Kind(StrEnum):
    """The kind of a file's rows."""

    PURCHASES = "purchases"
    RECORDS = "records"


STATUSES: Mapping[Kind, tuple[RowStatus, ...]] = {
    Kind.PURCHASES: (RowStatus.POSTED, RowStatus.REPLAYED, RowStatus.REFUSED, RowStatus.FAILED),
    Kind.RECORDS: (RowStatus.CREATED, RowStatus.UPDATED, RowStatus.UNCHANGED, RowStatus.REFUSED, RowStatus.FAILED),
}
"""The statuses that rows may get."""


MAX_PROBLEMS = 10
"""Problems that are told of a row: whoever mends ten sends the file again anyway, and a chunk has a thousand rows."""

DRY_RUN = " (dry run)"
"""Stands behind the status in the result of a dry run, so that nobody takes it for what was posted."""


class RowOutcome(Struct, frozen=True):
    """The outcome of the purchase that starts on row `row`. `event_id` is the id of the event; for a failed row without
    an identity of its own, it is the key by which the row is recognized when it is sent again. The row is counted by
    `problem`; `others` are its other faults."""

    row: int
    status: RowStatus
    event_id: str | None = None
    problem: Problem | None = None
    others: tuple[Problem, ...] = ()

    @classmethod
    def refused(cls, row: int, refusal: Refused) -> Self:
        """Refused for its problems, or as many as are told."""
        first, *others = refusal.problems[:MAX_PROBLEMS]
        return cls(row, RowStatus.REFUSED, problem=first, others=tuple(others))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong."""
        return (self.problem, *self.others) if self.problem else ()

    def to_list(self) -> list[Any]:
        """As it is kept: row, status, event id and, of each problem, code, field and description."""
        return [
            self.row,
            self.status,
            self.event_id,
            *(text for problem in self.problems for text in problem_to_list(problem)),
        ]

    @classmethod
    def of(cls, listed: Sequence[Any]) -> Self:
        """Return what `to_list` made a list of."""
        row, status, event_id, *told = listed
        first, *others = (problem(*told[at : at + 3]) for at in range(0, len(told), 3)) if told else (None,)
        return cls(row, RowStatus(status), event_id, first, tuple(others))


def problem_to_list(problem: Problem) -> list[str]:
    """Return a problem as it is kept: code, field and description."""
    return [problem.code, problem.pointer, problem.description]


def problem(code: str, pointer: str, description: str) -> Problem:
    """Return what `problem_to_list` made a list of."""
    return Problem(Code(code), description, pointer)


class Counts(Struct, frozen=True):
    """How many purchases became what, and how many were refused or failed for which reason."""

    by_status: Mapping[RowStatus, int]
    by_code: Mapping[Code, int]

    @classmethod
    def of(cls, outcomes: Sequence[RowOutcome]) -> Self:
        """Count outcomes."""
        return cls(
            _count_outcomes(outcome.status for outcome in outcomes),
            _count_outcomes(outcome.problem.code for outcome in outcomes if outcome.problem),
        )

    @classmethod
    def of_items(cls, numbers: Mapping[str, Any]) -> Self:
        """Return what `items` named."""
        return cls(
            {status: int(numbers[status]) for status in RowStatus if numbers.get(status)},
            {code: int(numbers[f"{_ERROR}{code}"]) for code in Code if numbers.get(f"{_ERROR}{code}")},
        )

    def items(self) -> Iterator[tuple[str, int]]:
        """Names of counters and what they count, for those that are not zero."""
        yield from ((str(status), count) for status, count in self.by_status.items())
        yield from ((f"{_ERROR}{code}", count) for code, count in self.by_code.items())

    @property
    def total(self) -> int:
        """All purchases."""
        return sum(self.by_status.values())

    def beyond(self, before: "Counts | None") -> dict[str, int]:
        """Return what to add to counters that count `before` already, by name."""
        added, counted = dict(self.items()), dict(before.items()) if before else {}
        changes = {name: added.get(name, 0) - counted.get(name, 0) for name in added | counted}
        return {name: change for name, change in changes.items() if change}


_ERROR = "error_"
Counted = TypeVar("Counted", RowStatus, Code)


def _count_outcomes(found: Iterable[Counted]) -> dict[Counted, int]:
    return dict(sorted(Counter(found).items()))
