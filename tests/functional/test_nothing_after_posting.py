"""Once an operation's transaction is through, nothing is left that could fail: what it answers is read, and drawn up,
before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from loyalty.domain.errors import Code
from loyalty.store import keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.table import MAX_TRANSACTION
from loyalty.store.writes import Put
from tests.functional.conftest import ROOT, Answer, Functions, example

Body = dict[str, Any]
Call = Callable[[], Answer]

DESPINA, CONTACT = "ACR0000000001", "C0FFEE00C0FFEE00C0FFEE00C0FFEE00"


@dataclass
class Partner:
    """A partner of both APIs; what it may post is here by the function that does so. Each is made ready, to be called
    later."""

    functions: Functions
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    def bought(self) -> str:
        """Post a purchase; answers its id."""
        return str(self.create_purchase()().body["id"])

    def classic(self, name: str, body: Body) -> Call:
        issued = self.functions.call("issue_token", headers={"api_key": self.functions.api_key}, context={})
        return lambda: self.functions.call(name, {**body, **issued.body["data"]}, context={})

    def create_purchase(self) -> Call:
        body = {**example("create_v5_1.request"), "reference_number": f"R{next(self.numbers)}"}
        return lambda: self.functions.call("create_purchase", body)

    def cancel_purchase(self) -> Call:
        path = {"id": self.bought()}
        return lambda: self.functions.call("cancel_purchase", path=path)

    def return_products(self) -> Call:
        path, body = {"id": self.bought()}, {"reference_number": "RET", "products": [{"line": 0, "quantity": 1}]}
        return lambda: self.functions.call("return_products", body, path=path)

    def classic_create_purchase(self) -> Call:
        return self.classic("classic_create_purchase", {**example("create_1.request"), **PAID})

    def classic_create_spend(self) -> Call:
        return self.classic("classic_create_spend", {**example("create_spend_1.request"), **CUSTOMER})

    def classic_cancel_purchase(self) -> Call:
        return self.classic("classic_cancel_purchase", {"customer_event_identifier": {"id": self.bought()}})

    def classic_bulk_create(self, *entries: Body) -> Call:
        wanted = [ENTRY | {"request_unique_identifier": str(place)} | one for place, one in enumerate(entries or [{}])]
        return self.classic("classic_bulk_create", {"purchase_customer_events_set": wanted})


CUSTOMER: Body = {"accounts_receivable_identifier": {"number": DESPINA}}
PAID: Body = {**CUSTOMER, "spend_request": {"spend_amount": 5}}
ENTRY: Body = {**example("bulk_1.request")["purchase_customer_events_set"][0], **CUSTOMER}
OPERATIONS = (
    Partner.create_purchase,
    Partner.cancel_purchase,
    Partner.return_products,
    Partner.classic_create_purchase,
    Partner.classic_create_spend,
    Partner.classic_cancel_purchase,
    Partner.classic_bulk_create,
)
TELLING = (Partner.classic_create_purchase, Partner.classic_create_spend, Partner.classic_cancel_purchase)
"""Those that tell more than the event itself holds."""


def names(operations: tuple[Any, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=[one.__name__ for one in operations])


@contextmanager
def cut_off_once_posted(table: DynamoTable, fault: Exception) -> Iterator[list[str]]:
    """Let every call meet a fault after the first transaction, and tell which calls these were."""
    posted, after = False, list[str]()

    def done(http_response: Any, **_: Any) -> None:
        nonlocal posted
        posted = posted or http_response.status_code == 200

    def meet(request: Any, **_: Any) -> None:
        if posted:
            after.append(request.headers["X-Amz-Target"])
            raise fault

    events = table.client.meta.events
    handlers = (("after-call.dynamodb.TransactWriteItems", done), ("before-send.dynamodb", meet))
    for event, handler in handlers:
        events.register_first(event, handler)
    try:
        yield after
    finally:
        for event, handler in handlers:
            events.unregister(event, handler)
        assert posted


def version(functions: Functions) -> int:
    found: int = functions.call("show_wallet", path={"account": DESPINA}).body["version"]
    return found


def test_every_function_that_posts_is_tested() -> None:
    posting = (
        "loyalty.usecases.purchases.post_purchase",
        "loyalty.usecases.reversals.take_back",
        "loyalty.usecases.purchases.tell_purchase",
        "loyalty.usecases.reversals.tell_cancellation",
    )
    found = {
        app.parent.name for app in ROOT.glob("functions/*/app.py") if any(name in app.read_text() for name in posting)
    }

    assert found == {operation.__name__ for operation in OPERATIONS}


@names(OPERATIONS)
@pytest.mark.parametrize(
    "fault",
    [EndpointConnectionError(endpoint_url=""), ConnectTimeoutError(endpoint_url=""), ZeroDivisionError()],
    ids=repr,
)
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_no_call_comes_after_the_transaction(
    functions: Functions, operation: Any, fault: Exception, warm: bool
) -> None:
    partner = Partner(functions if warm else Functions(api_key=functions.api_key))
    call = operation(partner)
    before = version(functions)

    with cut_off_once_posted(partner.functions.module(operation.__name__).table, fault) as after:
        answer = call()

    assert after == []
    assert answer.status == 200
    assert version(functions) == before + 1


@names(TELLING)
def test_what_is_answered_is_what_is_shown_later(functions: Functions, operation: Any) -> None:
    partner = Partner(functions)

    told = operation(partner)().body["data"]

    told = told.get("purchase_customer_event", told)
    shown = partner.classic("classic_show_purchase", {"customer_event_identifier": {"id": told["id"]}})().body["data"]
    assert told == {name: shown[name] for name in told}


@names(TELLING)
def test_where_it_cannot_be_read_what_is_to_be_told_nothing_is_posted(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, operation: Any
) -> None:
    call, before = operation(Partner(functions)), version(functions)
    table = functions.module(operation.__name__).table
    batch_get = table.client.batch_get_item

    def busy(RequestItems: Any, **more: Any) -> Any:  # noqa: N803 - the client's name
        if {"S": "CONTACT"} in [key["sk"] for key in RequestItems[table.name]["Keys"]]:
            raise EndpointConnectionError(endpoint_url="")
        return batch_get(RequestItems=RequestItems, **more)

    monkeypatch.setattr(table.client, "batch_get_item", busy)
    answer = call()

    assert (answer.status, answer.body["status"]["code"]) == (503, "RetryLaterException")
    assert version(functions) == before


@names(TELLING)
def test_where_it_cannot_be_told_what_was_read_nothing_is_posted(
    functions: Functions, demo: DynamoTable, operation: Any
) -> None:
    """No import lets a contact through that has no type."""
    call, before = operation(Partner(functions)), version(functions)
    demo.put(Put(keys.record("contact", CONTACT), {"record": f'{{"id": "{CONTACT}"}}'}))

    answer = call()

    assert (answer.status, answer.body["status"]["code"]) == (500, "InternalException")
    assert version(functions) == before


@pytest.mark.parametrize(
    ("fault", "code"),
    [(EndpointConnectionError(endpoint_url=""), "RetryLaterException"), (ZeroDivisionError(), "InternalException")],
    ids=["out of reach", "a fault of ours"],
)
def test_what_of_a_bulk_call_was_posted_is_told_even_if_the_rest_cannot_be_any_more(
    functions: Functions, fault: Exception, code: str
) -> None:
    """More than one transaction holds, and no call succeeds after the first."""
    partner = Partner(functions)
    call = partner.classic_bulk_create(*[{} for _ in range(MAX_TRANSACTION + 10)])
    before = version(functions)

    table = functions.module("classic_bulk_create").table
    with cut_off_once_posted(table, fault) as after:
        answer = call()

    assert after
    assert answer.status == 200
    processed = answer.body["data"]["processed_customer_events_set"]
    unprocessed = answer.body["data"]["unprocessed_customer_events_set"]
    assert len(processed) == version(functions) - before > 0
    assert len(processed) + len(unprocessed) == MAX_TRANSACTION + 10
    assert {one["error_code"] for one in unprocessed} == {code}


@pytest.mark.parametrize(
    ("fault", "code"),
    [(EndpointConnectionError(endpoint_url=""), Code.RETRY_LATER), (ZeroDivisionError(), Code.INTERNAL)],
    ids=repr,
)
def test_that_it_is_not_known_whether_an_entry_was_posted_keeps_nobody_from_being_told_of_the_others(
    functions: Functions, fault: Exception, code: Code
) -> None:
    """An entry is only refused once it is known that it was not posted before."""
    known = {"external_system": "POS", "external_system_reference_number": "17"}
    call = Partner(functions).classic_bulk_create({}, {**known, "spend_request": {"spend_amount": 60}})

    table = functions.module("classic_bulk_create").table
    with cut_off_once_posted(table, fault):
        answer = call()

    data = answer.body["data"]
    assert [one["request_unique_identifier"] for one in data["processed_customer_events_set"]] == ["0"]
    assert [one["error_code"] for one in data["unprocessed_customer_events_set"]] == [code]
