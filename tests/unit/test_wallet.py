"""Wallets at the edges of what they hold, what of them expires, and the windows of what they used."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.expiry import expiry, lapsed_part
from loyalty.domain.ledger.rules import RuleBroken, as_text, broken_links, broken_sums, require_rules
from loyalty.domain.ledger.uses import Use, UseHistory, Uses, WindowUse
from loyalty.domain.ledger.wallet import (
    EventType,
    JournalEntry,
    Movement,
    Wallet,
    add_amounts,
    add_lots,
    take_from_lots,
)
from loyalty.domain.ledger.windows import FOR_EVER, LimitPeriod, lies_in, previous, same_period, window_of

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def lots(**amounts: str) -> dict[str, Decimal]:
    """Return amounts by month: `m02` is February of 2026."""
    return {f"2026-{name[1:]}": Decimal(amount) for name, amount in amounts.items()}


def wallet(balance: str, version: int = 1, **amounts: str) -> Wallet:
    """Return a wallet with this balance, and what is booked to its lots."""
    return Wallet("A1", version, Decimal(balance), lots(**amounts))


def moved(awarded: str = "0", spent: str = "0", **more: Any) -> Movement:
    return Movement(Decimal(awarded), Decimal(spent), **more)


@pytest.mark.parametrize(
    ("balance", "movement", "after"),
    [
        ("5", moved(spent="5"), "0"),
        ("5", moved(awarded="1", spent="6"), "0"),
        ("-5", moved(awarded="3"), "-2"),
        ("-5", moved(), "-5"),
        ("-5", moved(awarded="3", spent="3"), "-5"),
    ],
    ids=str,
)
def test_a_wallet_may_be_emptied_and_a_debt_paid_off_bit_by_bit(balance: str, movement: Movement, after: str) -> None:
    assert wallet(balance).moved(movement).balance == Decimal(after)


LARGEST = "9" * 34 + ".9999"
TOO_LARGE = "1" + "0" * 34


@pytest.mark.parametrize(
    ("balance", "movement", "told"),
    [
        ("-1", moved(awarded=TOO_LARGE), "award"),
        (LARGEST, moved(awarded="1", spent=TOO_LARGE), "spend"),
        ("0", moved(alternative_awarded=Decimal(TOO_LARGE), alternative_spent=Decimal(1)), "award in points"),
        ("0", moved(alternative_awarded=Decimal(1), alternative_spent=Decimal(TOO_LARGE)), "spend in points"),
        (LARGEST, moved(awarded="0.0001"), "balance"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_moves_a_wallet_that_a_table_does_not_keep_to_the_last_digit(
    balance: str, movement: Movement, told: str
) -> None:
    with pytest.raises(Refused) as refused:
        wallet(balance).moved(movement, overdrawn=True)

    [problem] = refused.value.problems
    words = f"The {told} would be {TOO_LARGE}"
    assert (problem.code, problem.description.partition(":")[0].removesuffix(".0000")) == (Code.LIMIT_EXCEEDED, words)
    assert problem.description.endswith(": an amount has at most 34 digits before the point.")


def test_a_wallet_keeps_thirty_four_digits_before_the_point() -> None:
    assert wallet("0").moved(moved(awarded=LARGEST)).balance == Decimal(LARGEST)


@pytest.mark.parametrize(("balance", "spent"), [("5", "5.01"), ("0", "0.01"), ("-5", "0.01")])
def test_nothing_is_taken_that_a_wallet_does_not_hold_unless_it_may_be_overdrawn(balance: str, spent: str) -> None:
    with pytest.raises(Refused) as refused:
        wallet(balance).moved(moved(spent=spent))

    [problem] = refused.value.problems
    assert problem.code is Code.INSUFFICIENT_BALANCE
    assert problem.description == f"The wallet holds {balance}; {spent} cannot be taken."
    assert wallet(balance).moved(moved(spent=spent), overdrawn=True).balance == Decimal(balance) - Decimal(spent)


def test_a_movement_moves_all_that_a_wallet_remembers() -> None:
    once = Use("O1", FOR_EVER, 1)
    before = replace(
        wallet("9", 6, m04="2"),
        purchases=2,
        uses=Uses().plus([once]),
        lapsed=lots(m01="1"),
        waived={"E2": Decimal(3), "E1": Decimal(1)},
        forgiven={"": Decimal(4)},
    )
    movement = moved(
        awarded="5",
        spent="1",
        lots=lots(m04="-2", m05="5"),
        purchases=-1,
        uses=(once,),
        lapsed=lots(m01="-1", m02="7"),
        waived={"E1": Decimal(-1), "E3": Decimal(2)},
        forgiven={"": Decimal(1)},
    )

    after = before.moved(movement)

    assert after == Wallet(
        account_id="A1",
        version=7,
        balance=Decimal(13),
        booked=lots(m05="5"),
        purchases=1,
        uses=Uses({"O1": UseHistory({FOR_EVER: WindowUse(2)})}),
        lapsed=lots(m02="7"),
        waived={"E2": Decimal(3), "E3": Decimal(2)},
        forgiven={"": Decimal(5)},
    )
    assert before.moved(replace(movement, uses=())).uses == before.uses


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (wallet("10", m04="3", m05="4"), lots(m04="3", m05="4")),
        (wallet("5", m04="3", m05="4"), lots(m04="1", m05="4")),
        (wallet("4", m04="3", m05="4"), lots(m05="4")),
        (wallet("3", m04="3", m05="4"), lots(m05="3")),
        (wallet("0", m04="3", m05="4"), {}),
        (wallet("-2", m04="3", m05="4"), {}),
        (wallet("10", m04="-2", m05="4"), lots(m05="2")),
        (wallet("2", m04="-2", m05="4"), lots(m05="2")),
        (wallet("1", m04="-2", m05="4"), lots(m05="1")),
        (wallet("10", m04="0", m05="4"), lots(m05="4")),
        (wallet("10"), {}),
    ],
    ids=str,
)
def test_lots_are_what_is_booked_less_what_they_stand_in_for_the_earliest_first(
    held: Wallet, expected: Mapping[str, Decimal]
) -> None:
    assert held.lots == expected
    assert list(held.lots) == sorted(held.lots)


def test_amounts_are_taken_of_the_earliest_lots_and_what_is_zero_is_dropped() -> None:
    assert take_from_lots(lots(m05="4", m04="3"), Decimal(5)) == lots(m04="3", m05="2")
    assert take_from_lots(lots(m05="4", m04="3"), Decimal(3)) == lots(m04="3")
    assert take_from_lots(lots(m04="3"), Decimal(5)) == lots(m04="3")
    assert add_lots(lots(m05="4", m04="3"), lots(m04="-3", m06="1")) == lots(m05="4", m06="1")
    assert list(add_lots(lots(m05="4"), lots(m06="1", m04="3"))) == ["2026-04", "2026-05", "2026-06"]


def test_what_is_waived_stays_in_the_order_in_which_it_came_about() -> None:
    amounts = {"B": Decimal(1), "A": Decimal(2)}

    more = add_amounts(amounts, {"0": Decimal(1), "B": Decimal(1)})

    assert list(more) == ["B", "A", "0"]
    assert more == {"B": 2, "A": 2, "0": 1}
    assert add_amounts(amounts, {"B": Decimal(-1)}) == {"A": 2}


def test_points_move_where_both_sides_have_them() -> None:
    assert moved(alternative_awarded=Decimal(5), alternative_spent=Decimal(2)).alternative_amount == 3
    assert moved(alternative_awarded=Decimal(5)).alternative_amount is None
    assert moved(alternative_spent=Decimal(5)).alternative_amount is None


def test_only_cancellations_and_returns_reverse() -> None:
    assert {one for one in EventType if one.reverses} == {EventType.CANCELLATION, EventType.RETURN}


def test_a_lot_is_over_once_its_month_is() -> None:
    assert expiry(wallet("9", m03="5"), NOW) is None
    assert expiry(wallet("9"), NOW) is None

    movement = expiry(replace(wallet("9", m02="2", m01="1", m03="5"), lapsed=lots(m01="4")), NOW)

    assert movement == moved(awarded="-3", lots=lots(m02="-2", m01="-1"), lapsed=lots(m01="1", m02="2"))


def test_what_expired_is_remembered_for_twelve_months_and_as_long_as_nothing_else_expires() -> None:
    remembered = {"2025-02": Decimal(1), "2025-03": Decimal(2)}
    before = replace(wallet("9", m02="2"), lapsed=remembered)

    movement = expiry(before, NOW)

    assert movement
    assert before.moved(movement).lapsed == {"2025-03": 2, "2026-02": 2}


def test_a_lot_that_was_over_long_before_it_was_filled_is_remembered_as_well() -> None:
    before = replace(Wallet("A1", 1, Decimal(9), {"2024-01": Decimal(2)}), lapsed={"2024-01": Decimal(1)})

    movement = expiry(before, NOW)

    assert movement
    assert before.moved(movement).lapsed == {"2024-01": 3}


@pytest.mark.parametrize(
    ("month", "posted_on", "part"),
    [
        ("2025-03", datetime(2024, 1, 1, tzinfo=UTC), "4"),  # just remembered
        ("2025-02", datetime(2025, 3, 1, tzinfo=UTC), "1"),  # over for long, but filled lately
        ("2025-02", datetime(2025, 2, 28, tzinfo=UTC), "10"),  # both too long ago: nobody knows
        ("2026-02", datetime(2026, 1, 1, tzinfo=UTC), "10"),
        ("2026-01", datetime(2026, 1, 1, tzinfo=UTC), "0"),
    ],
)
def test_as_much_counts_as_expired_as_is_remembered_to_have(month: str, posted_on: datetime, part: str) -> None:
    lapsed = {"2025-02": Decimal(1), "2025-03": Decimal(4), "2026-02": Decimal(99)}

    assert lapsed_part(replace(wallet("0"), lapsed=lapsed), month, Decimal(10), NOW, posted_on) == Decimal(part)


def entry(movement: Movement, sequence: int, balance: str, type_: EventType = EventType.PURCHASE) -> JournalEntry:
    return JournalEntry("A1", sequence, "E", type_, NOW, NOW, "R", "M", movement, Decimal(balance), None)


@pytest.mark.parametrize(
    ("before", "told", "rules"),
    [
        (wallet("5"), entry(moved(spent="5"), 2, "0"), []),
        (wallet("5"), entry(moved(spent="5"), 3, "0"), ["the journal is numbered 1 to n without gaps"]),
        (wallet("5"), entry(moved(spent="5"), 1, "0"), ["the journal is numbered 1 to n without gaps"]),
        (wallet("5"), entry(moved(spent="5"), 2, "1"), ["each balance is the one before it plus the event's amount"]),
        (wallet("5"), entry(moved(spent="6"), 2, "-1"), ["only a reversal leaves a debt"]),
        (wallet("5"), entry(moved(spent="6"), 2, "-1", EventType.CANCELLATION), []),
        (wallet("-5"), entry(moved(awarded="3"), 2, "-2"), []),
        (wallet("-5"), entry(moved(), 2, "-5"), []),
    ],
    ids=str,
)
def test_a_link_of_a_journal_keeps_the_rules(before: Wallet, told: JournalEntry, rules: list[str]) -> None:
    after = Wallet("A1", told.sequence, told.balance)

    assert [rule for rule, _ in broken_links(before, told, after)] == rules


def test_an_event_that_breaks_rules_tells_all_of_them() -> None:
    told = entry(moved(spent="6"), 3, "-1")
    with pytest.raises(RuleBroken) as broken:
        require_rules(wallet("5"), told, Wallet("A1", 2, Decimal(-1)))

    assert str(broken.value) == (
        "the journal is numbered 1 to n without gaps: 3 follows 1; only a reversal leaves a debt: -1; "
        "the wallet is at 2 with -1, its entry at 3"
    )


def test_an_entry_is_told_by_the_id_that_callers_know() -> None:
    assert replace(entry(moved(), 2, "5"), event_id="X1#M1").told_id == "X1"


class Claiming(Wallet, frozen=True):
    """A wallet that claims to have the lots that are booked, whatever it holds."""

    @property
    def lots(self) -> Mapping[str, Decimal]:
        """The amounts that are booked."""
        return self.booked


@pytest.mark.parametrize(
    ("balance", "booked", "holds"),
    [
        ("5", lots(m02="2", m03="3"), True),
        ("5", lots(m02="0", m03="5"), True),
        ("5", lots(m02="2", m03="3.01"), False),
        ("5", lots(m02="-1", m03="2"), False),
        ("-5", lots(), True),
        ("-5", lots(m02="0.01"), False),
    ],
    ids=str,
)
def test_lots_are_above_zero_and_within_the_balance(balance: str, booked: Mapping[str, Decimal], holds: bool) -> None:
    told = entry(moved(), 2, balance)
    found = list(broken_links(wallet(balance), told, Claiming("A1", 2, Decimal(balance), booked)))

    assert found == (
        [] if holds else [("lots are above zero, and within the balance", f"{as_text(booked)} of {balance}")]
    )


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, 0),
        ({"waived": {"E": Decimal(3)}, "forgiven": lots(m01="1", m02="2")}, 0),
        ({"waived": {"E": Decimal(3)}, "forgiven": lots(m01="1")}, 1),
        ({"waived": {"E": Decimal(0)}, "forgiven": {"": Decimal(0)}}, 0),
        ({"waived": {"E": Decimal(-1), "F": Decimal(1)}}, 1),
        ({"forgiven": lots(m01="-1", m02="1")}, 1),
        ({"lapsed": lots(m01="1", m02="0")}, 0),
        ({"lapsed": lots(m01="-1", m02="2")}, 1),
    ],
    ids=str,
)
def test_what_a_wallet_keeps_beside_its_balance_adds_up(fields: dict[str, Any], rules: int) -> None:
    assert len(list(broken_sums(replace(wallet("9"), **fields)))) == rules


def test_what_does_not_add_up_is_told_with_both_sides() -> None:
    odd = replace(wallet("9"), waived={"E": Decimal(-3)}, forgiven=lots(m01="1"), lapsed=lots(m02="-1"))

    assert list(broken_sums(odd)) == [
        ("the amount waived is never negative", "E: -3; 2026-01: 1"),
        ("what is waived equals what is forgiven to lots", "E: -3; 2026-01: 1"),
        ("the amount expired is never negative", "2026-02: -1"),
    ]


def test_amounts_are_told_by_name_in_order() -> None:
    assert as_text({"b": Decimal(1), "a": {"y": 2, "x": 3}}) == "a: x: 3, y: 2, b: 1"
    assert (as_text({}), as_text(Decimal("1.50"))) == ("none", "1.50")


DAY, WEEK, MONTH, YEAR = "2026-01-01", "2026-W01", "2026-01", "2026"


def test_a_day_lies_in_one_window_of_each_period() -> None:
    day = date(2027, 1, 3)  # a Sunday, of the last week of 2026

    assert [window_of(period, day) for period in (*LimitPeriod, None)] == [
        "2027-01-03",
        "2026-W53",
        "2027-01",
        "2027",
        FOR_EVER,
    ]
    assert window_of(LimitPeriod.WEEK, date(2026, 1, 1)) == WEEK


@pytest.mark.parametrize(
    ("window", "longer", "lies"),
    [
        (DAY, DAY, True),
        (DAY, WEEK, True),
        (DAY, MONTH, True),
        (DAY, YEAR, True),
        (DAY, FOR_EVER, True),
        (DAY, "2026-01-02", False),
        (DAY, "2026-W02", False),
        (DAY, "2026-02", False),
        (DAY, "2025", False),
        (MONTH, YEAR, True),
        (MONTH, "2025", False),
        (MONTH, "2026-02", False),
        (MONTH, DAY, False),
        (WEEK, YEAR, False),
        (WEEK, MONTH, False),
        (WEEK, FOR_EVER, True),
        (YEAR, MONTH, False),
        (FOR_EVER, YEAR, False),
        (FOR_EVER, FOR_EVER, True),
    ],
)
def test_a_window_lies_in_itself_and_in_longer_ones_that_it_does_not_straddle(
    window: str, longer: str, lies: bool
) -> None:
    assert lies_in(window, longer) is lies


@pytest.mark.parametrize(
    ("window", "before"),
    [(DAY, "2025-12-31"), (WEEK, "2025-W52"), ("2027-W01", "2026-W53"), (MONTH, "2025-12"), (YEAR, "2025")],
)
def test_before_a_window_comes_the_one_that_ends_where_it_begins(window: str, before: str) -> None:
    assert previous(window) == before
    assert same_period(window, before)
