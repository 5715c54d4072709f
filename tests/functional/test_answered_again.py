"""A call that is sent again is answered byte for byte as the first time, whatever it posts."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
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
def spelled(draw: st.DrawFn, least: int = 300, most: int = 20_000) -> Decimal:
    """Draw an amount in cents, as somebody may spell it: 1.5, 1.50 or 1.5000."""
    amount = Decimal(draw(st.integers(least, most))) / 100
    return amount.quantize(Decimal(10) ** -draw(st.integers(2, 4))) if draw(st.booleans()) else amount


Line = tuple[Decimal, Decimal, Decimal]
"""A net amount, a tax and a quantity."""

QUANTITIES = [Decimal(text) for text in ("1", "2.0", "3.00", "1.5", "1E+1")]
TAXES = [Decimal(text) for text in ("0", "0.50", "1.0")]
LINES = st.lists(st.tuples(spelled(), st.sampled_from(TAXES), st.sampled_from(QUANTITIES)), min_size=1, max_size=3)
RUNS = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],  # to shrink takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def answered_alike(send: Send) -> Answer:
    """Send a call, and again; return the first answer, which has to be the second one."""
    first, again = send(), send()
    assert first.status == 200, first.text
    assert "Idempotent-Replayed" not in first.headers
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.text == first.text
    return first


@given(sold=LINES, spend=st.none() | spelled(100, 150), returned=spelled(1, 100))
@RUNS
def test_the_newest_api_answers_a_repetition_byte_for_byte(
    functions: Functions, sold: list[Line], spend: Decimal | None, returned: Decimal
) -> None:
    name = f"NEWEST-{next(NUMBERS)}"
    products = [
        {"product_sku": "FREDESPR001", "net_amount": net, "tax_amount": tax, "total_amount": net + tax, "quantity": of}
        for net, tax, of in sold
    ]
    requested = {"amount": spend} if spend else None
    own = {"id": name, "reference_number": name, "products": products, "spend_request": requested}
    answered_alike(lambda: functions.call("create_purchase", {**example("create_v5_1.request"), **own}))

    goods = {"reference_number": "R", "products": [{"line": 0, "quantity": returned}]}
    answered_alike(lambda: functions.call("return_products", goods, path={"id": name}))

    cancelled = answered_alike(lambda: functions.call("cancel_purchase", path={"id": name}))
    assert cancelled.text == functions.call("show_purchase", path={"id": name}).text


@given(sold=LINES, udf=spelled())
@RUNS
def test_the_classic_api_answers_a_repetition_byte_for_byte(
    functions: Functions, sold: list[Line], udf: Decimal
) -> None:
    name = f"CLASSIC-{next(NUMBERS)}"
    token = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    event = {
        **example("create_1.request"),
        "net_amount": sum(net for net, _, _ in sold),
        "vat_amount": sum(tax for _, tax, _ in sold),
        "total_amount": sum(net + tax for net, tax, _ in sold),
        "products_set": [
            {
                "product_identifier": {"code": "Bronze"},
                "net_amount": net,
                "vat_amount": tax,
                "total_amount": net + tax,
                "quantity": quantity,
            }
            for net, tax, quantity in sold
        ],
        "accounts_receivable_identifier": {"number": "0000000001"},
        "reference_number": name,
        "udf_float_1": udf,
        "token": token,
    }
    spend = {**example("create_spend_1.request"), "token": token}

    def posted(function: str, body: Body, **identity: str) -> Answer:
        return answered_alike(lambda: functions.call(function, {**body, **identity}, context={}))

    created = posted("classic_create_purchase", event, external_system_reference_number=name)
    entry = {**event, "request_unique_identifier": name, "external_system_reference_number": f"{name}-BULK"}
    posted("classic_bulk_create", {"token": token, "purchase_customer_events_set": [entry]})
    key = {"Idempotency-Key": name}
    answered_alike(lambda: functions.call("classic_create_spend", spend, headers=key, context={}))
    event_id = created.body["data"]["id"]
    cancelled = answered_alike(
        lambda: functions.call(
            "classic_cancel_purchase", {"token": token, "customer_event_identifier": {"id": event_id}}, context={}
        )
    )
    shown = functions.call(
        "classic_show_purchase", {"token": token, "customer_event_identifier": {"id": event_id}}, context={}
    )
    assert cancelled.text == shown.text
