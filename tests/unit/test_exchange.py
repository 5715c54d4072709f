"""Amounts in the currencies of a purchase, each converted from the exact one and rounded once."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.money import ONE
from loyalty.domain.pricing.exchange import Amounts, Exchange
from loyalty.domain.pricing.pricing import price
from loyalty.domain.programme.award_rules import AwardCurrency
from loyalty.domain.purchases.purchase import RequestedSpend
from tests.builders import AT, POINTS, RATE, account, line, programme, purchase

SYSTEM, ALTERNATIVE = AwardCurrency.SYSTEM, AwardCurrency.ALTERNATIVE
CROWNS = {"type": "currency", "id": "CRW", "code": "CRW"}
CROWN_RATE = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal("7.33")}
EVERY = (POINTS, RATE, CROWNS, CROWN_RATE)


def amounts(system: str, wallet: str, alternative: str | None = None) -> Amounts:
    return Amounts(Decimal(system), Decimal(wallet), Decimal(alternative) if alternative else None)


def exchange(*records: dict[str, Any], wallet: str | None = None) -> Exchange:
    return Exchange(programme(*records), account(wallet), AT)


def test_amounts_are_added_taken_off_and_compared_currency_by_currency() -> None:
    some, more = amounts("5", "1", "7"), amounts("2", "3", "9")

    assert some + more == amounts("7", "4", "16")
    assert some - more == amounts("3", "-2", "-2")
    assert some.within(more) == amounts("2", "1", "7")


def test_there_are_points_only_where_both_have_them() -> None:
    some, without = amounts("5", "1", "7"), amounts("2", "3")

    assert (some + without).alternative is None
    assert (without + some).alternative is None
    assert [some.of(SYSTEM), some.of(ALTERNATIVE), without.of(ALTERNATIVE)] == [5, 7, 0]


def test_a_sum_has_the_points_of_those_that_have_some_and_is_zero_of_nothing() -> None:
    known = exchange(*EVERY)

    assert known.sum([amounts("5", "1", "7"), amounts("2", "3")]) == amounts("7", "4", "7")
    assert known.sum([amounts("5", "1"), amounts("2", "3")]) == amounts("7", "4")
    assert known.sum([]) == amounts("0", "0", "0")
    assert exchange().sum([]) == amounts("0", "0")


def test_an_exact_amount_is_rounded_once_in_each_currency() -> None:
    known = exchange(*EVERY, wallet="CRW")

    assert known.amounts(Decimal("1.505")) == amounts("1.51", "11.03", "151")  # 11.03165 crowns, 150.5 points
    assert known.amounts(Decimal("1.505"), rounding=ROUND_DOWN) == amounts("1.50", "11.03", "150")
    assert known.amounts(Decimal("150.5"), ALTERNATIVE) == amounts("1.51", "11.03", "151")
    assert exchange(*EVERY).amounts(Decimal("1.505")) == amounts("1.51", "1.51", "151")
    assert exchange().amounts(Decimal("1.505")) == amounts("1.51", "1.51")


def test_no_currency_exceeds_a_maximum_not_even_by_rounding() -> None:
    known = exchange(*EVERY, wallet="CRW")

    assert known.amounts(Decimal(9), maximum=Decimal("1.505")) == amounts("1.50", "11.03", "150")
    assert known.amounts(Decimal("1.4"), maximum=Decimal("1.505")) == amounts("1.40", "10.26", "140")
    assert known.amounts(Decimal(900), ALTERNATIVE, maximum=Decimal("150.5")) == amounts("1.50", "11.03", "150")


def test_rates_and_ids_are_those_of_the_currencies_that_there_are() -> None:
    known, alone, unrated = exchange(*EVERY, wallet="CRW"), exchange(), exchange(POINTS)

    quotes = [known.quote(SYSTEM), known.quote(ALTERNATIVE)]
    assert [(quote.currency.id, quote.rate) for quote in quotes if quote] == [("EUR", ONE), ("PTS", 100 * ONE)]
    for missing in (alone, unrated):
        assert missing.quote(ALTERNATIVE) is None
        assert missing.amounts(Decimal(1)).alternative is None


def test_what_can_be_paid_is_the_least_of_the_limits_rounded_down() -> None:
    known = exchange(*EVERY, wallet="CRW")

    assert known.payable(Decimal("5.019"), None, Decimal("7")) == Decimal("5.01")
    assert known.payable(None, Decimal("7"), Decimal("5.019")) == Decimal("5.01")
    assert known.system_of(Decimal("14.66")) == 2
    assert exchange().system_of(Decimal("14.66")) == Decimal("14.66")


def test_an_amount_of_a_wallet_is_told_with_its_code_unless_that_is_the_systems() -> None:
    assert exchange(*EVERY, wallet="CRW").describe(Decimal("5.00")) == "5.00 CRW"
    assert exchange(*EVERY).describe(Decimal("5.00")) == "5.00"
    assert exchange(*EVERY, wallet="EUR").describe(Decimal("5.00")) == "5.00"


def test_of_two_amounts_that_are_asked_for_the_one_in_the_system_currency_counts() -> None:
    known = exchange(*EVERY)

    assert known.requested_amounts(RequestedSpend(Decimal(2), Decimal(999), "/s")) == amounts("2", "2", "200")
    assert known.requested_amounts(RequestedSpend(None, Decimal(250), "/s")) == amounts("2.50", "2.50", "250")
    assert known.requested_amounts(RequestedSpend(None, None, "/s")) == amounts("0", "0", "0")


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ((), "There is no alternative currency here."),
        ((POINTS,), "No rate of PTS is in force on 2026-01-15."),
    ],
)
def test_points_that_cannot_be_converted_are_refused(records: tuple[dict[str, Any], ...], told: str) -> None:
    with pytest.raises(Refused) as refused:
        exchange(*records).requested_amounts(RequestedSpend(None, Decimal(250), "/s"))

    [problem] = refused.value.problems
    assert (problem.code, problem.description, problem.pointer) == (Code.CURRENCY_MISMATCH, told, "/s")


def test_a_wallet_whose_currency_has_no_rate_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        exchange(CROWNS, wallet="CRW")

    [problem] = refused.value.problems
    assert (problem.code, problem.pointer) == (Code.CURRENCY_MISMATCH, "")
    assert problem.description == "No rate of CRW is in force on 2026-01-15."


@pytest.mark.parametrize(
    ("currency", "told"),
    [
        (None, "The wallet holds 5; 5.01 cannot be spent."),
        ("CRW", "The wallet holds 5 CRW; 36.72 CRW cannot be spent."),
    ],
)
def test_a_spend_beyond_the_wallet_is_refused_in_its_currency(currency: str | None, told: str) -> None:
    with pytest.raises(Refused) as refused:
        price(purchase(line("30"), spend="5.01"), account(currency), Wallet("A1", 1, Decimal(5)), programme(*EVERY[2:]))

    [problem] = refused.value.problems
    assert (problem.code, problem.description) == (Code.INSUFFICIENT_BALANCE, told)
