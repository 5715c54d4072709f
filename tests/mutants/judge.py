"""The judge of mutants: a plugin of pytest that, in place of running the tests, plants one mutant after the other.

Tests are collected once. Each mutant gets a process of its own, a fork of this one, in which the tests run that reach
its lines, quick ones first, until one fails. What takes effect as its module is imported takes importing all anew. The
simulation may have the last word on what no test has noticed.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing import Pipe
from time import process_time
from typing import Any

import hypothesis
import pytest
from coverage import Coverage
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.mutations import Mutant
from tests.mutants.planting import Live, Module, live_functions, replace, swap

SECONDS = 20.0
"""CPU time that a mutant gets beyond three times that of its tests: some never end."""

EXAMPLES = 30
"""Of each property: a thousand would take too long for each mutant that they let pass."""

QUIET = ("-q", "-s", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist")
"""Options of pytest, so that it may run again in the same process."""

PASSED, FAILED = 0, 1


class Fate(StrEnum):
    """What has become of a mutant."""

    FAILED_A_TEST = "failed a test"
    FAILED_THE_SIMULATION = "failed the simulation"
    UNREACHED = "reached by no test"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Reach:
    """The CPU time that each test takes, and by file and line the tests that reach it."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def tests(self, module: Module, mutant: Mutant) -> list[str]:
        """Return the tests that reach a mutant, quick ones first: all, if it takes effect as its module is imported."""
        lines = self.lines[str(module.path)]
        found = {test for line in mutant.lines for test in lines.get(line, ())} if mutant.function else self.seconds
        return sorted(self.seconds.keys() & found, key=lambda test: (self.seconds[test], test))


@dataclass
class Judge:
    """The plugin.

    Attributes:
        modules: those in which mutants are planted.
        wanted: tell whether a mutant, by its name, is to be judged.
        simulate: run the simulation, which raises where something does not hold.
        begin: take how many mutants there are to judge.
        hear: take what has become of a mutant.
    """

    modules: Sequence[Module]
    wanted: Callable[[str], bool]
    simulate: Callable[[], object] | None
    begin: Callable[[int], None]
    hear: Callable[[Module, Mutant, Fate], None]

    def pytest_configure(self) -> None:
        """Let properties be tried with few examples, always the same; nobody wants to see the smallest that fails."""
        settings.register_profile(
            "mutants",
            max_examples=EXAMPLES,
            phases=[Phase.explicit, Phase.generate],
            database=None,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutants")
        hypothesis.settings = _Few  # type: ignore[misc] # for the tests that ask for more

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge all mutants in place of running the tests."""
        if session.testsfailed:
            raise session.Interrupted("The tests cannot be collected.")
        session.config.pluginmanager.unregister(name="terminalreporter")
        reach, live = _reach(session.items, [str(module.path) for module in self.modules]), live_functions()
        wanted = [
            _Trial(module, mutant, reach, live)
            for module in self.modules
            for mutant in module.mutants()
            if self.wanted(f"{module.told} {mutant.name}")
        ]
        self.begin(len(wanted))
        for trial in wanted:
            self.hear(trial.module, trial.mutant, trial.fate(session.items, self.simulate))
        return True


@dataclass(frozen=True)
class _Trial:
    module: Module
    mutant: Mutant
    reach: Reach
    live: Live

    def fate(self, items: Sequence[pytest.Item], simulate: Callable[[], object] | None) -> Fate:
        tests = self.reach.tests(self.module, self.mutant)
        seconds = SECONDS + 3 * sum(self.reach.seconds[test] for test in tests)
        if tests and ended(seconds, lambda: self._tested(tests, items)) != PASSED:
            return Fate.FAILED_A_TEST
        if simulate and ended(seconds, lambda: self._simulated(simulate)) != PASSED:
            return Fate.FAILED_THE_SIMULATION
        return Fate.SURVIVED if tests else Fate.UNREACHED

    def _tested(self, tests: Sequence[str], items: Sequence[pytest.Item]) -> int:
        code = self.module.planted(self.mutant)
        if swap(self.module, self.mutant, code, self.live):
            by_name = {item.nodeid: item for item in items}
            return FAILED if any(_run([by_name[test] for test in tests])) else PASSED
        replace(self.module, code)
        return int(pytest.main([*QUIET, "-x", *tests]))

    def _simulated(self, simulate: Callable[[], object]) -> int:
        replace(self.module, self.module.planted(self.mutant))
        simulate()
        return PASSED


class _Few(settings):
    def __init__(self, *parent: Any, max_examples: int = EXAMPLES, **given: Any) -> None:
        super().__init__(*parent, max_examples=min(EXAMPLES, max_examples), **given)


def ended(seconds: float, work: Callable[[], int]) -> int:
    """Do something in a process of its own, and return how that ended: below zero if it took too long."""
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            _in_silence()
            signal.setitimer(signal.ITIMER_PROF, seconds)
            os._exit(work())
        os._exit(FAILED)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _in_silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _reach(items: Sequence[pytest.Item], files: Sequence[str]) -> Reach:
    """Run all tests once, unharmed, and return what they reach."""
    here, there = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            _in_silence()
            there.send(_reached(items, files))
        os._exit(PASSED)
    there.close()
    try:
        reach: Reach | str = here.recv()
    except EOFError:
        reach = "their process has ended"
    os.waitpid(pid, 0)
    if isinstance(reach, str):
        raise pytest.UsageError(f"Mend the tests first: {reach}.")
    return reach


def _reached(items: Sequence[pytest.Item], files: Sequence[str]) -> Reach | str:
    coverage, reach = Coverage(data_file=None, include=list(files), config_file=False), Reach()
    running, began = _run(items, coverage), process_time()
    for item in items:
        if next(running):
            return f"{item.nodeid} fails without a mutant"
        reach.seconds[item.nodeid], began = process_time() - began, process_time()
    for file in files:
        reach.lines[file] = coverage.get_data().contexts_by_lineno(file)
    return reach


def _run(tests: Sequence[pytest.Item], coverage: Coverage | None = None) -> Iterator[bool]:
    """Run tests, and return of each whether it fails; tell `coverage` what each reaches."""
    failures = _Failures()
    for test, after in zip(tests, [*tests[1:], None], strict=True):
        test.config.pluginmanager.register(failures)
        if coverage:
            coverage.start()
            coverage.switch_context(test.nodeid)
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
        if coverage:
            coverage.stop()
        test.config.pluginmanager.unregister(failures)
        yield failures.found


class _Failures:
    found = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that something has failed."""
        self.found = self.found or report.failed
