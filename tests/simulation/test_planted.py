"""Rules about classic answers, keys, imports and uploads: each finds a fault of its kind that is put in."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty.api.classic import purchases
from loyalty.api.classic.shared import Shared
from loyalty.domain.uploads.row_outcome import Counts
from loyalty.store import credentials
from tests.simulation.invariants.imports import an_import_changes_what_it_says
from tests.simulation.invariants.registry import Seen
from tests.simulation.operations import Load
from tests.simulation.simulation import Broken, simulate

SEEDS = range(101, 111)

_totals, _beyond, _end = purchases._totals, Counts.beyond, credentials._end


def a_cent_more(*asked: Any) -> dict[str, Any]:
    """Tell a cent more of what was spent than was."""
    told = _totals(*asked)
    return {**told, "total_spend_amount": told["total_spend_amount"] + Decimal("0.01")}


def keep_keys(*asked: Any) -> list[Any]:
    """Mark a key as revoked, and let it open doors."""
    return _end(*asked)[1:]


def count_posted_twice(counts: Counts, before: Counts | None) -> dict[str, int]:
    """Count what is posted twice."""
    return {name: change * 2 if name == "posted" else change for name, change in _beyond(counts, before).items()}


@pytest.mark.parametrize(
    ("place", "name", "broken", "rule"),
    [
        (purchases, "_totals", a_cent_more, "classic_answers_tell_the_models_amounts"),
        (Shared, "life_cycle_state", property(lambda _: "POSTED"), "classic_answers_tell_what_was_cancelled"),
        (credentials, "_end", keep_keys, "each_partner_has_the_one_key_that_it_calls_with"),
        (Counts, "beyond", count_posted_twice, "uploads_count_each_row_once"),
    ],
    ids=["amounts", "states", "keys", "counts"],
)
def test_what_is_put_in_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, broken: Any, rule: str
) -> None:
    monkeypatch.setattr(place, name, broken)

    with pytest.raises(Broken, match=rule):
        play(SEEDS)


def play(seeds: range) -> None:
    """Play the runs of some seeds."""
    for seed in seeds:
        simulate(seed)


CARD = {"type": "access_token", "id": "T-1", "account": "A-1", "life_cycle_state": "EFFECTIVE"}
BLOCKED = {**CARD, "life_cycle_state": "NOT_EFFECTIVE"}
ROWS = [
    {"type": "access_token", "id": "T-1", "life_cycle_state": "NOT_EFFECTIVE"},
    {"type": "access_token", "id": "T-1", "name": "n"},
]


@pytest.mark.parametrize(
    ("records", "holds"),
    [
        ([CARD, BLOCKED, {**BLOCKED, "name": "n"}], True),
        ([CARD, {**CARD, "name": "n"}, {**BLOCKED, "name": "n"}], True),
        ([CARD, BLOCKED, {**CARD, "name": "n"}], False),
        ([CARD, {**CARD, "name": "n"}, BLOCKED], False),
    ],
    ids=["blocked first", "named first", "opened by a name", "a name lost by blocking"],
)
def test_an_import_that_undoes_what_another_said_is_found(records: list[Any], holds: bool) -> None:
    known: Any = SimpleNamespace(records=records)
    seen = Seen(world=None, load=Load({}, sent=[CARD, *ROWS]), known=known)  # type: ignore[arg-type]  # of no matter

    assert holds is not any(an_import_changes_what_it_says(seen))
