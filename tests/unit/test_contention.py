"""Counters that many callers add to at once."""

import random

import pytest

from loyalty.store import keys
from loyalty.store.backoff import MAX_SECONDS, MAX_TOTAL_SECONDS, Backoff
from tests.contention import READ_SECONDS, TRANSACTION_SECONDS, crowd, crowd_of_one_wallet
from tests.template import read_template


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(1)


def test_whoever_meets_nobody_is_reckoned_two_reads_and_a_transaction() -> None:
    told, _ = crowd_of_one_wallet(1, 3)

    assert told.seconds[1:] == [pytest.approx(2 * READ_SECONDS + TRANSACTION_SECONDS)] * 2


@pytest.mark.parametrize("callers", [16, 64])
def test_who_adds_to_a_counter_that_many_add_to_has_to_wait_and_is_not_put_off(callers: int) -> None:
    told, table = crowd(callers, 20)

    assert told.put_off == 0
    assert told.transactions > told.rewarded  # they were in each other's way
    assert (table.get(keys.counter("reward_offer", "O")) or {})["used"] == 20 * callers == told.rewarded
    assert (table.get(keys.counter("promo_code", "HOT")) or {})["used"] == 20 * callers


def test_a_budget_that_many_draw_on_is_given_out_to_the_cent() -> None:
    told, table = crowd(16, 10, budget=50)

    assert (told.put_off, told.rewarded) == (0, 50)
    assert (table.get(keys.counter("reward_offer", "O")) or {})["used"] == 50


def test_waits_come_to_an_end_that_leaves_a_function_as_long_again() -> None:
    waits: list[float] = []
    backoff = Backoff(waits.append)

    while backoff.wait():
        pass

    assert max(waits) <= MAX_SECONDS
    assert MAX_TOTAL_SECONDS <= sum(waits) <= MAX_TOTAL_SECONDS + MAX_SECONDS
    assert read_template()["Globals"]["Function"]["Timeout"] >= 2 * MAX_TOTAL_SECONDS
