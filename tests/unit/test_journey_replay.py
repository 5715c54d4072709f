"""The replay, against a stand-in for the API."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from rich.console import Console

from cli.console import CommandFailure
from cli.journey import api as journey_api
from cli.journey import replay
from cli.journey.api import MAX_TRIES, Api
from cli.journey.baskets import Choice, JourneyBasket, LeftOutBaskets
from cli.journey.posting import MAX_FAILED, in_order
from cli.journey.summary import Summary, percentiles_ms, table
from cli.target import Target
from tests.unit.journey_api import KEY, RETRY_LATER, Engine, served

pytestmark = pytest.mark.usefixtures("socket_enabled")  # the stand-in is served within this process
LIMIT = 60
Replay = Callable[..., Summary]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def replayed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """Replays the first baskets of the year, without the import and without waiting."""
    monkeypatch.setattr(replay, "import_needed", lambda *_: None)
    monkeypatch.setattr(journey_api, "_pause_seconds", lambda *_: 0)
    monkeypatch.setattr("cli.journey.wallets.JOURNAL_PAUSE_SECONDS", 0)
    with served(engine) as url:
        target = Target(api_url=url, stack_name="test", table="test")

        def run(*, key: str = KEY, spend_every: int = 0) -> Summary:
            return replay.replay_baskets(target, key, Choice(limit=LIMIT), workers=4, spend_every=spend_every)

        yield run


def test_a_second_replay_posts_nothing_and_moves_no_wallet(replayed: Replay) -> None:
    first, second = replayed(), replayed()
    assert (first.posted, first.replayed) == (LIMIT, 0)
    assert (second.posted, second.replayed) == (0, LIMIT)
    assert second.wallets.moved == 0
    assert first.wallets.after == second.wallets.before == second.wallets.after == Decimal("0.10") * LIMIT
    assert first.is_sound
    assert second.is_sound


def test_wallets_add_up_to_awards_less_spends(replayed: Replay) -> None:
    wallets = replayed(spend_every=3).wallets
    assert wallets.spent > 0
    assert wallets.after == wallets.awarded - wallets.spent
    assert wallets.difference == 0


def test_a_balance_that_the_journal_does_not_explain_is_reported(replayed: Replay, engine: Engine) -> None:
    engine.vanishing = Decimal("0.01")
    summary = replayed()
    assert summary.wallets.difference == Decimal("-0.01") * LIMIT
    assert not summary.is_sound


def test_an_event_that_no_journal_has_is_reported(replayed: Replay, engine: Engine) -> None:
    engine.unlisted = 1000
    summary = replayed()
    assert summary.wallets.missing_events == LIMIT
    assert not summary.is_sound


def test_a_journal_that_follows_a_moment_later_is_waited_for(replayed: Replay, engine: Engine) -> None:
    engine.unlisted = 1
    assert replayed().is_sound


def test_refusals_are_counted_by_code_and_are_no_failure(replayed: Replay, engine: Engine) -> None:
    replayed()
    some = sorted(engine.purchases)[:3]
    engine.refused = set(some[:2])
    engine.purchases[some[2]] = ("EVENT", "another body")
    summary = replayed()
    assert summary.refused == {"InsufficientBalanceException": 2, "DuplicateAPIValueException": 1}
    assert summary.replayed == LIMIT - 3
    assert summary.is_sound


def test_a_busy_api_is_asked_again_and_the_tries_are_counted(replayed: Replay, engine: Engine) -> None:
    engine.first_answers = [RETRY_LATER] * 3 + [(429, {"message": "Too Many Requests"})]
    summary = replayed()
    assert summary.posted == LIMIT
    assert summary.retries == {"RetryLaterException": 3, "HTTP 429": 1}


def test_a_purchase_that_stays_unanswered_for_all_tries_has_failed(engine: Engine, replayed: Replay) -> None:
    engine.first_answers = [RETRY_LATER] * (4 * MAX_TRIES)
    summary = replayed()
    assert sum(summary.failed.values()) >= 1
    assert summary.posted + sum(summary.failed.values()) == LIMIT
    assert not summary.is_sound


def test_a_replay_is_given_up_when_too_much_fails(engine: Engine, replayed: Replay) -> None:
    engine.first_answers = [(500, {"message": "Internal server error"})] * (MAX_FAILED + 1)
    with pytest.raises(CommandFailure, match="HTTP 500"):
        replayed()


def test_a_key_that_is_not_accepted_ends_it_at_once(replayed: Replay) -> None:
    with pytest.raises(CommandFailure, match=r"does not accept the key: 401 \(InvalidTokenException\)"):
        replayed(key="another key")


def test_an_api_that_cannot_be_reached_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey_api, "_pause_seconds", lambda *_: 0)
    with served(Engine()) as gone:
        pass
    with pytest.raises(CommandFailure, match="does not answer"):
        Api(gone, KEY).wallet("CJ-0001")


def test_a_long_journal_is_read_page_by_page(engine: Engine) -> None:
    entry = {"event_id": "E", "awarded": Decimal("0.10"), "spent": 0}
    engine.journals["CJ-0001"] = [entry | {"sequence": number} for number in range(1, 261)]
    with served(engine) as url:
        api = Api(url, KEY)
        assert [entry.sequence for entry in api.journal("CJ-0001", 5, 250)] == list(range(250, 5, -1))
        api.close()


def test_a_households_baskets_stay_in_order_whatever_the_workers() -> None:
    baskets = list(Choice(limit=500).baskets(LeftOutBaskets()))
    posted: dict[int, list[JourneyBasket]] = defaultdict(list)
    in_order(baskets, lambda basket: posted[basket.household].append(basket), workers=8)
    assert sum(map(len, posted.values())) == 500
    for household, its in posted.items():
        assert its == [basket for basket in baskets if basket.household == household]


def test_no_basket_is_posted_after_one_that_could_not_be() -> None:
    posted: list[JourneyBasket] = []

    def post(basket: JourneyBasket) -> None:
        if len(posted) == 3:
            raise CommandFailure("the API is gone")
        posted.append(basket)

    with pytest.raises(CommandFailure, match="the API is gone"):
        in_order(Choice(limit=500).baskets(LeftOutBaskets()), post, workers=1)
    assert len(posted) == 3


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    seconds = [number / 1000 for number in range(200, 0, -1)]
    assert percentiles_ms(seconds) == {"p50": 100.0, "p90": 180.0, "p99": 198.0, "max": 200.0}
    assert percentiles_ms([0.5])["p50"] == 500.0
    assert percentiles_ms([])["max"] is None


def test_the_summary_names_every_reason(replayed: Replay, engine: Engine) -> None:
    engine.vanishing = Decimal("0.01")
    summary = replayed()._replace(skipped={"zero total": 4}, lines_left_out={"zero quantity": 5})
    console = Console(width=120)
    with console.capture() as shown:
        console.print(table(summary))
    text = " ".join(shown.get().split())
    for part in ("posted 60", "not posted: zero total 4", "lines left out: zero quantity 5", "they do not add up"):
        assert part in text
