"""Runs that broke a rule once hold now; and a run that breaks one is cut down to the operations that matter."""

from decimal import Decimal
from pathlib import Path

import pytest

from loyalty.domain.ledger.wallet import Movement
from tests.simulation.recording import FOUND, Recorded, Step, read, write
from tests.simulation.shrinking import breaks_rule, shrunk
from tests.simulation.simulation import Broken, simulate

KEPT = sorted(FOUND.glob("*.jsonl"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_found_once_holds(path: Path) -> None:
    recorded = read(path)

    simulate(recorded.seed, recorded=recorded)


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    recorded = Recorded(7, {}, (Step(0, 1, "POS", "spend", 5), Step(2, 0, "SHOPS", "wait", 6)))

    write(recorded, "a_rule", tmp_path / "kept.jsonl")

    assert read(tmp_path / "kept.jsonl") == recorded


def test_a_recorded_run_does_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = broken_run(monkeypatch)

    assert broken.recorded is not None
    assert breaks_rule(broken.recorded, broken.rule)


def test_a_run_that_breaks_a_rule_shrinks_to_a_handful_of_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = broken_run(monkeypatch)
    assert broken.recorded is not None

    fewer = shrunk(broken.recorded, broken.rule)

    assert len(fewer.steps) <= 5 < len(broken.recorded.steps)
    assert not fewer.rates
    assert breaks_rule(fewer, broken.rule)


def broken_run(monkeypatch: pytest.MonkeyPatch) -> Broken:
    """Return a run of an engine that gives a cent too much where the wallet pays more than 2."""

    def wrong(movement: Movement) -> Decimal:
        return movement.awarded - movement.spent + (movement.spent > 2)

    monkeypatch.setattr(Movement, "amount", property(wrong))
    with pytest.raises(Broken) as caught:
        simulate(4, 150)
    return caught.value
