"""A call that is sent again is answered byte for byte as the first time, whatever it posts."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.store.dynamo_table import DynamoTable
from tests.cards import bring
from tests.functional.conftest import Answer, Functions, example

Body = dict[str, Any]
Send = Callable[[], Answer]

NUMBERS = count()
"""Of purchases, so that each is another one."""

POINTS = {
    "type": "reward_offer",
    "id": "IN-POINTS",
    "name": "In points",
    "scheme": "SALES",
    "award": {"method": "PERCENTAGE", "value": 33, "currency": "ALTERNATIVE", "expires_after": "P1Y"},
}


@pytest.fixture(scope="module")
def functions(lasting: tuple[Functions, DynamoTable]) -> Functions:
    """The functions over the demo programme with one more offer, in points."""
    bring(lasting[1], POINTS)
    return lasting[0]


@st.composite
def spelled(draw: st.DrawFn, most: int = 20_000) -> Decimal:
    """Draw an amount in cents, as somebody may spell it: 1.5, 1.50, 1.500 or 150E-2."""
    amount = Decimal(draw(st.integers(1, most))) / 100
    return amount.quantize(Decimal(10) ** -draw(st.integers(2, 4))) if draw(st.booleans()) else amount


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Draw net amount, tax and quantity of some lines."""
    quantities = st.sampled_from(list(map(Decimal, ("1", "2.0", "3.00", "1.5", "1E+1"))))
    line = st.tuples(spelled(), st.sampled_from([Decimal(0), Decimal("0.50"), Decimal("1.0")]), quantities)
    return draw(st.lists(line, min_size=1, max_size=3))


def answered_alike(send: Send) -> Answer:
    """Send a call, and again; return the first answer, which has to be the second one."""
    first, again = send(), send()
    assert first.status == 200, first.text
    assert "Idempotent-Replayed" not in first.headers
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.text == first.text
    return first


@given(sold=lines(), spend=st.none() | spelled(most=300), returned=spelled(most=100), shown=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_api_answers_a_repetition_byte_for_byte(
    functions: Functions, sold: list[Any], spend: Decimal | None, returned: Decimal, shown: bool
) -> None:
    name = f"NEWEST-{next(NUMBERS)}"
    products = [
        {
            "product_sku": "FREDESPR001",
            "net_amount": net,
            "tax_amount": tax,
            "total_amount": net + tax,
            "quantity": many,
        }
        for net, tax, many in sold
    ]
    sent = {"id": name, "reference_number": name, "products": products}
    requested = {"spend_request": {"amount": min(spend, sold[0][0])} if spend else None}
    body = {**example("create_v5_1.request"), **sent, **requested}
    answered_alike(lambda: functions.call("create_purchase", body))
    before = functions.call("show_purchase", path={"id": name}).text
    assert functions.call("show_purchase", path={"id": name}).text == before

    goods = {"reference_number": "R", "products": [{"line": 0, "quantity": min(returned, sold[0][2])}]}
    answered_alike(lambda: functions.call("return_products", goods, path={"id": name}))
    if shown:
        cancelled = answered_alike(lambda: functions.call("cancel_purchase", path={"id": name}))
        assert cancelled.text == functions.call("show_purchase", path={"id": name}).text


def classic_calls(functions: Functions, body: Body, name: str) -> Iterator[tuple[str, Body]]:
    """Return the classic calls that post a purchase, each with a body that says who it is."""
    reference = {"external_system_reference_number": name}
    yield "classic_create_purchase", body | reference
    asked = {"purchase_customer_event": body | reference, "spend_request_customer_event": {"spend_amount": 1}}
    yield "classic_create_spend", {"token": body["token"], **asked}
    entry = body | reference | {"request_unique_identifier": name}
    yield "classic_bulk_create", {"token": body["token"], "purchase_customer_events_set": [entry]}


@given(sold=lines(), udf=spelled())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_classic_api_answers_a_repetition_byte_for_byte(
    functions: Functions, sold: list[Any], udf: Decimal
) -> None:
    token = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    products = [
        {
            "product_identifier": {"code": "Bronze"},
            "net_amount": net,
            "vat_amount": tax,
            "total_amount": net + tax,
            "quantity": many,
        }
        for net, tax, many in sold
    ]
    sums = {name: sum(line[name] for line in products) for name in ("net_amount", "vat_amount", "total_amount")}
    base = {**example("create_1.request"), **sums, "token": token, "products_set": products, "udf_float_1": udf}
    name = f"CLASSIC-{next(NUMBERS)}"
    for place, (function, body) in enumerate(classic_calls(functions, base, name)):
        answered_alike(lambda function=function, body=body: functions.call(function, body, context={}))
