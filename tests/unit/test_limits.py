"""Limits of offers, each at its edge."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.ledger.uses import MAX_WINDOWS, Use, UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.ledger.windows import FOR_EVER, LimitPeriod, window_of
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.pricing.pricing import price
from tests.builders import AT, POINTS, RATE, account, line, offer, programme, purchase


def plan(given: Mapping[str, Decimal], wallet: Wallet | None = None, **limits: Any) -> Plan:
    """Return what a purchase gets of an offer of 5 under these limits."""
    known = programme(POINTS, RATE, offer(method="FIXED", value="5", limits=limits))
    return price(purchase(line("10")), account(), wallet or Wallet("A1"), known, given)


@pytest.mark.parametrize(
    ("given", "awarded"),
    [({}, "1"), ({"O1": "0.01"}, "0.99"), ({"O1": "0.99"}, "0.01"), ({"O1": "1"}, "0"), ({"O2": "1"}, "1")],
    ids=str,
)
def test_a_budget_gives_what_is_left_of_it_and_all_of_it_as_long_as_nothing_is_given(
    given: dict[str, str], awarded: str
) -> None:
    found = plan({name: Decimal(amount) for name, amount in given.items()}, budget=1)

    assert found.awarded == Decimal(awarded)
    assert [verdict.failed for verdict in found.why] == [None if found.awarded else "budget"]


def test_an_offer_that_is_not_limited_per_account_uses_nothing_of_the_account() -> None:
    assert plan({}, budget=1).movement.uses == ()
    assert plan({}, per_account=2).movement.uses == (Use("O1", FOR_EVER, 1, Decimal(5), "EUR", 2, None),)
    assert plan({}, per_account_amount=3).movement.uses == (
        Use("O1", FOR_EVER, 1, Decimal(3), "EUR", None, Decimal(3)),
    )


def used(*uses: tuple[str, int, str, str]) -> UseHistory:
    """Return the history of uses: each with its window, its count, its amount and the amount's currency."""
    history = UseHistory()
    for window, count, amount, currency in uses:
        history = history.plus(Use("O1", window, count, Decimal(amount), currency))
    return history


def days(count: int) -> list[str]:
    """Return the windows of so many days, one after the other."""
    first = date(2026, 1, 1)
    return [window_of(LimitPeriod.DAY, first + timedelta(days=day)) for day in range(count)]


def test_the_latest_four_windows_are_remembered_and_the_one_before_them_is_forgotten() -> None:
    names = days(6)
    history = used(*((name, 1, "3", "EUR") for name in names))

    assert sorted(history.windows) == names[2:]
    assert [history.has_forgotten(name) for name in names] == [True, True, False, False, False, False]
    assert history.forgotten == {names[1]}


def test_amounts_are_kept_by_currency_in_order_and_those_that_come_to_nothing_are_dropped() -> None:
    some = WindowUse(1, {"PTS": Decimal(3)}).plus(1, {"EUR": Decimal(2), "CRW": Decimal(4)})

    assert list(some.amounts) == ["CRW", "EUR", "PTS"]
    assert some.amounts == {"CRW": 4, "EUR": 2, "PTS": 3}
    assert some.plus(-1, {"CRW": Decimal(-4)}) == WindowUse(1, {"EUR": Decimal(2), "PTS": Decimal(3)})


def test_what_is_forgotten_of_one_period_is_remembered_of_the_others() -> None:
    names = days(MAX_WINDOWS + 1)
    history = used(("2025", 1, "3", "EUR"), *((name, 1, "3", "EUR") for name in names))

    assert sorted(history.windows) == ["2025", *names[1:]]
    assert not history.has_forgotten("2025")
    for year in ("2026", "2027", "2028", "2029"):
        history = history.plus(Use("O1", year, 1))
    assert history.forgotten == {"2025", names[0]}


def test_what_is_given_back_in_a_window_that_is_forgotten_changes_nothing() -> None:
    names = days(MAX_WINDOWS + 1)
    history = used(*((name, 1, "3", "EUR") for name in names))

    assert history.plus(Use("O1", names[0], -1, Decimal(-3), "EUR")) is history


def test_a_window_of_which_all_is_given_back_is_as_if_it_had_never_been() -> None:
    assert used(("2026", 1, "3", "EUR"), ("2026", -1, "-3", "EUR")) == UseHistory()
    assert used(("2026", 1, "3", "EUR"), ("2026", 0, "-3", "EUR")).windows == {"2026": WindowUse(1)}
    assert used(("2026", 1, "3", "EUR"), ("2026", -1, "-2.99", "EUR"), ("2026", 0, "-1", "PTS")).windows == {
        "2026": WindowUse(0, {"EUR": Decimal("0.01"), "PTS": Decimal(-1)})
    }
    assert used(("2026", 1, "3", "EUR"), ("2026", -1, "0", "EUR")).windows == {
        "2026": WindowUse(0, {"EUR": Decimal(3)})
    }


def test_uses_of_shorter_windows_are_part_of_those_that_they_lie_in() -> None:
    uses = Uses({"O1": used(("2026-01-15", 1, "3", "EUR"), ("2026-01", 2, "4", "PTS"), ("2025-12-31", 4, "9", "EUR"))})

    assert uses.within("O1", "2026-01") == WindowUse(3, {"EUR": Decimal(3), "PTS": Decimal(4)})
    assert uses.within("O1", "2026") == WindowUse(3, {"EUR": Decimal(3), "PTS": Decimal(4)})
    assert uses.within("O1", "2026-01-15") == WindowUse(1, {"EUR": Decimal(3)})
    assert uses.within("O1", FOR_EVER) == WindowUse(7, {"EUR": Decimal(12), "PTS": Decimal(4)})
    assert uses.within("O2", FOR_EVER) == WindowUse()


def test_of_a_window_that_is_forgotten_nothing_is_known() -> None:
    uses = Uses({"O1": used(*((name, 1, "3", "EUR") for name in days(MAX_WINDOWS + 1)))})

    assert uses.within("O1", "2026-01-01") is None
    assert uses.within("O1", "2026-01-02") == WindowUse(1, {"EUR": Decimal(3)})


def test_an_amount_of_before_currencies_were_kept_counts_in_any_currency_and_others_do_not() -> None:
    history = used(("", 1, "1", ""), ("", 1, "1", "EUR"), ("", 1, "100", "PTS"))
    wallet = Wallet("A1", 1, uses=Uses({"O1": history}))

    assert plan({}, wallet, per_account_amount=3).awarded == 1
    assert [verdict.failed for verdict in plan({}, wallet, per_account_amount=2).why] == ["per_account_amount"]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"per_account": 99}, "per_account"),
        ({"per_account_amount": 99}, "per_account_amount"),
        ({"per_account": 99, "per_account_amount": 99}, "per_account"),
    ],
    ids=str,
)
def test_a_window_that_is_forgotten_is_told_as_the_limit_of_awards_if_there_is_one_and_else_as_that_of_amounts(
    limits: dict[str, int], told: str
) -> None:
    later = [window_of(LimitPeriod.DAY, AT.date() + timedelta(days=day)) for day in range(MAX_WINDOWS + 1)]
    wallet = Wallet("A1", 1, uses=Uses({"O1": used(*((name, 1, "1", "EUR") for name in later))}))

    assert [verdict.failed for verdict in plan({}, wallet, period="P1D", **limits).why] == [told]


def test_subjects_are_counted_each_for_itself_and_those_with_nothing_left_are_dropped() -> None:
    once = Use("O1", "2026", 1, Decimal(3), "EUR")
    both = Uses().plus([once, Use("O2", "2026", 1)])

    assert both.plus([Use("O1", "2026", -1, Decimal(-3), "EUR")]) == Uses({"O2": UseHistory({"2026": WindowUse(1)})})
