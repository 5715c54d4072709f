"""The rules of awards as they are read back from the table, where all of their words are plain texts."""

import decimal
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.programme.award_rules import AwardCurrency, AwardRule
from tests.builders import line

LINE = line("10", quantity="3", tax="2")


def rule(**fields: Any) -> AwardRule:
    """Return the rule of an award in the table."""
    stored = {"method": "FIXED", "base": "NET", "currency": "SYSTEM", "rounding": "HALF_UP", "spend": "NONE"}
    return AwardRule.of(stored | fields)


TIERS = [{"from": 10, "value": 1}, {"from": 50, "value": 8}]


@pytest.mark.parametrize(
    ("award", "measured", "base", "awarded"),
    [
        ({"method": "PERCENTAGE", "value": 5}, "10", "40", "14"),
        ({"method": "PERCENTAGE", "value": 5, "base": "TOTAL"}, "12", "40", "14"),
        ({"method": "FIXED", "value": 5}, "10", "40", "5"),
        ({"method": "PER_UNIT", "value": 5}, "3", "4", "20"),
        ({"method": "PER_STEP", "value": 5, "step": 3}, "10", "8.99", "10"),
        ({"method": "PER_STEP", "value": 5, "step": 3}, "10", "9", "15"),
        ({"method": "TIERED", "tiers": TIERS}, "10", "9.99", "0"),
        ({"method": "TIERED", "tiers": TIERS}, "10", "10", "1"),
        ({"method": "TIERED", "tiers": TIERS}, "10", "49.99", "1"),
        ({"method": "TIERED", "tiers": TIERS}, "10", "50", "8"),
    ],
    ids=str,
)
def test_a_method_measures_lines_and_makes_an_award_of_what_they_bring(
    award: dict[str, Any], measured: str, base: str, awarded: str
) -> None:
    """At seven units of the award's currency for one of the system currency: only a percentage is converted."""
    found = rule(**award)

    assert found.measure(LINE) == Decimal(measured)
    assert found.exact(Decimal(base), Decimal(7)) == Decimal(awarded)


def test_what_is_not_said_limits_nothing() -> None:
    found = rule()

    assert found.value == found.step == 0
    assert found.tiers == ()
    assert (found.maximum, found.ceiling, found.expires_after, found.instant) == (None, None, None, False)
    assert (found.currency, found.rounding) == (AwardCurrency.SYSTEM, decimal.ROUND_HALF_UP)


def test_what_is_said_is_read() -> None:
    found = rule(
        base="TOTAL",
        currency="ALTERNATIVE",
        expires_after="P1M",
        maximum="BASE",
        maximum_per_event=9,
        rounding="DOWN",
        spend="INSTANT",
    )

    assert found.ceiling
    assert [found.ceiling(LINE), found.maximum, found.instant] == [12, 9, True]
    assert (found.currency, found.rounding) == (AwardCurrency.ALTERNATIVE, decimal.ROUND_DOWN)
    assert found.expires_after is not None


@pytest.mark.parametrize(
    ("name", "mode"),
    [("HALF_UP", "3 4 -3"), ("HALF_EVEN", "2 4 -2"), ("DOWN", "2 3 -2"), ("UP", "3 4 -3")],
)
def test_a_rounding_is_what_it_is_called(name: str, mode: str) -> None:
    amounts = [Decimal(text).quantize(Decimal(1), rule(rounding=name).rounding) for text in ("2.5", "3.5", "-2.5")]

    assert " ".join(map(str, amounts)) == mode
