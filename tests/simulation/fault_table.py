"""The fault table: every use case, every call that it makes to the cloud, every kind of fault that may meet this call.

Each cell is a world that goes on from the same snapshot as the undisturbed one, with one fault at one call; its caller
asks again as callers do. Once all is quiet, it has to have come to the same.

A test run works through some, drawn by the date; `make faults` works through all.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Code
from tests.simulation.differences import State, answer_of, more, state_of
from tests.simulation.faults import Fault, Faults
from tests.simulation.invariants import ALONE, Seen
from tests.simulation.operations import Load
from tests.simulation.planned_faults import Lasting, Plan, PlannedFaults, plans
from tests.simulation.scheduler import current_process
from tests.simulation.simulation import SETTLED_SECONDS, prepared
from tests.simulation.snapshots import Snapshot, put_into, taken
from tests.simulation.stage import Stage
from tests.simulation.use_cases import Play, Scenario
from tests.simulation.world import Answer, World

BEFORE, CALLED = 1, 2
"""Seeds: what is drawn before is not drawn again."""

BEHIND_SECONDS = 3.0
OF_THE_PLATFORM = frozenset({0, 502, 504})
"""Statuses of a call whose process is gone, or that nobody waited for."""


class Outage(Faults):
    """Some functions are killed at each call to the cloud."""

    def __init__(self, down: tuple[str, ...]) -> None:
        super().__init__({}, random.Random(0))
        self.down = down

    def of(self, operation: str) -> Fault | None:
        del operation
        process = current_process()
        return Fault.KILLED_BEFORE if process and process.name in self.down else None


@dataclass(frozen=True)
class Opening:
    """A world just before a call: what it holds, and what is known."""

    snapshot: Snapshot
    api_keys: Mapping[str, str]
    known: Mapping[str, Any]


@dataclass
class Ended:
    """What a scenario has come to.

    Attributes:
        faults: The faults that were planned, and the calls that were made.
        told: The last answer, and what else was asked afterwards.
        state: What the table and the buckets hold.
        broken: What should not have been, by itself.
    """

    faults: PlannedFaults
    told: Any
    state: State
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """A fault that a scenario meets."""

    scenario: Scenario
    operation: str
    plan: Plan

    def __str__(self) -> str:
        return f"{self.scenario}, {self.plan} at {self.operation}"


@cache
def opening(scenario: Scenario) -> Opening:
    """Return the world just before a scenario's call."""
    start = _beginning()
    world = World(BEFORE, {}, faults=Outage(scenario.down))
    put_into(world, start.snapshot)
    stage = Stage(world, start.api_keys)
    with world.running():
        _played(stage, scenario.before)
    return Opening(taken(world), start.api_keys, stage.known)


@cache
def _beginning() -> Opening:
    """Return a world with a programme, customers and keys."""
    world = World(0, {})
    with world.running():
        load = prepared(world)
        world.scheduler.advance(SETTLED_SECONDS)
    return Opening(taken(world), load.api_keys, {})


@cache
def undisturbed(scenario: Scenario) -> Ended:
    """Return what a scenario comes to without faults."""
    return played(scenario, None)


@cache
def cells(scenario: Scenario) -> tuple[Cell, ...]:
    """Return all cells of a scenario."""
    calm = undisturbed(scenario).faults
    return tuple(
        Cell(scenario, calm.made[plan.call - 1].operation if plan.call else "the call itself", plan)
        for plan in plans(calm, seconds=scenario.seconds, reads_index=scenario.reads_index)
    )


def wrong(cell: Cell) -> list[str]:
    """Return what is wrong with a cell: where it ends otherwise than without its fault."""
    calm, ended = undisturbed(cell.scenario), played(cell.scenario, cell.plan)
    found = list(ended.broken)
    if not ended.faults.counted[cell.plan.kind]:
        found.append("the fault did not strike")
    if ended.told != calm.told:
        found.append(f"told {ended.told}, not {calm.told}")
    found += [f"there is not: {text}" for text in calm.state - ended.state]
    found += [f"there is: {text}" for text in more(ended.state - calm.state)]
    return found


def played(scenario: Scenario, plan: Plan | None) -> Ended:
    """Return what a scenario comes to, with a fault."""
    start = opening(scenario)
    faults = PlannedFaults(scenario.use_case, plan)
    world = World(CALLED, {}, faults=faults)
    put_into(world, start.snapshot)
    stage = Stage(world, start.api_keys, dict(start.known))
    with world.running():
        if plan == Plan(0, Fault.LATE_INDEX):
            faults.counted[Fault.LATE_INDEX] += _fall_behind(world)
        answer = _played(stage, scenario.call)
        with world.calm():
            after = _played(stage, scenario.after)
            told = (answer_of(answer, scenario.drawn), after)
            broken = [*_refused_badly(stage), *_invariants(stage)]
    return Ended(faults, told, state_of(world), broken)


def _played(stage: Stage, play: Play) -> Any:
    """Play something until all is quiet; return what it answers."""
    answers: list[Any] = []
    scheduler = stage.world.scheduler
    scheduler.start(lambda: answers.append(play(stage)))
    scheduler.run()
    return answers[0]


def _fall_behind(world: World) -> int:
    """Let each index not show yet what was written last; return how many have something to hide."""
    now, hidden = world.scheduler.now, 0
    for index in world.dynamo.indexes.values():
        index.catch_up(now)
        if not index.items:
            continue
        place = max(index.items, key=lambda one: world.dynamo.older[one][0])
        index.pending.append((now, place, None))
        index.pending.append((now + BEHIND_SECONDS, place, world.dynamo.partitions[place[0]][place[1]]))
        hidden += 1
    return hidden


def _refused_badly(stage: Stage) -> Iterator[str]:
    """Return answers that tell of a fault on our side, and are neither the platform's nor a request to try again."""
    yield from stage.faults_of_ours
    for answer in stage.heard:
        if answer.status >= 500 and answer.status not in OF_THE_PLATFORM and not _asks_to_try_again(answer):
            yield f"answered {answer.status}: {answer.text}"


def _asks_to_try_again(answer: Answer) -> bool:
    body = exactjson.loads(answer.text) if answer.text else {}
    code = body.get("code") or body.get("status", {}).get("code")
    return answer.status == 503 and code == Code.RETRY_LATER and "Retry-After" in answer.headers


def _invariants(stage: Stage) -> Iterator[str]:
    seen = Seen(stage.world, Load(dict(stage.api_keys), files=stage.files))
    for rule in ALONE:
        yield from (f"{rule.__name__}: {found}" for found in rule(seen))


def drawn(scenario: Scenario, seed: int) -> Iterator[Cell]:
    """Return some cells of a scenario: of each kind of fault and how long it lasts one, at a call that a seed draws."""
    chance = random.Random(f"{scenario} {seed}")
    by_kind = defaultdict[tuple[Fault, Lasting], list[Cell]](list)
    for cell in cells(scenario):
        by_kind[cell.plan.kind, cell.plan.lasts].append(cell)
    return map(chance.choice, by_kind.values())


def wrong_of(scenario: Scenario) -> dict[str, list[str]]:
    """Return all cells of a scenario that are wrong, and what is."""
    found = {str(cell): wrong(cell) for cell in cells(scenario)}
    return {name: faults for name, faults in found.items() if faults}
