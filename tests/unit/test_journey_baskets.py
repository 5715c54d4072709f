"""The conversion of the Complete Journey's lines to purchases."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
from pyarrow import parquet

from cli.journey.baskets import (
    TAX_PERCENT,
    Choice,
    JourneyBasket,
    LeftOutBaskets,
    LineAmounts,
    amounts,
    baskets,
    purchase,
)
from cli.journey.source import COLUMNS, Row, data_files, rows, rows_of
from cli.options import Days
from loyalty import exactjson
from loyalty.api.newest.purchase_requests import read_purchase

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SOME = 800


def row(basket: int = 1, *, product: int = 7, quantity: int = 1, cents: int = 107) -> Row:
    return Row(household=900, store=330, basket=basket, product=product, quantity=quantity, cents=cents, second=1000)


def converted(lines: Iterable[Row]) -> tuple[list[JourneyBasket], LeftOutBaskets]:
    left_out = LeftOutBaskets()
    return list(baskets(lines, left_out)), left_out


@pytest.fixture(scope="module")
def real() -> list[JourneyBasket]:
    return list(islice(baskets(rows(), LeftOutBaskets()), SOME))


def test_lines_of_one_basket_become_one_purchase_in_their_order() -> None:
    [first, second], _ = converted([row(1, product=8), row(1, product=7), row(2)])
    assert [line.product for line in first.lines] == [8, 7]
    assert (second.id, second.household, second.store, second.second) == (2, 900, 330, 1000)


@pytest.mark.parametrize("cents", [0, 1, 2, 50, 99, 107, 143, 84_000])
def test_net_and_tax_are_the_total_to_the_cent(cents: int) -> None:
    net, tax, total = amounts(cents)
    assert net + tax == total == Decimal(cents) / 100
    assert abs(net * TAX_PERCENT / 100 - tax) < Decimal("0.011")
    assert net.as_tuple().exponent == tax.as_tuple().exponent == -2


def test_the_tax_is_the_stated_rate_included_in_the_total() -> None:
    assert amounts(107) == LineAmounts(Decimal("1.00"), Decimal("0.07"), Decimal("1.07"))


def test_lines_without_a_quantity_are_left_out_and_counted() -> None:
    [basket], left_out = converted([row(quantity=0, cents=0), row(product=8), row(quantity=0)])
    assert [line.product for line in basket.lines] == [8]
    assert left_out == LeftOutBaskets(lines=Counter({"zero quantity": 2}))


def test_a_basket_that_has_no_line_left_is_not_posted_but_counted() -> None:
    found, left_out = converted([row(quantity=0)])
    assert found == []
    assert left_out == LeftOutBaskets(Counter({"zero quantity": 1}), Counter({"no line left": 1}))


def test_a_basket_with_a_total_of_zero_is_not_posted_but_counted() -> None:
    found, left_out = converted([row(cents=0), row(cents=0)])
    assert found == []
    assert left_out == LeftOutBaskets(baskets=Counter({"zero total": 1}))


def test_a_line_that_cost_nothing_stays_in_a_basket_that_did() -> None:
    [basket], _ = converted([row(cents=0), row()])
    assert len(basket.lines) == 2


def test_only_what_was_passed_over_until_the_last_chosen_basket_is_counted() -> None:
    left_out = LeftOutBaskets()
    [_] = islice(baskets([row(1, cents=0), row(2), row(3, cents=0), row(4)], left_out), 1)
    assert left_out.baskets["zero total"] == 1


def test_no_basket_pays_with_points_unless_it_is_asked_for() -> None:
    [basket], _ = converted([row(10)])
    assert "spend_request" not in purchase(basket)


@pytest.mark.parametrize(("basket", "spends"), [(9, False), (10, True), (11, False), (20, True)])
def test_baskets_whose_id_is_a_multiple_pay_with_points(basket: int, spends: bool) -> None:
    [found], _ = converted([row(basket)])
    assert ("spend_request" in purchase(found, spend_every=10)) is spends


@pytest.mark.parametrize(("cents", "spent"), [(99, "0.99"), (100, "1.00"), (5000, "1.00")])
def test_a_spend_is_small_and_never_more_than_the_total(cents: int, spent: str) -> None:
    [basket], _ = converted([row(10, cents=cents)])
    assert purchase(basket, spend_every=1)["spend_request"] == {"amount": Decimal(spent)}


def test_amounts_become_json_numbers_with_the_digits_that_they_have() -> None:
    [basket], _ = converted([row(1, cents=50)])
    assert exactjson.dumps(purchase(basket)) == (
        '{"cim":"CJ-CARD-0900","reference_number":"1","performed_on":1000,'
        '"merchant_tap":{"code":"CJ"},"outlet_tap":{"code":"CJ-STORE-330"},'
        '"products":[{"product_sku":"7","quantity":1,"net_amount":0.47,"tax_amount":0.03,"total_amount":0.50}]}'
    )


def test_the_api_takes_every_purchase_of_the_real_data(real: list[JourneyBasket]) -> None:
    for basket in real:
        body: Any = exactjson.loads_strictly(exactjson.dumps(purchase(basket, spend_every=5)))
        request = read_purchase(body, NOW)
        assert sum(line.total for line in request.lines) == sum(line.amounts.total for line in basket.lines)


def test_real_baskets_come_in_the_order_of_time_and_each_once(real: list[JourneyBasket]) -> None:
    assert [basket.second for basket in real] == sorted(basket.second for basket in real)
    assert len({basket.id for basket in real}) == SOME


def test_cents_are_what_the_file_shows_as_decimals() -> None:
    year = parquet.ParquetFile(data_files() / "transactions.parquet")
    batch = next(year.iter_batches(batch_size=5000, columns=COLUMNS))
    shown = [Decimal(repr(amount)) for amount in batch["sales_value"].to_pylist()]
    assert [Decimal(each.cents) / 100 for each in rows_of(batch)] == shown


def test_times_are_read_as_utc_to_the_second() -> None:
    moment = datetime(2017, 1, 1, 11, 53, 26, 999, tzinfo=UTC)
    columns: dict[str, Any] = {name: pa.array([1]) for name in COLUMNS[:5]} | {"sales_value": pa.array([0.29])}
    columns["transaction_timestamp"] = pa.array([moment.replace(tzinfo=None)], pa.timestamp("ns"))
    [read] = rows_of(pa.record_batch(columns))
    assert (read.second, read.cents) == (1_483_271_606, 29)


def test_days_are_chosen_from_the_first_until_before_the_last() -> None:
    days = Days(date(2017, 3, 1), date(2017, 3, 3))
    seen = {datetime.fromtimestamp(each.second, UTC).date() for each in rows(days)}
    assert seen == {date(2017, 3, 1), date(2017, 3, 2)}


def test_reading_loads_no_pandas() -> None:
    reading = (
        "import sys; from cli.journey.source import *; next(rows()); departments(); assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", reading], check=True)


def test_a_choice_is_the_same_each_time() -> None:
    choice = Choice(Days(date(2017, 2, 1)), 40)
    first = list(choice.baskets(LeftOutBaskets()))
    assert len(first) == 40
    assert first == list(choice.baskets(LeftOutBaskets()))
