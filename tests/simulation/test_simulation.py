"""The simulation itself: the same seed is the same run, and what is broken is found."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loyalty.domain.uploads.wallet_order import WalletOrder
from loyalty.usecases.purchases import post_purchase
from tests.simulation import dynamo, queues
from tests.simulation.faults import USUAL, Fault
from tests.simulation.invariants import INVARIANTS
from tests.simulation.simulation import Broken, simulate
from tests.simulation.world import World
from tests.template import TEMPLATE

CALM: dict[Fault, float] = {}


def test_a_calm_world_holds() -> None:
    outcome = simulate(1, 150, CALM)

    assert outcome.operations >= 150
    assert not outcome.faults
    assert not outcome.logged
    assert outcome.checked == {rule.__name__: 1 for rule in INVARIANTS}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_with_all_faults_holds(seed: int) -> None:
    outcome = simulate(seed, 450)

    assert len(outcome.faults) > 10
    assert outcome.checked.keys() == {rule.__name__ for rule in INVARIANTS}


OFTEN = 0.4
LETHAL = 0.1
"""How often a process is killed at a call: of more, hardly any comes to its end."""
RESULTS = {Fault.OUT_OF_TIME}  # of other faults


@pytest.mark.parametrize("kind", [kind for kind in Fault if kind not in RESULTS], ids=lambda kind: kind.name)
def test_a_world_holds_where_one_kind_of_fault_is_frequent(kind: Fault) -> None:
    outcome = simulate(12, 200, {kind: LETHAL if kind.name.startswith("KILLED") else OFTEN})

    assert outcome.faults[kind] > 0


def test_a_run_that_has_ended_leaves_nothing_behind() -> None:
    simulate(1, 10, CALM)

    gc.collect()
    assert not [one for one in gc.get_objects() if isinstance(one, World)]


def test_the_same_seed_is_the_same_run_to_the_byte(tmp_path: Path) -> None:
    traces = [_traced(tmp_path / f"{hashes}.txt", seed=3, hashes=hashes) for hashes in ("1", "2")]

    assert len(traces[0]) > 100_000
    assert traces[0] == traces[1]


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    first, other = (_traced(tmp_path / f"{seed}.txt", seed=seed, hashes="1") for seed in (3, 4))

    assert first != other


def let_through(sort_key: str) -> Callable[..., None]:
    """Return what lets conditions of such items hold always, in transactions."""
    raise_failed = dynamo._raise_failed

    def failed(place: dynamo.Key, found: dynamo.Kept | None) -> None:
        if not place[1].startswith(sort_key):
            raise_failed(place, found)

    return failed


def leave_out_wallets(table: dynamo.DynamoService, *asked: Any) -> list[Any]:
    """Do a transaction, each seventh without its wallets."""
    writes = WHOLE(table, *asked)
    return writes if len(table.tokens) % 7 else [write for write in writes if write[0][1] != "WALLET"]


def lose_every_fifth(queue: queues.MessageQueue, body: str, group: str = "", deduplication_id: str = "") -> str:
    """Take a message; each fifth is lost."""
    queue.names += 1
    return "lost" if queue.names % 5 == 0 else SEND(queue, body, group, deduplication_id)


WHOLE, SEND = dynamo.DynamoService._transaction, queues.MessageQueue.send


@pytest.mark.parametrize(
    ("place", "name", "broken", "rule"),
    [
        (dynamo, "_raise_failed", let_through("WALLET"), "journals_are_chained"),
        (dynamo, "_raise_failed", let_through("EVENT"), "journals_are_chained"),
        (dynamo.DynamoService, "_transaction", leave_out_wallets, "journals_are_chained"),
        (queues.MessageQueue, "send", lose_every_fifth, "all_has_ended"),
    ],
    ids=["wallets are written over", "events are written over", "transactions are cut", "messages are lost"],
)
def test_what_is_broken_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Callable[..., Any], rule: str
) -> None:
    monkeypatch.setattr(place, name, broken)

    with pytest.raises(Broken, match=rule):
        simulate(5, 900, USUAL)


def test_rows_that_overtake_others_of_their_wallet_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WalletOrder, "behind", lambda *_: set())

    with pytest.raises(Broken, match="wallets_keep_the_order_of_a_file"):
        simulate(33, 450, {Fault.CONFLICT: OFTEN, Fault.KILLED_AFTER: LETHAL / 2})


def test_entries_that_overtake_one_whose_pass_code_was_not_checked_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_purchase, "account_named", lambda *_: None)  # so that nothing waits behind it

    with pytest.raises(Broken, match="wallets_keep_the_order_of_a_bulk_call"):
        simulate(33, 450, {Fault.THROTTLED: OFTEN})


def _traced(file: Path, *, seed: int, hashes: str) -> bytes:
    subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--ops", "300", "--trace", str(file)],
        check=True,
        cwd=TEMPLATE.parent,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        stdout=subprocess.DEVNULL,
    )
    return file.read_bytes()
