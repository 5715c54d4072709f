"""What is taken back of a purchase, by hand-computed examples; docs/rewards.md tells the same ones."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.expiry import expiry
from loyalty.domain.ledger.wallet import LASTING, Clawback, Movement, Wallet
from loyalty.domain.money import ZERO
from loyalty.domain.purchases.purchase import Purchase
from loyalty.domain.reversals.reversal import TakenBack
from tests.book import Book
from tests.builders import AT, POINTS, RATE, SHOP, account, line, offer, programme, purchase

JANUARY = AT
MARCH, MAY = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 5, 5, tzinfo=UTC)
TEN = offer(method="FIXED", value="10")
BRIEF = offer(method="FIXED", value="10", expires_after="P1M", conditions={"products": ["P"]})


def money(text: str) -> Decimal:
    return Decimal(text)


def book(*rules: dict[str, Any], balance: str = "0", clawback: str = "WITHIN_BALANCE", **lots: str) -> Book:
    """Return a wallet that holds this much, in lots by month (`m04` is April)."""
    held = {f"2026-{month[1:]}": Decimal(amount) for month, amount in lots.items()}
    return Book(programme({**SHOP, "clawback": clawback}, *rules), account(), Wallet("A1", 1, Decimal(balance), held))


def held(ledger: Book) -> Any:
    """Return the balance, and the lots within it."""
    return ledger.wallet.balance, ledger.wallet.lots


def spend(amount: str, at: datetime = JANUARY) -> Purchase:
    """Return a purchase of a product that no offer rewards, paid from the wallet."""
    return purchase(line(amount, product="Q"), spend=amount, at=at)


SPENT_MEANWHILE = [
    # What it costs the wallet, which holds 4 of an award of 10, and what is waived.
    (Clawback.WITHIN_BALANCE, "0", "6"),
    (Clawback.ALLOW_NEGATIVE, "-6", "0"),
]


@pytest.mark.parametrize(("clawback", "balance", "waived"), SPENT_MEANWHILE, ids=lambda value: str(value))
def test_an_award_that_was_spent_is_clawed_back_as_the_merchant_wants(
    clawback: Clawback, balance: str, waived: str
) -> None:
    ledger = book(BRIEF, clawback=clawback)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("6"), "SPENT")

    ledger.cancel(JANUARY)

    assert ledger.wallet.balance == money(balance)
    assert ledger.event().taken_back.waived == money(waived)
    assert ledger.wallet.lots == {}


def test_with_refuse_nothing_is_taken_back_of_a_spent_award() -> None:
    ledger = book(BRIEF, clawback=Clawback.REFUSE)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("6"), "SPENT")

    with pytest.raises(Refused) as refused:
        ledger.cancel(JANUARY)

    assert refused.value.problems[0].code is Code.INSUFFICIENT_BALANCE


def test_with_refuse_an_award_is_taken_back_as_long_as_the_wallet_holds_as_much() -> None:
    ledger = book(BRIEF, balance="6", clawback=Clawback.REFUSE)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("6"), "SPENT")

    ledger.cancel(JANUARY)

    assert ledger.wallet.balance == 0


@pytest.mark.parametrize("clawback", list(Clawback))
def test_a_debt_that_an_award_paid_off_is_owed_again(clawback: Clawback) -> None:
    ledger = book(BRIEF, balance="-4", clawback=clawback)
    ledger.buy(purchase(line("20")))
    assert held(ledger) == (6, {"2026-02": 6})

    ledger.cancel(JANUARY)

    assert held(ledger) == (-4, {})


def test_what_paid_off_a_debt_comes_back_with_the_last_goods() -> None:
    ledger = book(offer(method="FIXED", value="20", conditions={"products": ["P"]}), balance="-10")
    ledger.buy(purchase(line("200", quantity="2")))
    ledger.buy(spend("10"), "SPENT")
    assert held(ledger) == (0, {})

    first = ledger.give_back({0: Decimal(1)}, JANUARY)
    assert first.reversal_document.waived == 10
    assert first.entry.balance == 0

    second = ledger.give_back({0: Decimal(1)}, JANUARY)
    assert second.reversal_document.waived == 0
    assert second.entry.balance == -10


def test_a_debt_does_not_grow_where_the_merchant_wants_none() -> None:
    ledger = book(BRIEF, balance="-4")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("6"), "SPENT")

    ledger.cancel(JANUARY)

    assert held(ledger) == (-4, {})
    assert ledger.event().taken_back.waived == 6


EARNED_AND_SPENT = [("E", "SPENT"), ("SPENT", "E")]


@pytest.mark.parametrize("order", EARNED_AND_SPENT, ids="-".join)
def test_what_was_waived_is_settled_with_what_is_given_back(order: tuple[str, str]) -> None:
    ledger = book(BRIEF)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")

    for event_id in order:
        ledger.cancel(JANUARY, event_id)

    assert held(ledger) == (0, {})
    assert (ledger.wallet.booked, ledger.wallet.waived, ledger.wallet.forgiven) == ({}, {}, {})
    assert ledger.event("E").taken_back == TakenBack(awarded=money("10"))


def test_a_give_back_settles_no_more_than_is_waived() -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}}, balance="20")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("25"), "SPENT")
    ledger.cancel(JANUARY)
    assert held(ledger) == (0, {})
    assert ledger.event().taken_back.waived == 5
    assert ledger.wallet.booked == {}
    assert ledger.wallet.forgiven == {LASTING: 5}

    undone: Any = ledger.cancel(JANUARY, "SPENT").entry.movement

    assert (ledger.wallet.booked, ledger.wallet.forgiven) == ({}, {})
    assert (undone.awarded, undone.spent) == (-5, -25)
    assert held(ledger) == (20, {})
    assert ledger.event("SPENT").taken_back == TakenBack(spent=money("25"), settled=money("5"))
    assert ledger.event().taken_back == TakenBack(awarded=money("10"))


def test_what_was_waived_first_is_settled_first_and_never_more_than_is_given_back() -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}})
    for event_id in ("E", "F"):
        ledger.buy(purchase(line("20")), event_id)
    ledger.buy(purchase(line("20", product="Q", quantity="4"), spend="20"), "SPENT")
    for event_id in ("E", "F"):
        ledger.cancel(JANUARY, event_id)
    assert ledger.wallet.waived == {"E": 10, "F": 10}

    seen = []
    for quantity in (1, 2, 1):
        ledger.give_back({0: Decimal(quantity)}, JANUARY, "SPENT")
        seen.append(ledger.wallet.waived)
        assert held(ledger) == (0, {})

    assert seen == [{"E": 5, "F": 10}, {"F": 5}, {}]


def test_lots_are_forgiven_the_earliest_first_and_what_is_settled_is_taken_off_the_latest() -> None:
    rules = [
        offer(name, method="FIXED", value=value, conditions={"products": ["P"]}, **expires)
        for name, value, expires in (
            ("A", "4", {"expires_after": "P1M"}),
            ("B", "4", {}),
            ("C", "2", {"expires_after": "P2M"}),
        )
    ]
    ledger = book(*rules)
    ledger.buy(purchase(line("20")))
    ledger.buy(purchase(line("10", product="Q", quantity="10"), spend="10"), "SPENT")
    ledger.cancel(JANUARY)
    assert ledger.wallet.forgiven == {LASTING: 4, "2026-02": 4, "2026-03": 2}

    seen = []
    for quantity in (3, 2, 2, 3):
        ledger.give_back({0: Decimal(quantity)}, JANUARY, "SPENT")
        seen.append(ledger.wallet.forgiven)
        assert held(ledger) == (0, {})

    assert seen == [{LASTING: 1, "2026-02": 4, "2026-03": 2}, {"2026-02": 4, "2026-03": 1}, {"2026-02": 3}, {}]
    assert ledger.wallet.booked == {}


def test_only_a_lot_that_is_short_is_forgiven() -> None:
    ledger = book(BRIEF, balance="0.50", m06="0.50")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(JANUARY)

    assert held(ledger) == (0, {})
    assert ledger.wallet.forgiven == {"2026-02": money("9.50")}
    assert ledger.wallet.booked == {"2026-02": money("-0.50"), "2026-06": money("0.50")}


def test_what_is_settled_is_told_in_points_too() -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}}, POINTS, RATE)
    ledger.buy(purchase(line("20")))
    ledger.buy(purchase(line("10", product="Q", quantity="5"), spend="10"), "SPENT")
    ledger.cancel(JANUARY)

    movement = ledger.give_back({0: Decimal(2)}, JANUARY, "SPENT").entry.movement

    assert [movement.awarded, movement.alternative_awarded] == [-4, -400]
    assert [movement.spent, movement.alternative_spent] == [-4, -400]


def test_what_is_settled_in_parts_sums_to_the_points_that_were_awarded() -> None:
    """Of 90 points for 1.00, 0.35 are 31.5, 0.70 are 63: 32 and 31, and the rest is 27."""
    ledger = book(offer(method="FIXED", value="1", conditions={"products": ["P"]}), POINTS, {**RATE, "rate": 90})
    ledger.buy(purchase(line("20")))
    ledger.buy(purchase(line("1", product="Q", quantity="20"), spend="1"), "SPENT")
    assert ledger.cancel(JANUARY).entry.movement.alternative_awarded == 0

    told = [ledger.give_back({0: Decimal(pieces)}, JANUARY, "SPENT").entry.movement for pieces in (7, 7, 6)]

    assert [movement.awarded for movement in told] == [money("-0.35"), money("-0.35"), money("-0.30")]
    assert [movement.alternative_awarded for movement in told] == [-32, -31, -27]


def test_what_is_waived_in_part_and_settled_sums_to_the_points_that_were_awarded() -> None:
    """Of 90 points for 1.00, the wallet gives 0.65 at first, which are 58.5."""
    ledger = book(offer(method="FIXED", value="1", conditions={"products": ["P"]}), POINTS, {**RATE, "rate": 90})
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("0.35"), "SPENT")

    told = [ledger.cancel(JANUARY, event_id).entry.movement for event_id in ("E", "SPENT")]

    assert [movement.awarded for movement in told] == [money("-0.65"), money("-0.35")]
    assert [movement.alternative_awarded for movement in told] == [-59, -31]


def test_what_is_settled_of_a_purchase_that_was_told_in_no_points_adds_none() -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}}, POINTS, {**RATE, "from_date": MARCH.isoformat()})
    ledger.buy(purchase(line("20"), at=JANUARY))
    ledger.buy(spend("10", at=MARCH), "SPENT")
    ledger.cancel(MARCH)

    movement: Any = ledger.cancel(MARCH, "SPENT").entry.movement

    assert (movement.awarded, movement.alternative_awarded, movement.alternative_spent) == (-10, 0, -1000)


def test_a_part_that_is_given_back_settles_as_much() -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20")))
    ledger.buy(purchase(line("10", product="Q", quantity="5"), spend="10"), "SPENT")
    ledger.cancel(JANUARY)

    ledger.give_back({0: Decimal(2)}, JANUARY, "SPENT")

    assert held(ledger) == (0, {})
    assert ledger.wallet.waived == {"E": money("6")}
    assert ledger.event().taken_back == TakenBack(awarded=money("4"), waived=money("6"))


def test_with_refuse_what_is_waived_elsewhere_keeps_no_purchase_from_being_taken_back() -> None:
    ledger = book(BRIEF, balance="10")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("20"), "SPENT")
    ledger.cancel(JANUARY)
    assert ledger.wallet.waived == {"E": money("10")}
    ledger.buy(purchase(line("20")), "F")
    ledger.buy(purchase(line("20"), spend="10"), "PAID")
    ledger.buy(spend("10"), "REST")
    ledger.programme = programme({**SHOP, "clawback": "REFUSE"}, BRIEF)

    ledger.cancel(JANUARY, "PAID")

    assert held(ledger) == (0, {})
    assert ledger.wallet.waived == {"E": money("10")}


@pytest.mark.parametrize(
    ("clawback", "own_award", "waived"),
    [
        (Clawback.REFUSE, "0", {}),
        (Clawback.REFUSE, "3", {"E": 3}),
        (Clawback.REFUSE, "10", {"E": 10}),
        (Clawback.WITHIN_BALANCE, "0", {}),
        (Clawback.WITHIN_BALANCE, "3", {"SPENT": 3}),
        (Clawback.WITHIN_BALANCE, "10", {"SPENT": 10}),
    ],
)
def test_what_is_given_back_settles_what_is_waived_but_with_refuse_pays_for_the_own_award_first(
    clawback: Clawback, own_award: str, waived: dict[str, int]
) -> None:
    own = offer("OWN", method="FIXED", value=own_award, conditions={"products": ["R"]})
    ledger = book(BRIEF, own)
    ledger.buy(purchase(line("20")))
    ledger.buy(purchase(line("20", product="R"), spend="10"), "SPENT")
    if own_award != "0":
        ledger.buy(spend(own_award), "OWN")
    ledger.cancel(JANUARY)
    assert ledger.wallet.waived == {"E": 10}
    ledger.programme = programme({**SHOP, "clawback": clawback}, BRIEF, own)

    ledger.cancel(JANUARY, "SPENT")

    assert ledger.wallet.waived == waived
    assert held(ledger) == (0, {})


def test_with_refuse_an_award_that_was_spent_at_once_pays_for_itself() -> None:
    now = offer("NOW", method="FIXED", value="4", spend="INSTANT", conditions={"products": ["R"]})
    ledger = book(BRIEF, now, balance="10")
    ledger.buy(purchase(line("20", product="R"), spend="10"), "PAID")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY)
    assert ledger.wallet.waived == {"E": 10}
    ledger.programme = programme({**SHOP, "clawback": "REFUSE"}, BRIEF, now)

    ledger.cancel(JANUARY, "PAID")

    assert ledger.wallet.waived == {}
    assert held(ledger) == (0, {})


def test_with_refuse_an_award_that_has_expired_needs_no_paying_for() -> None:
    ledger = book(BRIEF, TEN | {"id": "LASTS", "conditions": {"products": ["R"]}}, balance="10")
    ledger.buy(purchase(line("20"), spend="10"), "PAID")
    ledger.expire(MARCH)
    ledger.buy(purchase(line("20", product="R")))
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY)
    assert ledger.wallet.waived == {"E": 10}
    ledger.programme = programme({**SHOP, "clawback": "REFUSE"}, BRIEF)

    ledger.cancel(MARCH, "PAID")

    assert ledger.wallet.waived == {}
    assert held(ledger) == (0, {})


def test_what_is_waived_is_no_debt_that_later_awards_pay_off() -> None:
    ledger = book(BRIEF)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY)

    ledger.buy(purchase(line("20")), "LATER")

    assert held(ledger) == (10, {"2026-02": 10})


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_an_instant_award_that_comes_and_goes_settles_nothing(steps: int) -> None:
    instant = offer("NOW", method="FIXED", value="3", spend="INSTANT", conditions={"products": ["R"]})
    ledger = book(BRIEF, instant)
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY)
    ledger.buy(purchase(line("20")), "LATER")
    ledger.buy(purchase(line("5", product="R", quantity="3")), "NOW")

    for _ in range(steps):
        ledger.give_back({0: Decimal(3) / steps}, JANUARY, "NOW")

    assert held(ledger) == (10, {"2026-02": 10})
    assert ledger.wallet.waived == {"E": money("10")}


def test_the_lot_of_an_award_that_was_spent_is_made_up_for_when_the_spend_is_given_back() -> None:
    """Another lot stands in for it meanwhile, and has its own again in the end."""
    ledger = book(BRIEF, balance="10", m06="10")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(JANUARY)
    assert held(ledger) == (0, {})
    ledger.cancel(JANUARY, "SPENT")

    assert held(ledger) == (10, {"2026-06": 10})


def test_a_spend_goes_back_to_the_lots_that_it_came_from() -> None:
    ledger = book(balance="20", m04="5", m06="5")
    ledger.buy(spend("12"), "E")
    assert held(ledger) == (8, {})

    ledger.cancel(JANUARY)

    assert held(ledger) == (20, {"2026-04": 5, "2026-06": 5})


def test_a_part_of_a_spend_goes_back_first_to_what_lasts_longest() -> None:
    ledger = book(balance="20", m04="5", m06="5")
    ledger.buy(purchase(line("12", quantity="12"), spend="12"))

    seen = []
    for _ in range(4):
        ledger.give_back({0: Decimal(3)}, JANUARY)
        seen.append(dict(ledger.wallet.lots))

    assert seen == [{"2026-06": 1}, {"2026-06": 4}, {"2026-04": 2, "2026-06": 5}, {"2026-04": 5, "2026-06": 5}]


def test_a_lot_that_was_spent_is_taken_from_the_next_ones_as_if_it_had_never_been() -> None:
    ledger = book(BRIEF, balance="30", m04="20")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")
    assert ledger.wallet.lots == {"2026-04": 20}

    ledger.cancel(JANUARY)

    assert held(ledger) == (20, {"2026-04": 10})


def test_an_award_that_has_expired_is_not_taken_a_second_time() -> None:
    ledger = book(BRIEF, balance="30")
    ledger.buy(purchase(line("20")))
    ledger.expire(MARCH)
    assert held(ledger) == (30, {})
    assert ledger.wallet.lapsed == {"2026-02": 10}

    ledger.cancel(MARCH)

    assert held(ledger) == (30, {})
    assert ledger.wallet.lapsed == {}
    assert ledger.event().taken_back.waived == 0


def test_of_what_has_expired_no_more_is_let_go_than_the_own_award() -> None:
    ledger = book(BRIEF)
    for event_id in ("E", "OTHER"):
        ledger.buy(purchase(line("20")), event_id)
    ledger.expire(MARCH)

    ledger.cancel(MARCH)
    assert held(ledger) == (0, {})
    assert ledger.wallet.lapsed == {"2026-02": 10}

    ledger.cancel(MARCH, "OTHER")
    assert held(ledger) == (0, {})
    assert ledger.wallet.lapsed == {}


def test_what_an_expired_lot_is_short_of_is_told_before_anything_is_settled() -> None:
    """The lot holds the award of a late purchase, so what it lacks once another purchase is settled has not expired."""
    ledger = book(BRIEF, balance="10")
    ledger.buy(purchase(line("20"), spend="10"), "PAID")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("20"), "SPENT")
    ledger.cancel(JANUARY)
    ledger.buy(purchase(line("20")), "EXPIRED")
    ledger.expire(MARCH)
    ledger.buy(purchase(line("20"), at=JANUARY), "LATE")
    assert held(ledger) == (10, {"2026-02": 10})
    assert ledger.wallet.waived == {"E": 10}

    ledger.cancel(MARCH, "PAID")

    assert held(ledger) == (0, {})
    assert ledger.wallet.waived == {}
    assert ledger.wallet.lapsed == {"2026-02": 10}


def test_an_award_that_was_spent_before_its_lot_ended_is_taken_all_the_same() -> None:
    ledger = book(BRIEF, balance="30")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(MARCH)

    assert ledger.wallet.balance == 20


@pytest.mark.parametrize("at", [JANUARY, MARCH, datetime(2028, 3, 5, tzinfo=UTC)], ids=str)
def test_what_was_spent_at_once_has_not_expired_whatever_its_lot_lacks_of_others(at: datetime) -> None:
    at_once = {"conditions": {"products": ["R"]}, "spend": "INSTANT", "expires_after": "P1M"}
    ledger = book(BRIEF, offer("AT-ONCE", method="FIXED", value="10", **at_once), balance="30")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY)
    ledger.buy(purchase(line("20", product="R")), "AT-ONCE")
    before = held(ledger)

    ledger.cancel(at, "AT-ONCE")

    assert held(ledger) == before


@pytest.mark.parametrize(("records", "told"), [((), (None, None, None)), ((POINTS, RATE), (-1000, 0, 2000))])
def test_what_expires_is_told_in_points_where_there_are_some(records: tuple[Any, ...], told: tuple[Any, ...]) -> None:
    ledger = book(BRIEF, *records, balance="20")
    ledger.buy(purchase(line("20")))

    entry = ledger.expire(MARCH).entry

    assert entry.movement.awarded == -10
    assert entry.movement.lots == {"2026-02": -10}
    assert (entry.movement.alternative_awarded, entry.movement.alternative_spent, entry.alternative_balance) == told


def test_of_two_awards_of_one_lot_as_much_counts_as_expired_as_has() -> None:
    ledger = book(BRIEF, balance="30")
    for event_id in ("E", "F"):
        ledger.buy(purchase(line("20")), event_id)
    ledger.buy(spend("10"), "SPENT")
    ledger.expire(MARCH)
    assert ledger.wallet.balance == 30

    taken: Any = [-ledger.cancel(MARCH, event_id).entry.movement.awarded for event_id in ("E", "F")]

    assert taken == [0, 10]
    assert ledger.wallet.balance == 20


def test_what_is_missing_of_a_lot_counts_as_expired_once_that_is_forgotten() -> None:
    ledger = book(BRIEF, balance="30")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(datetime(2027, 3, 1, tzinfo=UTC))

    assert ledger.wallet.balance == 30


def test_of_a_lot_that_ended_long_ago_what_is_there_is_taken_and_what_is_missing_has_expired() -> None:
    ledger = book(offer(method="FIXED", value="1", expires_after="P1M", conditions={"products": ["P"]}), balance="30")
    ledger.buy(purchase(line("20")))
    ledger.buy(spend("0.50"), "SPENT")
    assert held(ledger) == (money("30.50"), {"2026-02": money("0.50")})

    ledger.cancel(datetime(2027, 3, 1, tzinfo=UTC))

    assert held(ledger) == (30, {})


def test_what_a_lot_was_short_of_before_does_not_count_as_expired_once_more() -> None:
    ledger = book(BRIEF, balance="30")
    for event_id in ("E", "F"):
        ledger.buy(purchase(line("20")), event_id)
    ledger.buy(spend("20"), "SPENT")
    ledger.cancel(MARCH, "E")
    assert held(ledger) == (20, {})

    ledger.cancel(datetime(2027, 3, 1, tzinfo=UTC), "F")

    assert held(ledger) == (20, {})


def test_what_was_posted_lately_into_a_lot_that_ended_long_ago_is_no_more_expired_than_has() -> None:
    late = datetime(2027, 6, 1, tzinfo=UTC)
    ledger = book(TEN | {"award": {**BRIEF["award"]}, "limits": {"budget": 10}, "conditions": {"products": ["P"]}})
    event = ledger.purchase_draft(purchase(line("20"), at=JANUARY), "E")
    ledger.post(replace(event, now=late))
    ledger.buy(spend("10", at=late), "SPENT")

    ledger.cancel(late)

    assert ledger.event().taken_back.waived == 10
    assert ledger.attributes("USED", "used") == [10]


def test_what_expired_of_a_lot_that_ended_long_ago_is_not_taken_a_second_time() -> None:
    late = datetime(2027, 6, 1, tzinfo=UTC)
    ledger = book(BRIEF, balance="30")
    ledger.post(replace(ledger.purchase_draft(purchase(line("20"), at=JANUARY), "E"), now=late))
    ledger.expire(late)

    ledger.cancel(late)

    assert ledger.wallet.balance == 30


def test_what_expired_is_remembered_for_a_year() -> None:
    ledger = book(offer(method="FIXED", value="1", expires_after="P1M"))
    for month in range(1, 13):
        ledger.buy(purchase(line("20"), at=datetime(2026, month, 1, tzinfo=UTC)), f"E{month}")
        ledger.expire(datetime(2026 + month // 11, (month + 1) % 12 + 1, 1, tzinfo=UTC))
    ledger.buy(purchase(line("20"), at=datetime(2027, 1, 1, tzinfo=UTC)), "LAST")

    ledger.expire(datetime(2027, 4, 1, tzinfo=UTC))

    assert sorted(ledger.wallet.lapsed)[0] == "2026-04"
    assert ledger.wallet.balance == 0


def test_a_spend_that_is_given_back_to_a_lot_that_is_over_expires_with_it() -> None:
    ledger = book(balance="10", m02="10")
    ledger.buy(spend("10"), "E")

    ledger.cancel(MARCH)
    assert held(ledger) == (10, {"2026-02": 10})

    ledger.expire(MAY)
    assert ledger.wallet.balance == 0


def test_an_instant_award_comes_and_goes_with_its_lines() -> None:
    """Line 0 brings 10 and line 1 nothing, and of the 10 that are spent at once both are paid; what is given back of
    them for line 0 is what is taken, so that a wallet that holds nothing else is not missing anything."""
    ledger = book({**BRIEF, "award": {**BRIEF["award"], "spend": "INSTANT"}}, clawback=Clawback.REFUSE)
    ledger.buy(purchase(line("5"), line("15", product="Q")))

    movement: Any = ledger.give_back({0: Decimal(1)}, JANUARY).entry.movement

    assert (movement.awarded, movement.spent) == (-10, -10)
    assert held(ledger) == (0, {})


def test_an_award_that_was_not_spent_at_once_gives_nothing_back_of_one_that_was() -> None:
    ledger = book(
        offer("A", method="FIXED", value="10", spend="INSTANT", conditions={"products": ["P"]}),
        offer("B", method="FIXED", value="5", conditions={"products": ["Q"]}),
    )
    ledger.buy(purchase(line("20"), line("20", product="Q")))

    second, first = (ledger.give_back({place: Decimal(1)}, JANUARY).entry.movement for place in (1, 0))

    assert [second.awarded, second.spent] == [-5, 0]
    assert [first.awarded, first.spent] == [-10, -10]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)], ids=str)
def test_cents_that_do_not_divide_are_never_lost_or_doubled(order: tuple[int, ...]) -> None:
    ledger = book(offer(method="FIXED", value="1"), balance="1")
    ledger.buy(purchase(line("1"), line("1"), line("1"), spend="1"))

    movements = [ledger.give_back({place: Decimal(1)}, JANUARY).entry.movement for place in order]

    assert sorted(-movement.awarded for movement in movements) == [money("0.33"), money("0.33"), money("0.34")]
    assert sum(-movement.spent for movement in movements) == 1


def test_pieces_of_a_line_add_up_to_the_line() -> None:
    ledger = book(TEN, balance="10")
    ledger.buy(purchase(line("20", quantity="3"), spend="10"))

    movements = [ledger.give_back({0: Decimal(1)}, JANUARY).entry.movement for _ in range(3)]

    assert [-movement.awarded for movement in movements] == [money("3.33"), money("3.34"), money("3.33")]


def test_a_wallet_in_its_own_currency_gives_back_in_it() -> None:
    crowns = [{"type": "currency", "id": "CRW", "code": "CRW"}, {"type": "currency_rate", "id": "R", "currency": "CRW"}]
    known = programme(offer(method="FIXED", value="1"), crowns[0], {**crowns[1], "rate": Decimal("7.33")})
    ledger = Book(known, account("CRW"), Wallet("A1"))
    ledger.buy(purchase(line("10", quantity="2")))

    movement: Any = ledger.give_back({0: Decimal(1)}, JANUARY).entry.movement

    assert (movement.awarded, ledger.wallet.balance) == (money("-3.67"), money("3.66"))


def test_where_there_are_no_points_none_are_taken_back() -> None:
    ledger = book(balance="20")
    ledger.buy(spend("5"), "E")

    movement = ledger.cancel(JANUARY).entry.movement

    assert (movement.alternative_awarded, movement.alternative_spent) == (None, None)


def points(*rules: dict[str, Any]) -> Book:
    """Return a wallet of points, of which a thousand are one euro."""
    return Book(programme(POINTS, {**RATE, "rate": 1000}, *rules), account("PTS"), Wallet("A1"))


def test_lines_that_brought_nothing_in_euros_share_the_points_evenly() -> None:
    """Three points are less than half a cent, so that no line has a share of the award in euros."""
    ledger = points(offer(method="FIXED", value="4", currency="ALTERNATIVE"))
    ledger.buy(purchase(line("20"), line("60"), line("20"), line("20")))
    assert ledger.wallet.balance == 4

    taken: Any = [ledger.give_back({place: Decimal(1)}, JANUARY).entry.movement.awarded for place in range(4)]

    assert taken == [-1, -1, -1, -1]


def test_a_line_that_brought_nothing_takes_nothing_of_the_award_with_it() -> None:
    ledger = book(offer(value="10"))
    ledger.buy(purchase(line("0"), line("20")))

    taken: Any = [ledger.give_back({place: Decimal(1)}, JANUARY).entry.movement.awarded for place in range(2)]

    assert taken == [0, -2]


def test_an_award_fills_its_own_lot_and_what_has_covered_that_is_there_again() -> None:
    """Though its end may have passed: then it expires with the next run."""
    debt = Wallet("A", balance=money("-15"))
    covered = debt.moved(Movement(money("10"), ZERO, lots={"2026-02": money("10")}))
    filled = covered.moved(Movement(money("20"), ZERO))

    assert (covered.balance, covered.lots) == (money("-5"), {})
    assert (filled.balance, filled.lots) == (money("15"), {"2026-02": money("10")})
    over = expiry(filled, datetime(2026, 4, 1, tzinfo=UTC))
    assert over
    assert over.amount == money("-10")
