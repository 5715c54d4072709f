"""Posting on the deployed stack, where transactions, capacity and concurrency are real, as far as an emulator is."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from cli.target import Target
from loyalty import exactjson
from loyalty.api.classic.purchases import render_purchase
from loyalty.api.classic.reading import read_purchase as read_classic
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Refused
from loyalty.domain.identity import by_key
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.catalogue import Catalogue
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.numbers import Numbers
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.purchases.tell_purchase import post_and_tell
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import cancel_purchase
from tests.consumption import consumption
from tests.customers import EVERYTHING, customer, purchase
from tests.goldens import EXAMPLES
from tests.partner import Api


@pytest.fixture(scope="module")
def api(stack: Target) -> Api:
    return Api(stack)


@pytest.fixture(scope="module")
def table(stack: Target) -> DynamoTable:
    return stack.open_table()


def test_a_purchase_moves_the_wallet_and_stands_in_its_journal(api: Api, table: DynamoTable) -> None:
    cim = customer(table, "moves", 50)
    body = {**exactjson.loads((EXAMPLES / "create_v5_1.request.json").read_text()), "cim": cim, "id": "E2E-MOVES"}
    body["reference_number"] = "E2E-MOVES"

    assert api.call("POST", "/purchases", body)[::2] == (200, {"id": "E2E-MOVES"})
    status, headers, again = api.call("POST", "/purchases", body)
    assert (status, headers["Idempotent-Replayed"], again) == (200, "true", {"id": "E2E-MOVES"})

    assert api.call("GET", "/wallets/N-moves")[2]["balance"] == Decimal("49.09")
    assert api.call("GET", "/purchases/E2E-MOVES")[2]["balance"] == Decimal("49.09")
    entries = api.call("GET", "/wallets/A-moves/journal?limit=1")[2]["entries"]
    assert [(entry["sequence"], entry["event_id"]) for entry in entries] == [(2, "E2E-MOVES")]


def test_of_twenty_parallel_spends_from_a_wallet_that_holds_ten_exactly_ten_succeed(
    api: Api, table: DynamoTable
) -> None:
    """The use case with real clients: twenty functions starting at once would keep two cores busy for half a minute."""
    cim, catalogue, now = customer(table, "rush", 50), Catalogue(table), datetime.now(UTC)
    catalogue.programme(now)  # containers do not share theirs, these threads do

    def post(number: int) -> Code | None:
        request = read_purchase(purchase(cim, f"RUSH-{number}", spend="5"), now)
        try:
            post_purchase(Engine(table, catalogue, Numbers(table)), request, EVERYTHING, now=now)
        except Refused as refused:
            return refused.problems[0].code
        return None

    with ThreadPoolExecutor(20) as threads:
        outcomes = Counter(threads.map(post, range(20)))

    assert outcomes.pop(None) == 10
    assert set(outcomes) <= {Code.INSUFFICIENT_BALANCE, Code.RETRY_LATER}
    wallet = api.call("GET", "/wallets/N-rush")[2]
    assert (wallet["balance"], wallet["version"]) == (0, 11)
    entries = api.call("GET", "/wallets/N-rush/journal")[2]["entries"]
    assert [(entry["sequence"], entry["balance"]) for entry in reversed(entries)] == [
        (number + 1, 50 - 5 * number) for number in range(11)
    ]


def test_of_the_same_request_sent_many_times_at_once_one_is_posted(api: Api, table: DynamoTable) -> None:
    cim = customer(table, "echo", 50)
    body = purchase(cim, "ECHO", spend="5")

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: api.call("POST", "/purchases", body), range(12)))

    assert {status for status, _, _ in answers} <= {200, 503}
    assert len({answer["id"] for status, _, answer in answers if status == 200}) == 1
    assert sum(status == 200 and "Idempotent-Replayed" not in headers for status, headers, _ in answers) == 1
    assert api.call("GET", "/wallets/N-echo")[2]["balance"] == 45


def test_parallel_spends_through_the_api_never_overdraw(api: Api, table: DynamoTable) -> None:
    cim = customer(table, "api", 15)
    bodies = [purchase(cim, f"API-{number}", spend="5") for number in range(6)]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda body: api.call("POST", "/purchases", body), bodies))

    assert sum(status == 200 for status, _, _ in answers) == 3
    assert {status for status, _, _ in answers} <= {200, 422, 503}
    assert api.call("GET", "/wallets/N-api")[2]["balance"] == 0


@pytest.mark.parametrize(("given", "written", "read"), [(False, 5, "2.5"), (True, 7, "3")])
def test_a_purchase_by_cim_stays_within_its_budget(table: DynamoTable, given: bool, written: int, read: str) -> None:
    """Design: at most 3 round trips and 5 WCU, as long as the event stays within 1 KB; 2.5 RCU beyond products. An id
    that is given takes an item more, and half a read."""
    cim, engine, now = customer(table, f"budget-{given}", 50), Engine.on(table), datetime.now(UTC)
    engine.catalogue.programme(now)
    engine.numbers.take("purchase")  # which leases a hundred

    for number, product_known in enumerate((False, True)):
        name = f"BUDGET-{given}-{number}"
        body = purchase(cim, name, spend="5") | ({"id": name} if given else {})
        with consumption(table.client) as used:
            post_purchase(engine, read_purchase(body, now), EVERYTHING, now=now)

        assert used.round_trips <= 3, product_known
        assert 0 < used.written <= written
        assert 0 < used.read <= Decimal(read)


@pytest.mark.parametrize("key", [None, "KEY"])
def test_a_purchase_of_a_till_without_baskets_stays_within_the_same_budget(table: DynamoTable, key: str | None) -> None:
    """Without a key, the partner's record and an equal purchase of a moment ago are read as well: half a unit each."""
    cim, engine, now = customer(table, f"till-{key}", 50), Engine.on(table), datetime.now(UTC)
    engine.catalogue.programme(now)
    engine.numbers.take("purchase")  # which leases a hundred
    place = {name: value for name, value in purchase(cim, "").items() if name in ("cim", "merchant_tap", "outlet_tap")}
    body = {**place, "transaction_amounts": {"total": 12, "net": 10}, "spend_request": {"amount": 5}}

    with consumption(table.client) as used:
        post_purchase(engine, read_purchase(body, now, by_key("DEMO", key)), EVERYTHING, now=now)

    assert used.round_trips == 3
    assert 0 < used.written <= 5
    assert 0 < used.read <= Decimal("3.5" if key is None else "2.5")


def test_of_many_that_buy_again_at_once_what_was_cancelled_one_does(table: DynamoTable) -> None:
    repeats, now = replace(EVERYTHING, id="REPEATS"), datetime.now(UTC)
    record = b'{"type": "partner", "id": "REPEATS", "name": "Repeats", "classic_repeats": "REPLAY"}'
    assert not import_records([record], table=table, now=now).refused
    place = {"cim": customer(table, "again", 50), "merchant_tap": {"code": "MRA"}}
    body = {**place, "transaction_amounts": {"total": 12, "net": 10}, "spend_request": {"amount": 5}}
    engine = Engine.on(table)
    engine.catalogue.programme(now)

    def post(_: int = 0) -> PostedEvent:
        return post_purchase(engine, read_purchase(body, now), repeats, now=now)

    once = post().event.entry.event_id
    cancel_purchase(engine, Reference("id", once, ""), repeats, now=now)
    with ThreadPoolExecutor(6) as threads:
        postings = list(threads.map(post, range(6)))

    assert [one.replayed for one in postings].count(False) == 1
    (again,) = {one.event.entry.event_id for one in postings}
    assert again != once
    assert verify_journal(table).deviations == []


def test_a_classic_purchase_reads_what_it_tells_in_one_call_before_it_posts(table: DynamoTable) -> None:
    cim, now = customer(table, "classic", 50), datetime.now(UTC)
    engine = Engine.on(table)
    engine.catalogue.programme(now)
    engine.numbers.take("purchase")  # which leases a hundred
    body = exactjson.loads((EXAMPLES / "create_1.request.json").read_text())
    body["accounts_receivable_identifier"] = {"access_token_identifier": {"authentication_code": cim}}
    request = read_classic(body, EVERYTHING, None)

    with consumption(table.client) as used:
        told = post_and_tell(engine, request, EVERYTHING, render_purchase, now=now)

    assert told.answer["accounts_receivable"]
    assert told.answer["accounts_receivable"]["number"] == "N-classic"
    assert used.round_trips == 4
    assert 0 < used.written <= 9


def test_the_ledger_holds_after_all_this(table: DynamoTable) -> None:
    found = verify_journal(table)

    assert found.events >= 20
    assert found.deviations == []
