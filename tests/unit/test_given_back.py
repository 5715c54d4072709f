"""What a purchase that is taken back had used of limits, budgets and promo codes, and its vouchers."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.uses import WindowUse
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.store import keys
from loyalty.store.ledger import Unpostable
from loyalty.store.writes import Update
from tests.builders import POINTS, RATE, line, offer, purchase
from tests.unit.test_reversal import JANUARY, TEN, book, held, money, spend

CODE = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=1)
CODE_PER_ACCOUNT = PromoCode("CODE", "CODE", "SUMMER", maximum_uses_per_account=1)
LIMITS: list[dict[str, Any]] = [
    {"limits": {"budget": 10}},
    {"limits": {"per_account": 1}},
    {"limits": {"per_account_amount": 10, "period": "P1D"}},
    {"conditions": {"first_purchase": True}},
]
PROMOTED = [{"promo_code": CODE}, {"promo_code": CODE_PER_ACCOUNT}]


@pytest.mark.parametrize("limit", LIMITS, ids=str)
def test_what_a_cancelled_purchase_used_of_a_limit_can_be_used_again(limit: dict[str, Any]) -> None:
    ledger = book(TEN | limit)
    ledger.buy(purchase(line("20")), "E")
    assert not ledger.buy(purchase(line("20")), "F").purchase_document.awards

    ledger.cancel(JANUARY, "F")
    ledger.cancel(JANUARY, "E")

    assert ledger.buy(purchase(line("20")), "G").purchase_document.awards


@pytest.mark.parametrize("code", PROMOTED, ids=["for all", "per account"])
def test_a_promo_code_of_a_cancelled_purchase_can_be_used_again(code: dict[str, Any]) -> None:
    ledger = book()
    ledger.buy(purchase(line("20"), **code), "E")
    with pytest.raises(Refused):
        ledger.buy(purchase(line("20"), **code), "F")

    ledger.cancel(JANUARY, "E")

    assert ledger.buy(purchase(line("20"), **code), "F")


@pytest.mark.parametrize("code", PROMOTED, ids=["for all", "per account"])
def test_a_promo_code_is_used_as_long_as_the_customer_keeps_an_award_of_its_purchase(code: dict[str, Any]) -> None:
    ledger = book(TEN | {"conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20"), **code), "E")
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY, "E")
    with pytest.raises(Refused):
        ledger.buy(purchase(line("20"), **code), "F")

    ledger.cancel(JANUARY, "SPENT")

    assert ledger.buy(purchase(line("20"), **code), "F")


def test_an_offer_and_a_promo_code_of_the_same_id_are_limited_each_for_itself() -> None:
    code = replace(CODE_PER_ACCOUNT, id="TEN")
    ledger = book(TEN | {"id": "TEN", "limits": {"per_account": 1}})
    assert ledger.buy(purchase(line("20")), "E").purchase_document.awards

    assert not ledger.buy(purchase(line("20"), promo_code=code), "F").purchase_document.awards
    with pytest.raises(Refused):
        ledger.buy(purchase(line("20"), promo_code=code), "G")


@pytest.mark.parametrize("limit", LIMITS[:3], ids=str)
def test_an_award_that_the_customer_keeps_stays_counted(limit: dict[str, Any]) -> None:
    ledger = book(TEN | limit | {"conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY, "E")

    assert not ledger.buy(purchase(line("20")), "F").purchase_document.awards


@pytest.mark.parametrize("limit", LIMITS[:3], ids=str)
def test_once_it_is_settled_an_award_that_the_customer_had_kept_counts_no_more(limit: dict[str, Any]) -> None:
    ledger = book(TEN | limit | {"conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY, "E")

    ledger.cancel(JANUARY, "SPENT")

    assert ledger.buy(purchase(line("20")), "F").purchase_document.awards


def test_of_a_budget_as_much_is_given_back_as_the_wallet_gave_back() -> None:
    ledger = book(TEN | {"limits": {"budget": 10}, "conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("6"), "SPENT")

    ledger.cancel(JANUARY, "E")

    assert ledger.attributes("USED", "used") == [6]


def test_of_a_limit_as_much_is_given_back_as_was_returned() -> None:
    ledger = book(TEN | {"limits": {"per_account_amount": 10, "period": "P1D"}})
    ledger.buy(purchase(line("20", quantity="4")), "E")
    ledger.give_back({0: Decimal(1)}, JANUARY)

    [award] = ledger.buy(purchase(line("20")), "F").purchase_document.awards

    assert award.amounts.system == money("2.50")


def test_an_award_counts_as_used_until_all_its_lines_came_back() -> None:
    ledger = book(TEN | {"limits": {"per_account": 1}, "conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20"), line("20"), line("20", product="Q")), "E")

    ledger.give_back({0: Decimal(1), 2: Decimal(1)}, JANUARY)
    assert not ledger.buy(purchase(line("20")), "F").purchase_document.awards
    ledger.give_back({1: Decimal(1)}, JANUARY)

    assert ledger.buy(purchase(line("20")), "G").purchase_document.awards


def test_a_purchase_counts_until_all_its_lines_came_back_whole() -> None:
    ledger = book()
    ledger.buy(purchase(line("20"), line("20", quantity="2")))

    counted = [(ledger.give_back({place: Decimal(1)}, JANUARY), ledger.wallet.purchases)[1] for place in (0, 1, 1)]

    assert counted == [1, 1, 0]


def test_what_was_returned_whole_gives_nothing_back_once_more_when_it_is_cancelled() -> None:
    """A customer who may twice has used one of both then, and neither none nor fewer."""
    code = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=9, maximum_uses_per_account=9)
    ledger = book(TEN | {"limits": {"per_account": 9, "budget": 90}})
    for event_id in ("E", "F"):
        ledger.buy(purchase(line("20"), promo_code=code), event_id)
    ledger.give_back({0: Decimal(1)}, JANUARY, "E")
    used = ledger.wallet.uses, ledger.attributes("USED", "used")
    assert ledger.attributes("USED", "used") == [1, 10]

    cancelled = ledger.cancel(JANUARY, "E")

    assert (ledger.wallet.uses, ledger.attributes("USED", "used")) == used
    assert cancelled.reversal_document.uses == ()


def test_a_step_that_gives_nothing_back_of_a_budget_leaves_its_counter_alone() -> None:
    ledger = book(TEN | {"limits": {"budget": 90}, "conditions": {"products": ["P"]}})
    ledger.buy(purchase(line("20"), line("20", product="Q")))

    assert [write.key for write in ledger.writes_beside(ledger.cancellation_draft(JANUARY))] == [
        keys.event("E"),
        keys.counter("reward_offer", "O1"),
    ]
    ledger.give_back({0: Decimal(1)}, JANUARY)

    assert [write.key for write in ledger.writes_beside(ledger.cancellation_draft(JANUARY))] == [keys.event("E")]


@pytest.mark.parametrize(
    ("award", "used"),
    [({"value": "10", "currency": "ALTERNATIVE"}, "8"), ({"value": "3.33"}, "2.50")],
    ids=["2.50 of 3.33 euros for 10 points", "2.50 of 3.33 euros"],
)
def test_what_is_kept_of_an_award_is_told_in_the_currency_of_its_budget(award: dict[str, Any], used: str) -> None:
    ledger = book(
        POINTS,
        {**RATE, "rate": 3},
        offer(method="FIXED", limits={"budget": 100}, conditions={"products": ["P"]}, **award),
    )
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("2.50"), "SPENT")

    ledger.cancel(JANUARY, "E")

    assert ledger.event("E").kept == {"O1": money("2.50")}
    assert ledger.attributes("USED", "used") == [money(used)]


def test_an_award_of_less_than_a_cent_goes_back_to_its_budget_all_the_same() -> None:
    limits = {"budget": 100, "per_account": 9}
    ledger = book(
        POINTS, {**RATE, "rate": 1000}, offer(method="FIXED", value="4", currency="ALTERNATIVE", limits=limits)
    )
    ledger.buy(purchase(line("20")))
    assert ledger.attributes("USED", "used") == [4]

    ledger.cancel(JANUARY)

    assert ledger.attributes("USED", "used") == [0]


@pytest.mark.parametrize(
    "limited", [{"limits": {"per_account": 1}}, *PROMOTED], ids=["offer", "code", "code per account"]
)
def test_what_an_earlier_version_left_without_telling_of_which_award_counts_as_used_until_it_is_settled(
    limited: dict[str, Any],
) -> None:
    rule, code = TEN | {"conditions": {"products": ["P"]}}, dict(limited)
    ledger = book(rule | ({"limits": code.pop("limits")} if "limits" in code else {}))
    again = purchase(line("20"), **code)

    def may_again(event_id: str) -> bool:
        try:
            return bool(ledger.buy(again, event_id).purchase_document.awards)
        except Refused:
            return False

    ledger.buy(again, "E")
    ledger.buy(spend("10"), "SPENT")
    ledger.cancel(JANUARY, "E")
    ledger.forget("E", "kept")
    assert not may_again("F")

    ledger.cancel(JANUARY, "SPENT")

    assert may_again("G")


def test_a_purchase_whose_voucher_is_used_cannot_be_taken_back() -> None:
    kind = {"type": "voucher_type", "id": "V", "name": "V", "value_options": "VARIABLE"}
    ledger = book(kind, TEN | {"voucher_type": "V"})
    [voucher] = ledger.buy(purchase(line("20"))).purchase_document.vouchers
    ledger.table.transact([Update(keys.voucher(voucher.id), {"state": "USED"}, "attribute_exists(pk)")])

    with pytest.raises(Unpostable) as refused:
        ledger.cancel(JANUARY)

    assert refused.value.refused[0].code is Code.INVALID


def test_what_is_kept_of_an_award_is_reckoned_exactly() -> None:
    """Two thirds of it stay with the customer, so one third of the budget is given back, and no cent less."""
    ledger = book(offer(method="FIXED", value="3", limits={"budget": 10}, conditions={"products": ["P"]}))
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("2"), "SPENT")

    ledger.cancel(JANUARY, "E")

    assert ledger.attributes("USED", "used") == [2]


KEPT_OF_B = [
    pytest.param({"spend": "INSTANT"}, None, id="spent at once"),
    pytest.param({"expires_after": "P1M"}, datetime(2026, 3, 5, tzinfo=UTC), id="expired"),
]


@pytest.mark.parametrize(("other", "expired_by"), KEPT_OF_B)
def test_what_is_kept_counts_for_the_offer_whose_award_it_is(
    other: dict[str, Any], expired_by: datetime | None
) -> None:
    """Of the other award nothing can be kept: it was spent on the same purchase, or has expired."""
    limits = {"per_account_amount": 10, "budget": 10}
    on_p: dict[str, Any] = {"conditions": {"products": ["P"]}}
    ledger = book(
        offer("A", method="FIXED", value="90", **other, **on_p), offer("B", value="10", limits=limits, **on_p)
    )
    ledger.buy(purchase(line("100")), "E")
    if expired_by:
        ledger.expire(expired_by)
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(expired_by or JANUARY, "E")

    assert ledger.event("E").kept == {"B": 10}
    assert ledger.attributes("USED", "used") == [10]
    assert ledger.wallet.uses.within("B", "") == WindowUse(1, {"EUR": money("10")})


def test_what_was_spent_at_once_is_of_the_lot_that_it_came_from() -> None:
    """The instant spend of 30 takes all of B, which expires, and 10 of A; so what is kept of them is A's."""
    on_p: dict[str, Any] = {"conditions": {"products": ["P"]}, "method": "FIXED", "value": "20", "spend": "INSTANT"}
    ledger = book(offer("A", limits={"budget": 50}, **on_p), offer("B", expires_after="P1M", **on_p))
    ledger.buy(purchase(line("30")), "E")
    ledger.buy(spend("10"), "SPENT")

    ledger.cancel(JANUARY, "E")

    assert ledger.event("E").kept == {"A": 10}
    assert ledger.attributes("USED", "used") == [10]


def test_what_has_expired_of_a_lot_is_borne_by_its_awards_in_proportion() -> None:
    """Of 10 and 30 in one lot, 20 were spent and 20 have expired."""
    on_p: dict[str, Any] = {"conditions": {"products": ["P"]}, "method": "FIXED", "expires_after": "P1M"}
    ledger = book(offer("A", value="10", limits={"budget": 50}, **on_p), offer("B", value="30", **on_p))
    ledger.buy(purchase(line("100")), "E")
    ledger.buy(spend("20"), "SPENT")
    ledger.expire(datetime(2026, 3, 5, tzinfo=UTC))

    ledger.cancel(datetime(2026, 3, 5, tzinfo=UTC), "E")

    assert ledger.event("E").kept == {"A": 5, "B": 15}
    assert ledger.attributes("USED", "used") == [5]


def test_what_is_settled_is_shared_by_the_awards_that_it_was_left_of() -> None:
    """As an award is over lines: by the differences of rounded running totals."""
    worth = {"A": "0.34", "B": "1.35", "C": "0.03"}
    on_p: dict[str, Any] = {"conditions": {"products": ["P"]}, "method": "FIXED", "limits": {"budget": 9}}
    ledger = book(*(offer(name, value=value, **on_p) for name, value in worth.items()))
    ledger.buy(purchase(line("20")), "E")
    ledger.buy(spend("0.82"), "SPENT")
    ledger.buy(spend("0.90"), "SPENT-TOO")
    ledger.cancel(JANUARY, "E")

    ledger.cancel(JANUARY, "SPENT")

    assert ledger.event("E").kept == {"A": money("0.18"), "B": money("0.70"), "C": money("0.02")}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["A comes back first", "B comes back first"])
def test_what_is_settled_is_shared_in_the_order_of_the_awards_whatever_came_back_first(order: tuple[int, int]) -> None:
    rules = [
        offer(name, method="FIXED", value="0.01", conditions={"products": [product]}, limits={"budget": 9})
        for name, product in (("A", "P"), ("B", "R"))
    ]
    ledger = book(*rules)
    ledger.buy(purchase(line("20"), line("20", product="R")), "E")
    ledger.buy(spend("0.01"), "SPENT")
    ledger.buy(spend("0.01"), "SPENT-TOO")
    for place in order:
        ledger.give_back({place: Decimal(1)}, JANUARY, "E")

    ledger.cancel(JANUARY, "SPENT")

    assert ledger.event("E").kept == {"B": money("0.01")}


def test_what_came_back_before_anything_was_kept_stays_given_back() -> None:
    """The award of line 0 was there to be taken; what is kept is that of line 1, whichever is larger."""
    rules = [
        offer(name, method="FIXED", value=value, limits={"per_account": 1, "budget": 500}, conditions={"products": [p]})
        for name, value, p in (("A", "90", "P"), ("B", "10", "R"))
    ]
    ledger = book(*rules)
    ledger.buy(purchase(line("20"), line("20", product="R")), "E")
    ledger.give_back({0: Decimal(1)}, JANUARY, "E")
    ledger.buy(spend("10"), "SPENT")

    returned = ledger.give_back({1: Decimal(1)}, JANUARY, "E")

    assert ledger.event("E").kept == {"B": 10}
    assert returned.reversal_document.uses == ()
    assert ledger.buy(purchase(line("20")), "F").purchase_document.awards
    assert not ledger.buy(purchase(line("20", product="R")), "G").purchase_document.awards


def test_what_is_settled_beyond_the_room_of_a_transaction_moves_the_wallet_all_the_same() -> None:
    """Each purchase draws on 45 budgets: of three that are settled at once, two have room to tell of it."""
    rules = [
        offer(f"O{number}", method="FIXED", value="0.10", limits={"budget": 100}, conditions={"products": ["P"]})
        for number in range(45)
    ]
    ledger = book(*rules)
    for number in range(3):
        ledger.buy(purchase(line("20")), f"E{number}")
    ledger.buy(spend("13.50"), "SPENT")
    for number in range(3):
        ledger.cancel(JANUARY, f"E{number}")

    assert ledger.fits(ledger.cancellation_draft(JANUARY, "SPENT"))
    ledger.cancel(JANUARY, "SPENT")

    assert held(ledger) == (0, {})
    assert not ledger.wallet.waived
    assert [ledger.event(f"E{number}").taken_back.waived for number in range(3)] == [0, 0, money("4.50")]
    assert ledger.reversals_at_odds == []


def test_what_can_be_posted_can_be_cancelled() -> None:
    """A transaction has a hundred items, and a cancellation takes one more than its purchase: that is kept free."""
    kind = {"type": "voucher_type", "id": "V", "name": "V", "value_options": "VARIABLE"}
    offers = [TEN | {"id": f"O{number}", "name": f"O{number}", "voucher_type": "V"} for number in range(97)]
    assert not book(kind, *offers).fits(book(kind, *offers).purchase_draft(purchase(line("20"))))

    ledger = book(kind, *offers[:96])
    assert ledger.fits(ledger.purchase_draft(purchase(line("20"))))
    ledger.buy(purchase(line("20")))
    assert ledger.fits(ledger.cancellation_draft(JANUARY))
