"""The function that lets lots expire, run as its schedule does."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from loyalty.store.attributes import key_of
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.writes import Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger import expire_lots as module
from loyalty.usecases.ledger.expire_lots import ExpiryRun, due_accounts, expire_lots
from loyalty.usecases.proofs.verify_journal import verify_journal
from tests.cards import BY_CODE, bring
from tests.functional.conftest import Functions, example

Body = dict[str, Any]
ACCOUNT = "ACR0000000001"
CIM = "4A30966F684B0269AD91"
OTHER_CIM = BY_CODE["authentication_code"]
OFFER: Body = {"type": "reward_offer", "id": "BRIEF", "name": "Brief", "scheme": "SALES"}
APRIL_2025 = 1743465600
"""Its first second: what was earned then for a month ends with May."""


@pytest.fixture
def functions(cold_functions: Functions, demo: DynamoTable) -> Functions:
    """With an offer of 3, to be spent by the end of the next month, on what the demo programme rewards nothing for."""
    where = {"business_units": ["MRA"]}
    bring(demo, {**OFFER, "conditions": where, "award": {"method": "FIXED", "value": 3, "expires_after": "P1M"}})
    bring(demo)
    return cold_functions


def buy(functions: Functions, number: str = "1", **fields: Any) -> str:
    """Return a purchase of 12; awards 3."""
    line = {"product_sku": "Bronze", "net_amount": 10, "tax_amount": 2, "total_amount": 12}
    where: Body = {"merchant_tap": {"code": "MRA"}, "outlet_tap": None, "classification": None, "products": [line]}
    when: Body = {"reference_number": number, "performed_on": APRIL_2025, "spend_request": None}
    body = {**example("create_v5_1.request"), **where, **when, **fields}
    event_id: str = functions.call("create_purchase", body).body["id"]
    return event_id


def wallet(functions: Functions) -> Body:
    body: Body = functions.call("show_wallet", path={"account": ACCOUNT}).body
    return body


def journal(functions: Functions) -> list[Body]:
    entries: list[Body] = functions.call("show_journal", path={"account": ACCOUNT}).body["entries"]
    return entries


def run(table: DynamoTable, now: datetime, seconds_left: float = 900) -> ExpiryRun:
    return expire_lots(Engine.on(table), due_accounts(table, now), now=now, time_left=lambda: seconds_left)


def test_what_is_over_is_taken_out_of_the_wallet(functions: Functions, demo: DynamoTable) -> None:
    buy(functions)
    assert (wallet(functions)["balance"], wallet(functions)["expiring"]) == (
        53,
        [{"amount": 3, "expires_on": 1748736000}],
    )

    assert functions.run("expire_lots") == {"wallets": 1, "busy": 0, "finished": True}

    assert (wallet(functions)["balance"], wallet(functions)["expiring"]) == (50, [])
    entry = journal(functions)[0]
    assert (entry["type"], entry["performed_on"], entry["reference_number"]) == ("EXPIRY", 1748736000, None)
    assert [entry[name] for name in ("awarded", "spent", "amount", "balance")] == [-3, 0, -3, 50]
    assert (entry["alternative_awarded"], entry["alternative_balance"]) == (-300, 5000)
    assert verify_journal(demo, settle=lambda _: None).deviations == []


def test_another_run_finds_nothing_more(functions: Functions) -> None:
    buy(functions)
    functions.run("expire_lots")

    assert functions.run("expire_lots") == {"wallets": 0, "busy": 0, "finished": True}
    assert wallet(functions)["version"] == 3


@pytest.mark.parametrize(
    ("now", "wallets"),
    [(datetime(2025, 5, 31, 23, 59, tzinfo=UTC), 0), (datetime(2025, 6, 1, tzinfo=UTC), 1)],
    ids=["last day", "day after"],
)
def test_a_lot_is_over_with_its_month_in_utc(
    functions: Functions, demo: DynamoTable, now: datetime, wallets: int
) -> None:
    buy(functions)

    assert run(demo, now).wallets == wallets


def test_nobody_is_missed_by_a_run_after_years_without_one(functions: Functions, demo: DynamoTable) -> None:
    buy(functions)
    buy(functions, cim=OTHER_CIM, performed_on=APRIL_2025 + 40 * 86_400, number="2")

    assert run(demo, datetime(2031, 1, 1, tzinfo=UTC)) == ExpiryRun(wallets=2, busy=0, finished=True)


def test_all_lots_that_are_over_go_with_one_event_and_no_others(functions: Functions, demo: DynamoTable) -> None:
    for month in range(3):
        buy(functions, str(month), performed_on=APRIL_2025 + month * 31 * 86_400)

    run(demo, datetime(2025, 7, 15, tzinfo=UTC))

    assert [entry["awarded"] for entry in journal(functions)[:2]] == [-6, 3]
    assert wallet(functions)["expiring"] == [{"amount": 3, "expires_on": 1754006400}]


def test_what_was_spent_does_not_expire(functions: Functions) -> None:
    buy(functions)
    buy(functions, "2", merchant_tap={"code": "EK123456"}, spend_request={"amount": Decimal("2.5")})

    functions.run("expire_lots")

    assert journal(functions)[0]["awarded"] == Decimal("-0.5")


def test_what_is_over_can_be_spent_until_it_is_taken_out(functions: Functions) -> None:
    buy(functions)

    buy(functions, "2", merchant_tap={"code": "EK123456"}, spend_request={"amount": 12})

    assert (wallet(functions)["balance"], wallet(functions)["expiring"]) == (41, [])
    assert functions.run("expire_lots")["wallets"] == 0


def test_an_account_in_any_state_loses_what_is_over(functions: Functions, demo: DynamoTable) -> None:
    buy(functions)
    owner = {"contact": "C0FFEE00C0FFEE00C0FFEE00C0FFEE00", "name": "Despina Kafetzi"}
    record = {"type": "account", "id": "ACC0FFEEACC0FFEEACC0FFEEACC0FFEE", "number": ACCOUNT, **owner}
    bring(demo, {**record, "life_cycle_state": "SUSPENDED"})

    assert functions.run("expire_lots")["wallets"] == 1


def test_a_run_stops_before_its_time_is_up_and_the_next_one_goes_on(
    functions: Functions, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    buy(functions)
    buy(functions, "2", cim=OTHER_CIM)
    seconds, now = count(module.RESERVE_SECONDS, -1), datetime.now(UTC)

    first = expire_lots(Engine.on(demo), due_accounts(demo, now), now=now, time_left=lambda: float(next(seconds)))

    assert first == ExpiryRun(wallets=1, busy=0, finished=False)
    assert run(demo, now) == ExpiryRun(wallets=1, busy=0, finished=True)


def test_an_expiry_of_what_is_not_over_is_found(functions: Functions, demo: DynamoTable) -> None:
    buy(functions)
    functions.run("expire_lots")
    [(key, item)] = [(key_of(item), item) for item in demo.scan() if item.get("event_type") == "EXPIRY"]
    attributes = {name: value for name, value in item.items() if name not in key._fields}
    demo.put(Put(key, attributes | {"lots": '{"2199-01":-3}'}))

    assert "an expiry takes out what has expired, and no more" in {
        deviation.rule for deviation in verify_journal(demo, settle=lambda _: None).deviations
    }
