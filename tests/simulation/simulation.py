"""Runs: callers at work in a world of their own, with faults, until all is quiet; then what has to hold is checked."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

from loyalty import exactjson
from loyalty.store.gc_paused import gc_paused
from loyalty.usecases.access.api_keys import create_key
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.uploads.dead_letters import redrive
from tests.simulation.deployment import KNOWN
from tests.simulation.faults import USUAL, Fault, Rates
from tests.simulation.invariants import INVARIANTS, Seen
from tests.simulation.judge import Judge
from tests.simulation.operations import KEYS, Caller, Load, customer, programme
from tests.simulation.recording import Recorded
from tests.simulation.world import World

CALLERS = (3, 4)
WALLETS = 3
ROUND = 150
"""Operations until all is quiet."""

ROUNDS = 6
"""Of one run: a world that small is quick to make, and to look through."""

RUN = ROUND * ROUNDS

PASSING = (60.0, 3_600.0, 86_400.0, 34_560_000.0)
"""Seconds that may pass between rounds: up to 400 days."""

MAX_REDRIVES = 5
SETTLED_SECONDS = 10.0
"""After which all that was late is seen."""


class Broken(Exception):  # noqa: N818 - reads as what it says
    """An invariant does not hold."""

    def __init__(self, seed: int, step: int, rule: str, found: list[str]) -> None:
        super().__init__(f"seed {seed}, step {step}: {rule}\n" + "\n".join(found[:10]))
        self.rule = rule
        self.recorded: Recorded | None = None
        """All that was done until then."""


@dataclass
class Outcome:
    """What a run has done."""

    seed: int
    operations: int = 0
    steps: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    logged: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        """Count another run in."""
        self.operations += other.operations
        self.steps += other.steps
        for mine, theirs in (
            (self.faults, other.faults),
            (self.checked, other.checked),
            (self.logged, other.logged),
            (self.done, other.done),
            (self.answers, other.answers),
            (self.called, other.called),
        ):
            mine.update(theirs)  # type: ignore[arg-type]  # counters of the same kind


def rates_of(seed: int, usual: Rates = USUAL) -> Rates:
    """Return how likely faults are in the run of a seed: some kinds are left out, others more frequent than usual."""
    chance = random.Random(f"rates {seed}")
    return {
        kind: 0.0 if chance.random() < 0.2 else rate * chance.choice((0.3, 1.0, 2.0)) for kind, rate in usual.items()
    }


@gc_paused()  # what a run makes is kept until its end
def simulate(
    seed: int,
    operations: int = RUN,
    rates: Rates | None = None,
    *,
    recorded: Recorded | None = None,
    trace: Callable[[str], None] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Run a world of a seed: as many operations, or those that are `recorded`.

    Raises:
        Broken: an invariant does not hold.
    """
    rates = recorded.rates if recorded else rates_of(seed) if rates is None else rates
    world, outcome = World(seed, rates, trace), Outcome(seed)
    chance = random.Random(f"simulation {seed}")
    with world.running():
        load = prepared(world)
        judge = Judge(world, load)
        for number in count():
            before = load.operations
            if before >= operations if recorded is None else number >= recorded.rounds:
                break
            _round(world, load, chance, number, min(ROUND, operations - before) if recorded is None else recorded)
            outcome.operations = load.operations
            try:
                check(world, load, judge, outcome)
            except Broken as broken:
                broken.recorded = Recorded(seed, rates, tuple(load.steps))
                raise
            progress(load.operations - before)
            _pass_time(world, chance)
    outcome.steps, outcome.faults, outcome.logged = world.scheduler.steps, world.faults.counted, world.logged
    outcome.done.update(load.done)
    outcome.called.update(world.calls)
    outcome.answers.update((told.operation, came) for told in load.told for came in told.outcomes())
    return outcome


def read_what_runs_share() -> None:
    """Read what all runs need of the template and of the engine, so that no process that begins later has to."""
    simulate(0, operations=0)


def prepared(world: World) -> Load:
    """Give a world its programme, its customers and its partners' keys."""
    with world.calm():
        load = Load({})
        _import(world, load, programme())
        for asked in KEYS:
            load.api_keys[asked.partner_id], _ = create_key(asked, table=world.table, now=world.time())
    return load


def check(world: World, load: Load, judge: Judge, outcome: Outcome) -> None:
    """Look at all that has to hold.

    Raises:
        Broken: something does not.
    """
    since = judge.answers.heard
    judge.hear()
    seen = Seen(world, load, judge, since)
    with world.calm():
        for rule in INVARIANTS:
            found = list(rule(seen))
            outcome.checked[rule.__name__] += 1
            if found:
                raise Broken(world.seed, world.scheduler.steps, rule.__name__, found)
    assert not any(judge.found.values()), "each rule that the judge finds broken is an invariant"


def _round(world: World, load: Load, chance: random.Random, number: int, operations: int | Recorded) -> None:
    """Let callers do so many operations at once, or those that are recorded, on wallets of this round and of earlier
    ones."""
    load.wallets = [*_customers(world, load, chance), *chance.sample(sorted(load.wallets), min(1, len(load.wallets)))]
    callers = chance.randint(*CALLERS)
    for at in range(callers):
        caller = Caller(f"caller {at}", world, load, random.Random(chance.getrandbits(64)))
        if isinstance(operations, Recorded):
            work = partial(caller.do_all, operations.of_caller(number, at))
        else:
            work = partial(caller.work, number, at, operations // callers + (at < operations % callers))
        world.scheduler.start(work, chance.random())
    world.scheduler.run()
    _redriven(world, load)
    world.scheduler.advance(SETTLED_SECONDS)


def _customers(world: World, load: Load, chance: random.Random) -> list[str]:
    """Return customers that are new to the world, some of them with a balance."""
    names = [f"W{load.name()}" for _ in range(WALLETS)]
    with world.calm():
        _import(world, load, [record for name in names for record in customer(name, chance)])
    world.scheduler.advance(SETTLED_SECONDS)
    return names


def _import(world: World, load: Load, records: list[dict[str, Any]]) -> None:
    lines = [exactjson.dumps(record).encode() for record in records]
    refused = import_records(lines, table=world.table, now=world.time()).refused
    assert not refused, refused
    load.know(records)


def _redriven(world: World, load: Load) -> None:
    """Have dead letters and failed calls taken up again, as operators do once the storm is over."""
    for _ in range(MAX_REDRIVES):
        for letter in world.queues[KNOWN["DeadChunkQueue"]].messages:
            load.given_up.setdefault(exactjson.loads(letter.body)["upload"], letter.sent_at)
        with world.calm():
            if not redrive(None, uuid4().hex, world.dead_letters(), table=world.table):
                return
            world.scheduler.run()


def _pass_time(world: World, chance: random.Random) -> None:
    """Let a while pass; of each day at most one of the schedule's times."""
    seconds = chance.choice(PASSING)
    world.advance(seconds)
    if seconds >= 86_400:
        world.call_by_the_clock("expire_lots")
        world.scheduler.run()
