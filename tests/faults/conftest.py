"""Faults of the storage, which take the place of sending a call; and a customer whom they meet."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from cli.target import Target
from loyalty.store import keys
from loyalty.store.client import CONFIG
from loyalty.store.dynamo_table import DynamoTable
from tests.customers import customer
from tests.refusals import Fault

NAMES = (f"fault-{number}" for number in count())


@pytest.fixture
def table(stack: Target) -> DynamoTable:
    """The table, with a client that tries as often as a function's does."""
    return DynamoTable(stack.client("dynamodb", CONFIG), stack.table)


@pytest.fixture
def cim(table: DynamoTable) -> str:
    """A new customer with 50 in the wallet."""
    return customer(table, next(NAMES), 50)


def wallet(table: DynamoTable, cim: str) -> tuple[int, int]:
    """Version and balance."""
    item = table.get(keys.wallet(cim.replace("CIM", "A")), consistent=True)
    assert item
    return int(item["version"]), int(item["balance"])


@contextmanager
def faulty(table: DynamoTable, operation: str, fault: Fault, times: int = 10**6, after: int = 0) -> Iterator[None]:
    """Let calls of an operation meet a fault, which takes the place of sending them: the first ones, or those after."""
    numbers = count()

    def meet(request: AWSRequest, **_: Any) -> Any:
        return fault(request) if after <= next(numbers) < after + times else None

    event = f"before-send.dynamodb.{operation}"
    table.client.meta.events.register_first(event, meet)
    try:
        yield
    finally:
        table.client.meta.events.unregister(event, meet)


def answer_lost(request: AWSRequest) -> None:
    URLLib3Session().send(request)
    raise ReadTimeoutError(endpoint_url=str(request.url))


def request_lost(request: AWSRequest) -> None:
    raise ReadTimeoutError(endpoint_url=str(request.url))


def out_of_reach(request: AWSRequest) -> None:
    raise EndpointConnectionError(endpoint_url=str(request.url))
