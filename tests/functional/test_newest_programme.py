"""What fresh records name is found, though the programme in a container's memory is older than they are."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import Mock, call

import pytest

from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import keys
from loyalty.store.customers import Customer, find_customer, read_customers
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.programme_snapshot import read_version
from loyalty.store.writes import Delete, Put
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.expire_lots import due_accounts, expire_lots
from loyalty.usecases.ledger.show_wallet import show_wallet
from loyalty.usecases.purchases.post_purchase import post_purchase, post_purchases
from loyalty.usecases.reference.publish_programme import publish_programme
from tests.cards import CAMPAIGN, CARD, CLASSIFICATION, CODE, PROMO_CODE, bring
from tests.customers import EVERYTHING
from tests.functional.conftest import NOW, Functions, example

Body = dict[str, Any]

SHOP: Body = {"type": "business_unit", "id": "NEW", "name": "New", "code": "NEW"}
DOLLARS: tuple[Body, ...] = (
    {"type": "currency", "id": "USD", "code": "USD", "exponent": 2},
    {"type": "currency_rate", "id": "USD-1", "currency": "USD", "rate": 2},
    {"type": "account", "id": "A-USD", "number": "A-USD", "currency": "USD"},
    {"type": "access_token", "id": "T-USD", "account": "A-USD", "authentication_code": "CIM-USD"},
)
"""A currency, its rate, and an account in it."""
BALANCE: Body = {"type": "opening_balance", "id": "O-USD", "account": "A-USD", "amount": 50}
WARM = (
    "create_purchase",
    "preview_purchase",
    "cancel_purchase",
    "return_products",
    "show_purchase",
    "show_wallet",
    "classic_bulk_create",
    "classic_create_purchase",
    "classic_preview_purchase",
    "classic_show_purchase",
    "classic_cancel_purchase",
)


def body(cim: str = "CIM-USD", **changes: Any) -> Body:
    return {**example("create_v5_1.request"), "cim": cim, **changes}


@pytest.fixture
def warm(cold_functions: Functions, demo: DynamoTable) -> Functions:  # noqa: ARG001 - the table that they work on
    """The functions, which have all just looked at the programme of the demo, and take it for good for a minute."""
    for name in WARM:
        cold_functions.module(name).engine.catalogue.programme(datetime.now(UTC) + timedelta(seconds=1))
    return cold_functions


@pytest.fixture
def token(warm: Functions) -> str:
    issued = warm.call("issue_token", headers={"api_key": warm.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def entry(own_id: str, **customer: str) -> Body:
    """Return an entry of a bulk call: the vendor's, for some customer."""
    made: Body = example("bulk_1.request")["purchase_customer_events_set"][0]
    named = {"accounts_receivable_identifier": customer, "request_unique_identifier": own_id}
    return {**made, **named, "reference_number": own_id}


def test_an_account_in_a_new_currency_is_served_at_once(warm: Functions, demo: DynamoTable) -> None:
    bring(demo, *DOLLARS, {**BALANCE, "performed_on": "2019-01-01T00:00:00"})

    assert warm.call("show_wallet", path={"account": "A-USD"}).body["currency_code"] == "USD"
    assert warm.call("preview_purchase", body()).status == 200
    created = warm.call("create_purchase", body())
    assert created.status == 200
    returned = {"reference_number": "R-1", "products": [{"line": 0, "quantity": 1}]}
    assert warm.call("return_products", returned, path=created.body).status == 200
    assert warm.call("cancel_purchase", path=created.body).status == 200


def test_one_new_currency_does_not_keep_the_other_entries_of_a_bulk_call_from_being_posted_in_their_order(
    warm: Functions, demo: DynamoTable, token: str
) -> None:
    bring(demo, *DOLLARS)
    entries = [entry("1", number="162"), entry("2", number="A-USD"), entry("3", number="A-USD")]

    answer = warm.call("classic_bulk_create", {"token": token, "purchase_customer_events_set": entries}, context={})

    processed = answer.body["data"]["processed_customer_events_set"]
    assert [one["request_unique_identifier"] for one in processed] == ["1", "2", "3"]
    journal = warm.call("show_journal", path={"account": "A-USD"}).body["entries"]
    assert [one["reference_number"] for one in reversed(journal)] == ["2", "3"]


@pytest.mark.parametrize("name", ["cancel_purchase", "return_products"])
def test_a_purchase_at_a_new_shop_is_taken_back_where_the_shop_is_not_known_yet(
    warm: Functions, demo: DynamoTable, name: str
) -> None:
    bring(demo, SHOP)
    elsewhere = Functions(api_key=warm.api_key)
    bought = body("4A30966F684B0269AD91", merchant_tap={"code": "NEW"}, outlet_tap=None)
    created = elsewhere.call("create_purchase", bought)
    returned = {"reference_number": "R-1", "products": [{"line": 0, "quantity": 1}]}

    answer = warm.call(name, returned if name == "return_products" else None, path=created.body)

    assert answer.status == 200


@pytest.mark.parametrize("name", ["show_purchase", "cancel_purchase"])
def test_a_purchase_at_a_new_shop_is_told_with_its_shop(warm: Functions, demo: DynamoTable, name: str) -> None:
    bring(demo, SHOP)
    elsewhere = Functions(api_key=warm.api_key)
    bought = body("4A30966F684B0269AD91", merchant_tap={"code": "NEW"}, outlet_tap=None)
    created = elsewhere.call("create_purchase", bought)

    assert warm.call(name, path=created.body).body["merchant_tap"]["code"] == "NEW"


def test_a_classic_answer_tells_the_new_records_that_a_purchase_names(
    warm: Functions, demo: DynamoTable, token: str
) -> None:
    bring(demo, SHOP, {"type": "unit", "id": "U-NEW", "name": "New unit", "business_unit": "NEW"})
    bring(demo, {"type": "partner", "id": "DEMO", "name": "Demo partner", "unit": "U-NEW"})
    elsewhere = Functions(api_key=warm.api_key)
    bought = body("4A30966F684B0269AD91", merchant_tap={"code": "NEW"}, outlet_tap=None)
    created = elsewhere.call("create_purchase", bought).body

    shown = warm.call("classic_show_purchase", {"token": token, "customer_event_identifier": created}, context={}).body[
        "data"
    ]

    assert shown["performed_by_business_unit"]["name"] == "New"
    assert shown["log_information"]["created_by_unit"]["name"] == "New unit"


FRESH: dict[str, tuple[tuple[Body, ...], Body]] = {
    "the classification of a card": ((CLASSIFICATION, CARD), {"cim": CODE}),
    "the classification of an account": (
        (
            {"type": "classification", "id": "GOLD", "name": "Gold", "applies_to": "ACCOUNT"},
            {"type": "account", "id": "A-GOLD", "number": "A-GOLD", "classification": "GOLD"},
            {"type": "access_token", "id": "T-GOLD", "account": "A-GOLD", "authentication_code": "GOLD"},
        ),
        {"cim": "GOLD"},
    ),
    "the type of a product": (
        (
            {"type": "product_type", "id": "TEA", "name": "Tea"},
            {"type": "product", "id": "TEA-1", "code": "TEA-1", "product_type": "TEA"},
        ),
        {"products": [{"product_sku": "TEA-1", "net_amount": 1, "tax_amount": 0, "total_amount": 1}]},
    ),
    "the campaign of a promo code": ((CAMPAIGN, PROMO_CODE), {"promo_code": "COLD-BREW"}),
}
"""By what is new, records that name it, and a purchase that names these."""


@pytest.mark.parametrize("about", FRESH)
def test_what_the_records_of_a_purchase_name_leads_to_the_newest_programme(
    warm: Functions, demo: DynamoTable, about: str
) -> None:
    records, changes = FRESH[about]
    bring(demo, *records)
    changes = {"cim": "4A30966F684B0269AD91", "spend_request": None, **changes}

    for name in ("preview_purchase", "create_purchase"):
        before = warm.module(name).engine.catalogue.programme(datetime.now(UTC)).version
        assert warm.call(name, body(**changes)).status == 200
        assert warm.module(name).engine.catalogue.programme(datetime.now(UTC)).version != before


@pytest.mark.parametrize("name", ["preview_purchase", "create_purchase"])
def test_a_purchase_is_not_refused_for_a_rate_that_is_there_by_now(
    warm: Functions, demo: DynamoTable, name: str
) -> None:
    bring(demo, DOLLARS[0], *DOLLARS[2:])
    for each in ("preview_purchase", "create_purchase"):
        warm.module(each).engine.catalogue.renew(datetime.now(UTC), at_once=True)
    assert warm.call(name, body(spend_request=None)).body["code"] == Code.CURRENCY_MISMATCH
    bring(demo, DOLLARS[1])
    warm.module(name).engine.catalogue._checked -= timedelta(seconds=3)  # a caller's purchase may look again by then

    assert warm.call(name, body(spend_request=None)).status == 200


@pytest.mark.parametrize("name", ["preview_purchase", "create_purchase", "show_wallet"])
def test_what_is_named_and_missing_for_good_is_to_be_tried_later(warm: Functions, demo: DynamoTable, name: str) -> None:
    bring(demo, *DOLLARS)
    demo.transact([Delete(keys.programme("currency", "USD"))])
    publish_programme(demo, NOW)

    path = {"account": "A-USD"} if name == "show_wallet" else None
    answer = warm.call(name, None if path else body(), path=path)

    assert (answer.status, answer.body["code"]) == (503, Code.RETRY_LATER)
    assert "Retry-After" in answer.headers


def test_the_programme_is_read_once_more_at_most_and_only_for_what_it_lacks(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine.on(demo)
    engine.catalogue.programme(NOW)
    bring(demo, *DOLLARS)
    get_many = Mock(side_effect=demo.get_many)
    monkeypatch.setattr(demo, "get_many", get_many)

    for account in ("ACR0000000001", "A-USD", "A-USD"):
        show_wallet(engine, account, now=NOW)

    parts = read_version(demo, consistent=True).part_keys
    assert get_many.call_args_list.count(call(parts, consistent=False)) == 1


def test_a_programme_that_is_written_while_it_is_read_is_read_once_more(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.put(Put(keys.PROGRAMME_VERSION, {"version": 2}))  # as an older version writes it, which publishes nothing
    items = list(demo.partition("PROGRAMME"))
    torn = [item for item in items if '"code":"EK123456"' not in item.get("record", "")]
    torn = [{**item, "version": 1} if item["sk"] == keys.PROGRAMME_VERSION.sk else item for item in torn]
    partition = Mock(side_effect=[iter(torn), iter(items)])
    find = demo.partition
    monkeypatch.setattr(demo, "partition", lambda pk, **named: partition() if pk == "PROGRAMME" else find(pk, **named))

    assert show_wallet(Engine.on(demo), "ACR0000000001", now=NOW).currency_code == "EUR"
    assert partition.call_count == 2


def test_what_is_over_in_a_wallet_of_a_new_currency_expires_in_the_same_run(demo: DynamoTable) -> None:
    engine = Engine.on(demo)
    engine.catalogue.programme(NOW)
    scheme = {"type": "reward_offer", "id": "BRIEF", "name": "Brief", "scheme": "SALES"}
    award = {"method": "FIXED", "value": 3, "expires_after": "P1M"}
    bring(demo, *DOLLARS, {**scheme, "conditions": {"business_units": ["MRA"]}, "award": award})
    line = {"product_sku": "Bronze", "net_amount": 10, "tax_amount": 2, "total_amount": 12}
    where: Body = {"merchant_tap": {"code": "MRA"}, "outlet_tap": None, "classification": None}
    request = read_purchase(body(spend_request=None, performed_on=1743465600, products=[line], **where), NOW)
    post_purchase(Engine.on(demo), request, EVERYTHING, now=NOW)

    expired = expire_lots(engine, due_accounts(demo, NOW), now=NOW, time_left=lambda: 900)

    assert (expired.wallets, expired.busy) == (1, 0)
    customer = find_customer(demo, "A-USD")
    assert customer
    assert customer.wallet.balance == 0


@pytest.mark.parametrize("busy_at", [1, 2])
def test_what_is_drawn_up_again_keeps_the_order_of_a_wallet(
    busy_at: int, warm: Functions, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two purchases of a wallet, the one at a new shop is drawn up twice. Where the wallet cannot be read the first
    time, that is the later one; where it cannot the second time, the earlier one."""
    bring(demo, SHOP)
    shops: list[Body] = [{}, {"merchant_tap": {"code": "NEW"}, "outlet_tap": None}]
    bodies = [
        {**example("create_v5_1.request"), "reference_number": f"REF-{place}"} | shop
        for place, shop in enumerate(shops if busy_at == 1 else reversed(shops))
    ]
    calls = count(1)

    def read(table: DynamoTable, ids: set[str]) -> dict[str, Customer]:
        if next(calls) == busy_at:
            raise Refused(Problem(Code.RETRY_LATER, "The storage is busy."))
        return read_customers(table, ids)

    monkeypatch.setattr(f"{post_purchases.__module__}.read_customers", read)
    engine = warm.module("classic_bulk_create").engine
    now = datetime.now(UTC) + timedelta(seconds=10)
    outcomes = post_purchases(engine, [read_purchase(body, now) for body in bodies], EVERYTHING, now=now)

    assert [isinstance(one, Refused) and one.problems[0].code for one in outcomes] == [Code.RETRY_LATER] * 2
