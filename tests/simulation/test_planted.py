"""Rules of the simulation: each finds a fault of its kind that is put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.api.classic import purchases
from loyalty.api.classic.shared import Shared
from loyalty.domain.programme.offers import EFFECTIVE
from loyalty.domain.reversals.reversal import Reversal, ReversedAward
from loyalty.domain.uploads.attempt import Attempt
from loyalty.domain.uploads.row_outcome import Counts
from loyalty.store import credentials, customer_tokens
from loyalty.store.attributes import Item
from loyalty.usecases.reversals import settlement
from tests.simulation.invariants.access import ISSUE, one_time_passwords_end_with_their_card
from tests.simulation.invariants.imports import an_import_changes_what_it_says
from tests.simulation.invariants.registry import Seen
from tests.simulation.operations import Load, Told
from tests.simulation.operations.classic import PURCHASES
from tests.simulation.operations.load import Password
from tests.simulation.simulation import Broken, simulate
from tests.simulation.world import Answer

SEEDS = range(16, 26)

_totals, _beyond, _end = purchases._totals, Counts.beyond, credentials._end
_token_in, _pieces = customer_tokens.access_token_in, Attempt.pieces


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


def let_blocked_cards_in(item: Item | None, now: datetime) -> customer_tokens.CustomerToken | None:
    """Take a one-time password though its card is blocked."""
    is_password = item and "expires_at" in item
    return _token_in({**item, "life_cycle_state": EFFECTIVE} if item and is_password else item, now)


def try_what_is_behind_first(attempt: Attempt, rows: Sequence[int], *_: Any, is_final: bool = False) -> Any:
    """Try the rows behind one that killed its worker while that waits."""
    return _pieces(attempt, rows, lambda _: set(), is_final=is_final)


def leave_all_of_the_first(awards: Sequence[ReversedAward], _: Any, outcome: Reversal) -> dict[str, Decimal]:
    """Take all that is left to the customer for a part of the first award."""
    return {awards[0].offer_id: outcome.waived} if awards else {}


@pytest.mark.parametrize(
    ("place", "name", "broken", "rule"),
    [
        (purchases, "_totals", a_cent_more, "classic_answers_tell_the_models_amounts"),
        (Shared, "life_cycle_state", property(lambda _: "POSTED"), "classic_answers_tell_what_was_cancelled"),
        (credentials, "_end", keep_keys, "each_partner_has_the_one_key_that_it_calls_with"),
        (customer_tokens, "access_token_in", let_blocked_cards_in, "one_time_passwords_end_with_their_card"),
        (Counts, "beyond", count_posted_twice, "uploads_count_each_row_once"),
        (Attempt, "pieces", try_what_is_behind_first, "wallets_keep_the_order_of_a_file"),
        (settlement, "kept_by_offer", leave_all_of_the_first, "purchases_tell_what_was_taken_back_as_the_model_does"),
    ],
    ids=["amounts", "states", "keys", "passwords", "counts", "orders", "kept awards"],
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


@dataclass(frozen=True)
class Shown:
    """A call that shows a password, and how it ended: whether it was let in, and whether a try before got no answer."""

    began: float
    is_let_in: bool = True
    is_tried_again: bool = False
    tea: int = 1

    def told(self) -> Told:
        body = {"accounts_receivable_identifier": {"access_token_identifier": {"one_time_password": "123"}}}
        before = (Answer(503, {}, ""),) if self.is_tried_again else ()
        answer = Answer(200, {}, '{"data": {"id": "E-1"}}') if self.is_let_in else Answer(401, {}, "{}")
        return told(f"{PURCHASES}/create", {**body, "tea": self.tea}, answer, self.began, before)


COMMITTED = 50.0


@pytest.mark.parametrize(
    ("blocked", "calls", "holds"),
    [
        (60.0, [Shown(40.0)], True),
        (45.0, [Shown(40.0)], True),
        (39.0, [Shown(40.0)], False),
        (60.0, [Shown(40.0), Shown(90_000.0)], True),
        (45.0, [Shown(40.0), Shown(48.0)], True),
        (39.0, [Shown(40.0), Shown(90_000.0)], False),
        (45.0, [Shown(40.0, is_let_in=False, is_tried_again=True), Shown(60.0)], True),
        (35.0, [Shown(30.0, is_let_in=False), Shown(40.0)], False),
        (35.0, [Shown(30.0, is_let_in=False, is_tried_again=True, tea=2), Shown(40.0)], False),
        (35.0, [Shown(10.0, is_let_in=False, is_tried_again=True), Shown(90_000.0)], True),
        (15.0, [Shown(0.0, is_let_in=False, is_tried_again=True), Shown(90_000.0)], False),
        (70.0, [Shown(60.0)], False),
    ],
    ids=[
        "blocked afterwards",
        "blocked meanwhile",
        "blocked before",
        "sent again after it was blocked",
        "sent twice at once, and blocked between",
        "blocked before, and sent again",
        "posted by a try without an answer",
        "refused while the card was good",
        "another call while the card was good",
        "posted by a try that was given up",
        "tried too long before it was posted",
        "posted before anybody asked",
    ],
)
def test_a_password_lets_in_as_long_as_its_card_is_good_while_a_call_is_under_way(
    blocked: float, calls: Sequence[Shown], holds: bool
) -> None:
    issued = told(ISSUE, {}, Answer(200, {}, '{"data": {"one_time_password": "123"}}'), 20.0)
    load = Load({}, told=[issued, *(one.told() for one in calls)], passwords=[Password("123", "1", "SHOPS")])
    written = [
        (at, ("", ""), {"record": {"S": exactjson.dumps(record)}}) for at, record in ((10.0, CARD), (blocked, BLOCKED))
    ]
    event = SimpleNamespace(entry=SimpleNamespace(account_id="A-1"))
    known: Any = SimpleNamespace(committed={"E-1": COMMITTED}, events={"E-1": event})
    world: Any = SimpleNamespace(dynamo=SimpleNamespace(written=written))

    found = list(one_time_passwords_end_with_their_card(Seen(world, load, known)))

    assert holds is not bool(found)


def told(path: str, body: Any, answer: Answer, began: float, before: tuple[Answer, ...] = ()) -> Told:
    """Return a call that was answered within five seconds, or twenty where it was tried again."""
    ended = began + (20.0 if before else 5.0)
    return Told("caller", "SHOPS", "", "POST", path, body, {}, answer, before, began, ended)
