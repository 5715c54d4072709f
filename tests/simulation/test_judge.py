"""The judge: what it lets pass, and what it does not."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loyalty import exactjson
from loyalty.domain.access.guesses import AT_A_PASS_CODE
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.events.documents import PurchaseDocument
from loyalty.store import customer_tokens
from loyalty.usecases.purchases import post_purchase
from loyalty.usecases.reference.import_records import import_records
from tests.simulation.answers import PREVIEWS
from tests.simulation.judge import Judge
from tests.simulation.operations import Caller, Load, Told, baskets, customer
from tests.simulation.operations.classic import BULK, PURCHASES
from tests.simulation.operations.load import Body
from tests.simulation.plans import is_plan_of
from tests.simulation.simulation import prepared
from tests.simulation.world import World
from tests.tables import scenario

AT, ONE = datetime(2026, 1, 15, tzinfo=UTC), {"number": "N-ONE"}


@dataclass
class Stage:
    """A world without faults, in which one caller does one thing after the other."""

    world: World
    load: Load

    def have(self, records: list[Body]) -> None:
        """Import records."""
        lines = [exactjson.dumps(record).encode() for record in records]
        assert not import_records(lines, table=self.world.table, now=self.world.time()).refused
        self.load.know(records)

    def send(self, path: str, body: Body) -> Told:
        """Send a call a second later."""
        self.world.scheduler.advance(1.0)
        caller = Caller("caller", self.world, self.load, random.Random(0))
        self.world.scheduler.start(lambda: caller.send("POST", path, body))
        self.world.scheduler.run()
        return self.load.told[-1]

    def buy_the_same(self, wallet: str, headers: Body) -> None:
        """Send a classic purchase of a customer: always of the same goods under the same number."""
        self.send_classic(f"{PURCHASES}/create", scenario.classic("same", AT, {"number": f"N-{wallet}"}).body, headers)

    def send_bulk(self, *entries: Body) -> None:
        """Send a bulk call: always the same, as its key says."""
        self.send_classic(BULK, {"purchase_customer_events_set": list(entries)}, {"Idempotency-Key": "KEY"})

    def send_classic(self, path: str, body: Body, headers: Body) -> None:
        """Send a classic call a second later."""
        self.world.scheduler.advance(1.0)
        caller = Caller("caller", self.world, self.load, random.Random(0))
        self.world.scheduler.start(lambda: caller.send_classic(path, body, headers))
        self.world.scheduler.run()


@pytest.fixture
def stage() -> Iterator[Stage]:
    world = World(1, {})
    with world.running():
        load = prepared(world)
        stage = Stage(world, load)
        stage.have([one for name in ("ONE", "TWO") for one in poor(name)])
        world.scheduler.advance(120.0)
        yield stage


def poor(name: str) -> list[Body]:
    """Return a customer that has nothing yet."""
    return [one for one in customer(name, random.Random(5)) if one["type"] != "opening_balance"]


def purchase(wallet: str, name: str, amount: str) -> Body:
    """Return a purchase that draws on a budget."""
    goods = [scenario.line("TEA", amount, 1)]
    body: Body = scenario.newest(name, None, merchant="KI", products=goods, cim=f"CIM-{wallet}").body
    return body


OPENING = {"account": "A-ONE", "amount": 7, "performed_on": "2026-01-01T00:00:00"}


def move_wallet(stage: Stage) -> None:
    """Post to the wallet of the customer who asks."""
    stage.have([{"type": "opening_balance", "id": "O-ONE", **OPENING}])


def draw_on_budget(stage: Stage) -> None:
    """Let somebody else draw on the budget."""
    stage.send("/purchases", purchase("TWO", "drawing", "50"))


WALLET_FIRST, BUDGET_FIRST = (move_wallet, draw_on_budget), (draw_on_budget, move_wallet)


@pytest.mark.parametrize(
    ("posted", "mixed", "is_found"),
    [
        (WALLET_FIRST, lambda before, _, after: told(after, wallet_of=after, since=before), False),
        (
            WALLET_FIRST,
            lambda before, between, after: told(between, wallet_of=between, since=before, until=after),
            False,
        ),
        (WALLET_FIRST, lambda before, _, after: told(after, wallet_of=before, since=before), False),
        (WALLET_FIRST, lambda before, between, after: told(after, wallet_of=before, since=between), True),
        (WALLET_FIRST, lambda before, between, after: told(after, wallet_of=before, since=before, until=between), True),
        (BUDGET_FIRST, lambda before, _, after: told(before, wallet_of=after, since=before, until=after), True),
    ],
    ids=[
        "all of the end",
        "all of a moment between",
        "the wallet of an earlier moment than the budgets",
        "the wallet of before it was asked",
        "the budgets of after it was heard",
        "the wallet of a later moment than the budgets",
    ],
)
def test_a_preview_may_go_by_an_earlier_wallet_than_budgets_and_by_nothing_else(
    stage: Stage, posted: tuple[Callable[[Stage], None], ...], mixed: Callable[[Told, Told, Told], Told], is_found: bool
) -> None:
    asked = purchase("ONE", "preview", "100")
    answers = [stage.send("/purchases/preview", asked)]
    for post in posted:
        post(stage)
        answers.append(stage.send("/purchases/preview", asked))
    before, between, after = answers
    assert before.answer.body["balance"] != after.answer.body["balance"]
    assert before.answer.body["awards"] != after.answer.body["awards"]

    stage.load.told.append(mixed(before, between, after))
    judge = Judge(stage.world, stage.load)
    judge.hear()

    assert bool(judge.found.pop(PREVIEWS, [])) == is_found
    assert not any(judge.found.values())


def test_a_purchase_may_bring_a_promo_code_that_is_newer_than_the_programme_it_goes_by(stage: Stage) -> None:
    stage.send("/purchases", purchase("ONE", "before", "10"))
    stage.have([{**stage.load.records["reward_offer", "FOUR-A-WEEK"], "life_cycle_state": "NOT_EFFECTIVE"}])
    stage.have([{**stage.load.records["promo_code", "PC-FEW"], "id": "NEW", "code": "NEW"}])
    told = stage.send("/purchases", {**purchase("TWO", "with the code", "10"), "promo_code": "NEW"})
    judge = Judge(stage.world, stage.load)
    judge.hear()

    awards = judge.events[told.answer.body["id"]].purchase_document.awards
    assert {"FLASHING", "FOUR-A-WEEK"} <= {one.offer_id for one in awards}
    assert not any(judge.found.values())


def test_a_plan_that_knows_nothing_of_an_offer_that_was_examined_is_not_that_of_the_purchase(stage: Stage) -> None:
    told = stage.send("/purchases", purchase("ONE", "one", "10"))
    judge = Judge(stage.world, stage.load)
    judge.hear()
    event = judge.events[told.answer.body["id"]]
    plan = judge.state.purchases[judge.numbers[event.entry.event_id]].plan
    examined = event.purchase_document.why[0].offer_id

    assert is_plan_of(plan, event)
    assert not is_plan_of(
        replace(plan, why={offer: why for offer, why in plan.why.items() if offer != examined}), event
    )


def test_a_purchase_that_nobody_was_told_of_is_not_taken_for_that_of_another_customer(stage: Stage) -> None:
    """Under one reference number, of the same goods: the first call is known by its key, the second by nothing, so it
    posted once more when it was sent again."""
    stage.buy_the_same("ONE", {"Idempotency-Key": "KEY-1"})
    stage.buy_the_same("TWO", {})
    stage.load.told.pop()
    stage.buy_the_same("TWO", {})
    judge = Judge(stage.world, stage.load)
    judge.hear()

    posted = [event.entry.account_id for event in judge.events.values() if event.entry.reference_number == "REF-same"]
    assert posted == ["A-ONE", "A-TWO", "A-TWO"]
    assert not any(judge.found.values())


def test_a_purchase_that_nobody_was_told_of_is_not_taken_for_that_at_another_merchant(stage: Stage) -> None:
    """Under one reference number, of the same goods: the caller of the second gave up before it was posted, and asked
    again once the card was blocked."""
    stage.send("/purchases", purchase("ONE", "same", "10"))
    written, at_another = stage.world.dynamo.written, {**purchase("ONE", "same", "10"), "merchant_tap": {"code": "CF"}}
    begun = len(written)
    stage.send("/purchases", at_another)
    stage.load.told.pop()
    posted = written[begun:]
    del written[begun:]
    stage.have([{**stage.load.records["access_token", "T-ONE"], "life_cycle_state": "NOT_EFFECTIVE"}])
    refused = stage.send("/purchases", {**at_another, "reference_number": "REF-other"})
    stage.load.told[-1] = replace(refused, body=at_another)
    stage.world.scheduler.advance(1.0)
    written += [(stage.world.scheduler.now, place, item) for _, place, item in posted]
    judge = Judge(stage.world, stage.load)
    judge.hear()

    assert refused.answer.status == 404
    posted_at = [
        event.entry.merchant_id for event in judge.events.values() if event.entry.reference_number == "REF-same"
    ]
    assert posted_at == ["KIOSK", "CAFE"]
    assert not any(judge.found.values())


FIRST, SECOND = (scenario.entry(name, AT, f"BULK-{name}", accounts_receivable_identifier=ONE) for name in "12")


def post_both(stage: Stage) -> None:
    """Post both entries."""
    stage.send_bulk(FIRST, SECOND)


def post_the_second_first(stage: Stage) -> None:
    """Post both entries in the other order than the call has."""
    stage.send_bulk(SECOND, FIRST)
    told = stage.load.told.pop()
    stage.load.told.append(replace(told, body={"purchase_customer_events_set": [FIRST, SECOND]}))


def spend_what_comes_later(stage: Stage) -> None:
    """Have a wallet not hold what the first entry spends, and send the call again once it does."""
    first = {**FIRST, "spend_request": {"spend_amount": 7}}
    stage.send_bulk(first, SECOND)
    move_wallet(stage)
    stage.send_bulk(first, SECOND)


def shown_by_card(stage: Stage) -> Body:
    """Return the first entry, of a customer who shows a card and its pass code."""
    card = {"identifier": "CARD-ONE", "pass_code": baskets.PASS_CODE}
    stage.have([{**stage.load.records["access_token", "T-ONE"], **card}])
    stage.world.scheduler.advance(120.0)
    return {**FIRST, "accounts_receivable_identifier": baskets.card("ONE", baskets.PASS_CODE)}


def show_a_locked_pass_code(stage: Stage) -> None:
    """Have the pass code that the first entry shows be locked, and send the call again once it is not."""
    first = shown_by_card(stage)
    wrong = {**FIRST, "accounts_receivable_identifier": baskets.card("ONE", baskets.WRONG_PASS_CODE)}
    for number in range(AT_A_PASS_CODE[0].most):
        stage.send_classic(f"{PURCHASES}/create", {**wrong, "reference_number": f"REF-{number}"}, {})
    stage.send_bulk(first, SECOND)
    stage.world.scheduler.advance(AT_A_PASS_CODE[0].window.total_seconds())
    stage.send_bulk(first, SECOND)


@pytest.mark.parametrize(
    ("post", "posted", "is_found"),
    [
        (post_both, ["BULK-1", "BULK-2"], False),
        (post_the_second_first, ["BULK-2", "BULK-1"], True),
        (spend_what_comes_later, ["BULK-2", "BULK-1"], False),
        (show_a_locked_pass_code, ["BULK-2", "BULK-1"], False),
    ],
)
def test_an_entry_of_a_bulk_call_may_be_posted_after_a_later_one_if_it_was_refused_when_it_was_its_turn(
    stage: Stage, post: Callable[[Stage], None], posted: list[str], is_found: bool
) -> None:
    post(stage)
    judge = Judge(stage.world, stage.load)
    judge.hear()

    purchases = [event for event in judge.events.values() if isinstance(event.document, PurchaseDocument)]
    assert [event.entry.reference_number for event in purchases] == posted
    assert bool(judge.found.pop("wallets_keep_the_order_of_a_bulk_call", [])) == is_found
    assert not any(judge.found.values())


def test_an_entry_that_overtakes_one_whose_pass_code_could_not_be_checked_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shown_by_card(stage)
    with monkeypatch.context() as patch:
        patch.setattr(post_purchase, "account_named", lambda *_: None)  # so that nothing waits behind it
        patch.setattr(customer_tokens, "count_try", busy)
        stage.send_bulk(first, SECOND)
    stage.send_bulk(first, SECOND)
    judge = Judge(stage.world, stage.load)
    judge.hear()

    assert judge.found["wallets_keep_the_order_of_a_bulk_call"]


def busy(*_: Any) -> None:
    """Refuse, as storage does that is too busy."""
    raise Refused(Problem(Code.RETRY_LATER, "The storage is busy."))


def told(budgets_of: Told, *, wallet_of: Told, since: Told, until: Told | None = None) -> Told:
    """Return a preview that mixes two, as if asked when one was asked and heard when another was."""
    of_wallet: dict[str, Any] = {
        name: value
        for name, value in wallet_of.answer.body.items()
        if name in ("balance", "alternative_balance", "available_spend")
    }
    answer = replace(budgets_of.answer, text=exactjson.dumps({**budgets_of.answer.body, **of_wallet}))
    return replace(budgets_of, answer=answer, began=since.began, ended=(until or budgets_of).ended)
