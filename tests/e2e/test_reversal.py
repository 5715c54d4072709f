"""Taking purchases back, and expiry, on the deployed stack: through its routes, and against rivals."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import botocore.session
import pytest

from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, Target
from loyalty.api.newest.purchase_requests import read_purchase
from loyalty.api.newest.returns import read_return
from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.wallet import EventType
from loyalty.domain.purchases.purchase import Reference
from loyalty.store.catalogue import Catalogue
from loyalty.store.customers import read_customer
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.events import entry_of
from loyalty.store.ledger import journal_items
from loyalty.store.numbers import Numbers
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.expire_lots import due_accounts, expire_lots
from loyalty.usecases.proofs.verify_journal import verify_journal
from loyalty.usecases.purchases.post_purchase import post_purchase
from loyalty.usecases.reference.import_records import import_records
from loyalty.usecases.reversals.take_back import cancel_purchase, return_products
from tests.consumption import consumption
from tests.customers import EVERYTHING, customer, purchase
from tests.partner import Api

RIVALS = 20
LONG_AGO = 1_700_000_000
"""In November 2023: what is good for a month from then on is over."""

Outcome = str | Code


@pytest.fixture(scope="module")
def api(stack: Target) -> Api:
    return Api(stack)


@pytest.fixture(scope="module")
def table(stack: Target) -> Iterator[DynamoTable]:
    """The table, with offers of 10 on products that nobody else buys; they end with these tests."""
    table = stack.open_table()
    offers: list[dict[str, Any]] = [
        {
            "type": "reward_offer",
            "id": name,
            "name": name,
            "scheme": "SALES",
            "conditions": {"products": [name]},
            **more,
        }
        for name, more in (
            ("BACK", {"award": {"method": "FIXED", "value": 10, "expires_after": "P12M"}}),
            ("BRIEF", {"award": {"method": "FIXED", "value": 10, "expires_after": "P1M"}}),
        )
    ]
    imported(table, *({"type": "product", "id": offer["id"], "code": offer["id"]} for offer in offers), *offers)
    yield table
    imported(table, *({**offer, "life_cycle_state": "NOT_EFFECTIVE"} for offer in offers))


def imported(table: DynamoTable, *records: dict[str, Any]) -> None:
    lines = [json.dumps(record).encode() for record in records]
    assert not import_records(lines, table=table, now=datetime.now(UTC)).refused


class Shop:
    """The use cases with real clients, as so many functions starting at once would only keep the processor busy."""

    def __init__(self, table: DynamoTable) -> None:
        self.table = table
        self.now = datetime.now(UTC)
        self._catalogue = Catalogue(table)
        self._catalogue.programme(self.now)  # containers do not share theirs, these threads do

    def _engine(self) -> Engine:
        return Engine(self.table, self._catalogue, Numbers(self.table))

    def buy(self, cim: str, number: str, product: str = "Bronze", **fields: Any) -> str:
        """Post a purchase of 12; answers its id."""
        body = purchase(cim, number)
        line = {**body["products"][0], "product_sku": product, "quantity": 10}
        request = read_purchase({**body, "products": [line], **fields}, self.now)
        posting = post_purchase(self._engine(), request, EVERYTHING, now=self.now)
        return posting.event.entry.event_id

    def spend(self, cim: str, number: str) -> Outcome:
        """Post a purchase that spends 2."""
        return told(lambda: self.buy(cim, number, spend_request={"amount": 2}) and "spent")

    def cancel(self, event_id: str) -> Outcome:
        """Cancel a purchase."""

        def attempt() -> str:
            named = Reference("id", event_id, "")
            posting = cancel_purchase(self._engine(), named, EVERYTHING, now=self.now)
            return "replayed" if posting.replayed else "cancelled"

        return told(attempt)

    def give_back(self, event_id: str, number: str) -> Outcome:
        """Return a piece of a purchase."""

        def attempt() -> str:
            body = {"reference_number": number, "products": [{"line": 0, "quantity": 1}]}
            request = read_return(body, Reference("id", event_id, ""), self.now)
            returned = return_products(self._engine(), request, EVERYTHING, now=self.now)
            return "replayed" if returned.posting.replayed else "returned"

        return told(attempt)

    def expire(self) -> int:
        """Let expire what is over; answers in how many wallets."""
        due = due_accounts(self.table, self.now)
        run = expire_lots(self._engine(), due, now=self.now, time_left=lambda: 900.0)
        assert run.finished
        return run.wallets

    def wallet(self, name: str) -> Any:
        """Balance, lots and version."""
        found = read_customer(self.table, f"A-{name}")
        assert found
        return found.wallet.balance, sum(found.wallet.lots.values(), Decimal(0)), found.wallet.version


def told(attempt: Callable[[], str]) -> Outcome:
    try:
        return attempt()
    except Refused as refused:
        return refused.problems[0].code


@pytest.fixture
def shop(table: DynamoTable) -> Shop:
    return Shop(table)


def at_once(*acts: Callable[[], Outcome]) -> Counter[Outcome]:
    with ThreadPoolExecutor(len(acts)) as threads:
        return Counter(threads.map(lambda act: act(), acts))


def test_a_purchase_is_returned_and_cancelled_through_the_routes(api: Api, table: DynamoTable) -> None:
    cim = customer(table, "back", 50)
    body = {**purchase(cim, "BACK", spend="6"), "id": "E2E-BACK", "merchant_tap": {"code": "EK123456"}}
    coffees = {"product_sku": "FREDESPR001", "quantity": 2}  # of which the demo programme gives 5% back
    body["products"] = [{**coffees, "net_amount": 100, "tax_amount": 0, "total_amount": 100}]
    assert api.call("POST", "/purchases", body)[0] == 200

    goods = {"reference_number": "RET1", "products": [{"line": 0, "quantity": 1}]}
    status, headers, told = api.call("POST", "/purchases/E2E-BACK/returns", goods)
    assert (status, told["awarded"], told["spent"], told["balance"]) == (200, Decimal("-2.5"), -3, Decimal("49.5"))
    assert "Idempotent-Replayed" not in headers
    status, headers, again = api.call("POST", "/purchases/E2E-BACK/returns", goods)
    assert (status, headers["Idempotent-Replayed"], again) == (200, "true", told)

    status, _, told = api.call("POST", "/purchases/E2E-BACK/cancel")
    assert (status, told["life_cycle_state"]) == (200, "CANCELLED")
    status, headers, again = api.call("POST", "/purchases/E2E-BACK/cancel", {})
    assert (status, headers["Idempotent-Replayed"], again) == (200, "true", told)
    assert api.call("GET", "/wallets/N-back")[2]["balance"] == 50
    entries = api.call("GET", "/wallets/N-back/journal")[2]["entries"]
    assert [entry["type"] for entry in entries] == ["CANCELLATION", "RETURN", "PURCHASE", "ADJUSTMENT"]


def test_the_deployed_function_lets_lots_expire(stack: Target, api: Api, table: DynamoTable, shop: Shop) -> None:
    shop.buy(customer(table, "brief", 5), "BRIEF", "BRIEF", performed_on=LONG_AGO)
    assert shop.wallet("brief") == (15, 10, 2)

    resources = stack.client("cloudformation").describe_stack_resources(StackName=stack.stack_name)["StackResources"]
    [name] = [each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == "ExpireLotsFunction"]
    functions: Any = botocore.session.get_session().create_client(
        "lambda",
        region_name=stack.region,
        endpoint_url=stack.aws_endpoint_url,
        aws_access_key_id=LOCAL_ACCESS_KEY,
        aws_secret_access_key=LOCAL_SECRET_KEY,
    )
    answer = json.loads(functions.invoke(FunctionName=name, Payload=b"{}")["Payload"].read())

    assert answer["finished"]
    assert api.call("GET", "/wallets/N-brief")[2]["balance"] == 5
    assert api.call("GET", "/wallets/N-brief/journal?limit=1")[2]["entries"][0]["type"] == "EXPIRY"


def test_of_many_cancellations_at_once_one_is_posted(table: DynamoTable, shop: Shop) -> None:
    event_id = shop.buy(customer(table, "cancel", 50), "CANCEL", "BACK")

    outcomes = at_once(*[lambda: shop.cancel(event_id)] * RIVALS)

    assert outcomes["cancelled"] == 1
    assert outcomes.keys() <= {"cancelled", "replayed", Code.RETRY_LATER}
    assert shop.wallet("cancel") == (50, 0, 3)


def test_of_the_same_return_many_times_at_once_one_is_posted(table: DynamoTable, shop: Shop) -> None:
    event_id = shop.buy(customer(table, "same", 50), "SAME", "BACK")

    outcomes = at_once(*[lambda: shop.give_back(event_id, "RET1")] * RIVALS)

    assert outcomes["returned"] == 1
    assert outcomes.keys() <= {"returned", "replayed", Code.RETRY_LATER}
    assert shop.wallet("same") == (59, 9, 3)


def test_of_rival_returns_no_more_are_posted_than_there_are_goods(table: DynamoTable, shop: Shop) -> None:
    event_id = shop.buy(customer(table, "goods", 50), "GOODS", "BACK")

    numbers = [f"RET{number}" for number in range(RIVALS)]
    outcomes = at_once(*(lambda number=number: shop.give_back(event_id, number) for number in numbers))
    posted = outcomes["returned"]

    assert outcomes.keys() <= {"returned", Code.INVALID, Code.RETRY_LATER}
    assert 0 < posted <= 10
    assert shop.wallet("goods") == (60 - posted, 10 - posted, 2 + posted)


def test_a_cancellation_among_returns_takes_back_just_the_rest(table: DynamoTable, shop: Shop) -> None:
    event_id = shop.buy(customer(table, "rest", 50), "REST", "BACK")

    returns = (lambda number=number: shop.give_back(event_id, f"RET{number}") for number in range(5))
    outcomes = at_once(*returns, lambda: shop.cancel(event_id))

    assert outcomes["cancelled"] == 1
    assert shop.wallet("rest") == (50, 0, 3 + outcomes["returned"])


def test_a_cancellation_among_spends_never_overdraws(table: DynamoTable, shop: Shop) -> None:
    cim = customer(table, "among", 4)
    event_id = shop.buy(cim, "AMONG", "BACK")

    spends = (lambda number=number: shop.spend(cim, f"AMONG-{number}") for number in range(RIVALS - 1))
    outcomes = at_once(lambda: shop.cancel(event_id), *spends)
    balance, lots, version = shop.wallet("among")

    assert outcomes["cancelled"] == 1
    assert outcomes["spent"] <= 7
    assert balance == max(4 - 2 * outcomes["spent"], 0)
    assert (lots, version) == (0, 3 + outcomes["spent"])


def test_spends_beside_the_expiry_never_overdraw(table: DynamoTable, shop: Shop) -> None:
    cim = customer(table, "beside", 4)
    shop.buy(cim, "BESIDE", "BRIEF", performed_on=LONG_AGO)

    spends = (lambda number=number: shop.spend(cim, f"BESIDE-{number}") for number in range(RIVALS - 1))
    outcomes = at_once(lambda: str(shop.expire()), *spends)
    shop.expire()
    balance, lots, _ = shop.wallet("beside")
    journal = map(entry_of, journal_items(table, "A-beside"))
    expired = -sum(entry.movement.amount for entry in journal if entry.type is EventType.EXPIRY)

    assert balance == 14 - 2 * outcomes["spent"] - expired
    assert balance >= 0
    assert (lots, expired <= 10) == (0, True)


def test_a_cancellation_and_an_expiry_take_what_the_docs_say(table: DynamoTable, shop: Shop) -> None:
    event_id = shop.buy(customer(table, "cost", 50), "COST")
    with consumption(table.client) as used:
        assert shop.cancel(event_id) == "cancelled"
    assert used.round_trips == 4
    assert used.written == 7

    shop.buy(customer(table, "over", 5), "OVER", "BRIEF", performed_on=LONG_AGO)
    with consumption(table.client) as used:
        assert shop.expire() == 1
    assert used.written <= 7


def test_the_ledger_holds_after_all_this(table: DynamoTable) -> None:
    found = verify_journal(table)

    assert found.events >= 20
    assert found.deviations == []
