"""docs/reliability.md tells each rule that the simulation checks."""

from inspect import getdoc

from tests.simulation import page
from tests.simulation.invariants import INVARIANTS


def test_the_page_tells_the_rules_that_are_checked() -> None:
    assert page.PAGE.read_text("utf-8") == page.text(), "run `python -m tests.simulation.page`"


def test_there_are_many_rules_and_each_says_what_holds() -> None:
    assert len(INVARIANTS) >= 25
    assert all(getdoc(rule) for rule in INVARIANTS)
    assert len({rule.__name__ for rule in INVARIANTS}) == len(INVARIANTS)
