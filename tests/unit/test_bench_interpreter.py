"""Figures are those of the quickest interpreter of this version on the machine, and its build is told beside them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.interpreter import Interpreter, choose, environment
from cli.target import REPOSITORY

OWN = Interpreter("/opt/own", "3.11.7", "-O3", ["/opt/lib", "/opt/lib/lib-dynload"], 140.0)
QUICK = Interpreter("/usr/bin/quick", "3.11.2", "-O2", ["/usr/lib"], 110.0)


def test_the_one_with_the_fewest_instructions_is_measured() -> None:
    slow, good = OWN._replace(path="/opt/slow", instructions_m=150.0), OWN._replace(instructions_m=120.0)

    assert choose(OWN, [slow, QUICK, good]) == QUICK
    assert choose(OWN, [good, QUICK, slow]) == QUICK


def test_the_one_at_hand_is_measured_where_there_is_no_other_or_none_that_has_clearly_fewer() -> None:
    assert choose(OWN, []) == OWN
    assert choose(OWN, [QUICK._replace(instructions_m=137.0)]) == OWN


def test_the_one_at_hand_is_measured_where_instructions_cannot_be_counted() -> None:
    own = OWN._replace(instructions_m=None)

    assert choose(own, [QUICK._replace(instructions_m=None)]) == own


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
    """In a process of its own, as it may go on with another interpreter; without valgrind, which takes its time."""
    code = "from bench.interpreter import use_quickest; use_quickest('platform')"
    alone = os.environ | {"PATH": str(Path(sys.executable).parent)}
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=alone, capture_output=True, text=True)

    assert done.stdout.startswith("measured with /")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in done.stdout.partition("\n")[0]
