"""Figures are those of the quickest interpreter of this version on the machine, and its build is told beside them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.interpreter import Interpreter, choose, environment
from cli.target import REPOSITORY

OWN = Interpreter("/opt/own", "3.11.7", "-O3", ["/opt/lib", "/opt/lib/lib-dynload"], 100.0)
QUICK = Interpreter("/usr/bin/quick", "3.11.2", "-O2", ["/usr/lib"], 75.0)


def test_the_quickest_is_measured() -> None:
    assert choose(OWN, [OWN._replace(path="/opt/slow", loop_ms=130.0), QUICK]) == QUICK


def test_the_one_at_hand_is_measured_where_there_is_no_other_or_none_that_is_clearly_quicker() -> None:
    assert choose(OWN, []) == OWN
    assert choose(OWN, [QUICK._replace(loop_ms=97.0)]) == OWN


def test_what_is_no_interpreter_is_passed_over() -> None:
    assert Interpreter.at("/bin/false") is None


def test_one_that_was_chosen_sees_the_packages_of_the_one_at_hand_and_not_its_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", ["", *OWN.library, "/venv/site-packages", "/work"])

    assert environment(QUICK, OWN)["PYTHONPATH"] == "/venv/site-packages:/work"


def test_it_knows_its_own_library_and_no_packages() -> None:
    found = Interpreter.at(sys.executable)

    assert found
    assert str(Path(json.__file__).parents[1]) in found.library
    assert not set(found.library) & {path for path in sys.path if path.endswith("site-packages")}


def test_it_is_told_which_one_was_taken_and_how_that_was_built() -> None:
    """In a process of its own, as it may go on with another interpreter."""
    code = "from bench.interpreter import use_quickest; use_quickest('platform')"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("measured with /")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in done.stdout.partition("\n")[0]
