"""A fault at one call of one function or command, and nowhere else; and a record of the calls that it makes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.simulation.clients import LITTLE_TIME
from tests.simulation.faults import OF_OPERATIONS, Fault, Faults
from tests.simulation.scheduler import Process, current_process

OF_SIGHT = (Fault.STALE, Fault.LATE_INDEX)
"""Kinds that make a difference only where a call may see, or show, something late: the world asks for them then."""

ARRIVALS = (
    Fault.GIVEN_UP,
    Fault.RESPONSE_LOST,
    Fault.INVOKED_TWICE,
    Fault.DELIVERED_LATE,
    Fault.DELIVERED_TWICE,
    Fault.NOTIFIED_TWICE,
    Fault.NOTIFIED_LATE,
)
"""Kinds that meet the call of a function or command itself, whatever it calls."""

OF_ATTEMPTS = frozenset(
    {
        Fault.REQUEST_LOST,
        Fault.ANSWER_LOST,
        Fault.EFFECT_LATE,
        Fault.THROTTLED,
        Fault.INTERNAL_ERROR,
        Fault.IN_PROGRESS,
    }
)
"""Kinds after which botocore tries again by itself, if they do not last."""

OF_ANSWERS = frozenset({Fault.CONFLICT, Fault.CANCELLED_THROTTLED, Fault.UNPROCESSED, Fault.BROKEN_BODY, Fault.UNSENT})
"""Kinds after which it is the engine that tries again."""


class Lasting(StrEnum):
    """How long a fault lasts."""

    ONCE = "once"
    RETRIES = "longer than botocore tries"
    CALL = "until the call of the function has ended"


def lastings(kind: Fault) -> tuple[Lasting, ...]:
    """Return how long a kind of fault may last."""
    if kind in OF_ATTEMPTS:
        return Lasting.ONCE, Lasting.RETRIES
    return (Lasting.ONCE, Lasting.CALL) if kind in OF_ANSWERS else (Lasting.ONCE,)


@dataclass(frozen=True)
class Plan:
    """Which call meets which fault: the `call`th, from 1; 0 is that of the function or command itself."""

    call: int
    kind: Fault
    lasts: Lasting = Lasting.ONCE

    def __str__(self) -> str:
        return f"{self.call}-{self.kind.name}-{self.lasts.name}"


@dataclass
class Made:
    """A call that was made: the operation, and what the world asked for meanwhile."""

    operation: str
    asked: set[Fault] = field(default_factory=set)


class PlannedFaults(Faults):
    """Faults by a plan, or none. `made` are the calls of the process that the plan is about, in their order; `arrived`
    the kinds that its own call may meet. `chance` says what else there is to say of a fault."""

    def __init__(self, process: str, plan: Plan | None = None) -> None:
        super().__init__({}, random.Random(f"{process} {plan}"))
        self.process = process
        self.plan = plan
        self.made: list[Made] = []
        self.arrived: set[Fault] = set()
        self._at_work: dict[Process, Made] = {}
        self._struck: tuple[Process, float, str] | None = None

    def of(self, operation: str) -> Fault | None:
        process = current_process()
        if self.quiet or process is None or process.name != self.process:
            return None
        made = self._at_work[process] = Made(operation)
        self.made.append(made)
        if self.plan is None or self.plan.kind in OF_SIGHT:
            return None
        here = (process, process.deadline, operation)
        if len(self.made) == self.plan.call:
            self._struck = here
            self.counted[self.plan.kind] += 1
            return self.plan.kind
        return self.plan.kind if self.plan.lasts is Lasting.CALL and self._struck == here else None

    def next(self, operation: str, before: Fault | None) -> Fault | None:
        del operation
        return before if self.plan and self.plan.lasts is not Lasting.ONCE else None

    def strikes(self, kind: Fault, function: str = "") -> bool:
        if self.quiet:
            return False
        if kind in ARRIVALS:
            return function in ("", self.process) and self._arrives_with(kind)
        process = current_process()
        made = self._at_work.get(process) if process else None
        if made is None or kind not in OF_SIGHT:
            return False
        made.asked.add(kind)
        if not self.plan or self.plan.kind is not kind or made is not self._planned():
            return False
        self.counted[kind] += 1
        return True

    def _arrives_with(self, kind: Fault) -> bool:
        self.arrived.add(kind)
        if self.plan is None or self.plan.kind is not kind or self.counted[kind]:
            return False
        self.counted[kind] += 1
        return True

    def _planned(self) -> Made | None:
        return self.made[self.plan.call - 1] if self.plan and 0 < self.plan.call <= len(self.made) else None


def plans(calm: PlannedFaults, *, seconds: float | None, reads_index: bool) -> Iterator[Plan]:
    """Return all faults that what was made without any may meet. Its process has so many `seconds`, if it has a
    limit."""
    for kind in sorted({*calm.arrived, *([Fault.LATE_INDEX] if reads_index else ())}):
        yield Plan(0, kind)
    for number, made in enumerate(calm.made, start=1):
        for kind in (*OF_OPERATIONS[made.operation], Fault.OUT_OF_TIME, *sorted(made.asked)):
            if kind is Fault.OUT_OF_TIME and not seconds:
                continue
            if kind is Fault.SHORT_OF_TIME and (seconds or 0) <= LITTLE_TIME:
                continue
            for lasts in lastings(kind):
                yield Plan(number, kind, lasts)
