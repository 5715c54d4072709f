"""What a purchase awards and spends."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.uses import Use
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.ledger.windows import FOR_EVER
from loyalty.domain.pricing.plan import Plan, Verdict
from loyalty.domain.pricing.pricing import explain, price
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.spend_settings import ReductionMethod
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, Purchase, Totals
from tests.builders import AT, POINTS, RATE, SCHEME, SHOP, account, line, offer, programme, purchase

SETTINGS = {
    "type": "spend_settings",
    "id": "SP",
    "minimum_spend_amount_per_transaction": 1,
    "maximum_spend_amount_per_transaction": 20,
}
CROWNS = {"type": "currency", "id": "CRW", "code": "CRW"}


def plan(what: Purchase, *records: dict[str, Any], balance: str = "0", currency: str | None = None) -> Plan:
    return price(what, account(currency), Wallet("A1", 1, Decimal(balance)), programme(*records))


COFFEE_AND_CAKE = (line("10", product="COFFEE", kind="DRINK", tax="1"), line("4", product="CAKE", kind="FOOD", tax="1"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(offer(), "0.70", id="5% of the net amount, 14"),
        pytest.param(offer(base="TOTAL"), "0.80", id="5% of the total amount, 16"),
        pytest.param(offer(method="FIXED", value="0.5"), "0.50", id="a fixed amount, once"),
        pytest.param(offer(value="0.25"), "0.04", id="0.035 is rounded up"),
        pytest.param(offer(conditions={"products": ["COFFEE"]}), "0.50", id="only the coffee counts"),
        pytest.param(offer(conditions={"product_types": ["FOOD"]}), "0.20", id="only food counts"),
        pytest.param(
            offer(conditions={"products": ["COFFEE"], "product_types": ["FOOD"]}), None, id="no food is coffee"
        ),
        pytest.param(offer(conditions={"products": ["TEA"]}), None, id="no tea was bought"),
        pytest.param(offer(conditions={"business_units": ["SHOP"]}), "0.70", id="the merchant"),
        pytest.param(offer(conditions={"business_units": ["DESK"]}), "0.70", id="the outlet"),
        pytest.param(offer(conditions={"business_units": ["OTHER"]}), None, id="another merchant"),
        pytest.param(offer(conditions={"classifications": ["C1"]}), "0.70", id="the classification"),
        pytest.param(offer(conditions={"classifications": ["C2"]}), None, id="another classification"),
        pytest.param(offer(conditions={"minimum_total_amount": 16}), "0.70", id="a total of just the minimum"),
        pytest.param(
            offer(conditions={"minimum_total_amount": Decimal("16.01")}), None, id="a total below the minimum"
        ),
        pytest.param(offer(conditions={"minimum_quantity": 2}), "0.70", id="two pieces"),
        pytest.param(
            offer(conditions={"minimum_quantity": 2, "products": ["CAKE"]}), None, id="the quantity of matching lines"
        ),
        pytest.param(
            offer(conditions={"minimum_total_amount": 16, "products": ["CAKE"]}),
            "0.20",
            id="the minimum looks at the whole purchase, the award at the matching lines",
        ),
        pytest.param(offer(effective_from="2026-01-15T12:00:00"), "0.70", id="from this very second"),
        pytest.param(offer(effective_from="2026-01-15T12:00:01"), None, id="from the next second"),
        pytest.param(offer(effective_to="2026-01-15T12:00:01"), "0.70", id="until the next second"),
        pytest.param(offer(effective_to="2026-01-15T12:00:00"), None, id="until this second"),
        pytest.param(offer(life_cycle_state="NOT_EFFECTIVE"), None, id="not effective"),
        pytest.param(offer(conditions={"weekdays": [], "products": None}), "0.70", id="empty conditions hold"),
    ],
)
def test_an_offer_awards(rule: dict[str, Any], expected: str | None) -> None:
    found = plan(purchase(*COFFEE_AND_CAKE, outlet="DESK", classification="C1"), rule)

    assert [str(award.amounts.system) for award in found.awards] == ([expected] if expected else [])
    assert found.movement.awarded == Decimal(expected or 0)


def test_offers_add_up() -> None:
    found = plan(purchase(line("100")), offer("A"), offer("B", method="FIXED", value="1"))

    assert found.movement.awarded == Decimal("6.00")


def test_the_plan_says_which_condition_of_which_offer_did_not_hold() -> None:
    found = plan(
        purchase(line("3")),
        offer("CHEAP", conditions={"minimum_total_amount": 5}),
        offer("PAST", effective_to="2020-01-01T00:00:00"),
        offer("YES"),
    )

    assert [(verdict.offer_id, verdict.failed) for verdict in found.why] == [
        ("CHEAP", "minimum_total_amount"),
        ("PAST", "effective"),
        ("YES", None),
    ]


@pytest.mark.parametrize(
    ("fields", "of_scheme", "wanted"),
    [
        ({}, {}, ["O1"]),
        ({"life_cycle_state": "NOT_EFFECTIVE"}, {}, []),
        ({"effective_from": "2026-02-01T00:00:00"}, {}, []),
        ({"effective_to": "2026-01-01T00:00:00"}, {}, []),
        ({}, {"merchants": ["OTHER"]}, []),
        ({}, {"effective_from": "2026-02-01T00:00:00"}, []),
        ({"conditions": {"weekdays": ["FRI"]}}, {}, ["O1"]),
    ],
    ids=str,
)
def test_a_budget_is_asked_for_only_of_an_offer_that_is_open_then_and_there(
    fields: dict[str, Any], of_scheme: dict[str, Any], wanted: list[str]
) -> None:
    """So that nobody tells by the time of an answer that others, or drafts, have a budget."""
    known = programme(SCHEME | of_scheme, offer(limits={"budget": 5}, **fields))

    assert known.budgeted_offers(purchase(line("3")), account()) == wanted


def test_offers_that_where_and_what_was_bought_rule_out_are_explained_only_on_demand() -> None:
    known = programme(
        offer("A", conditions={"business_units": ["ELSEWHERE"]}),
        offer("B", conditions={"products": ["X"]}),
        offer("C", conditions={"product_types": ["X"]}),
        offer("D", life_cycle_state="NOT_EFFECTIVE"),
        offer("E", conditions={"weekdays": ["FRI"]}),
        offer("F"),
    )

    assert price(purchase(line("3")), account(), Wallet("A1"), known).why == (
        Verdict("E", "weekdays"),
        Verdict("F", None),
    )
    assert explain(purchase(line("3")), account(), Wallet("A1"), known) == (
        Verdict("A", "business_units"),
        Verdict("B", "products"),
        Verdict("C", "product_types"),
        Verdict("D", "life_cycle_state"),
        Verdict("E", "weekdays"),
        Verdict("F", None),
    )


def test_offers_take_their_turn_exclusive_ones_first_then_by_priority_then_by_id() -> None:
    found = plan(
        purchase(line("3", product="X"), line("3")),
        offer("A"),
        offer("B", priority=1),
        offer("C", stacking="EXCLUSIVE", priority=-1, conditions={"products": ["X"]}),
        offer("D", priority=1),
    )

    assert [award.offer_id for award in found.awards] == ["C", "B", "D", "A"]


def test_pieces_share_an_award_for_pieces() -> None:
    found = plan(purchase(line("1", quantity="3"), line("99")), offer(method="PER_UNIT", value="0.10"))

    [award] = found.awards
    assert (award.base, award.value) == (Decimal(4), Decimal("0.10"))
    assert [(share.line, str(share.amount)) for share in award.shares] == [(0, "0.30"), (1, "0.10")]


def test_shares_sum_to_a_capped_award() -> None:
    [award] = plan(purchase(line("10"), line("10"), line("10")), offer(maximum_per_event=1)).awards

    assert [str(share.amount) for share in award.shares] == ["0.33", "0.34", "0.33"]


def test_a_tier_tells_the_value_that_it_gave() -> None:
    tiers = [{"from": 10, "value": 1}, {"from": 50, "value": 8}]
    [award] = plan(purchase(line("60")), offer(method="TIERED", tiers=tiers)).awards

    assert (award.value, award.base, award.amounts.system) == (Decimal(8), Decimal(60), Decimal(8))


def test_an_award_exceeds_its_cap_in_no_currency() -> None:
    """0.125 euros are 12.5 points; half up, these would be 0.13 euros and 13 points."""
    [award] = plan(purchase(line("10")), POINTS, RATE, offer(maximum_per_event=Decimal("0.125"))).awards

    assert (award.amounts.system, award.amounts.alternative) == (Decimal("0.12"), Decimal(12))


def test_what_is_nothing_in_euros_may_be_something_in_points() -> None:
    rate = {**RATE, "rate": 1000}
    [award] = plan(purchase(line("10")), POINTS, rate, offer(method="FIXED", value="3", currency="ALTERNATIVE")).awards

    assert (award.amounts.system, award.amounts.alternative) == (Decimal(0), Decimal(3))


@pytest.mark.parametrize(
    ("rate", "value", "system", "wallet"),
    [
        pytest.param("7.33", "0.004", "0", "0.03", id="no cent, but three hundredths of a crown"),
        pytest.param("0.004", "0.50", "0.50", "0", id="fifty cents, but no hundredth of a crown"),
    ],
)
def test_an_award_is_given_that_is_something_in_any_currency(rate: str, value: str, system: str, wallet: str) -> None:
    known = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal(rate)}
    found = plan(purchase(line("10")), CROWNS, known, offer(method="FIXED", value=value), currency="CRW")

    assert [(award.amounts.system, award.amounts.wallet) for award in found.awards] == [
        (Decimal(system), Decimal(wallet))
    ]


def test_a_promo_code_that_is_limited_per_account_is_used_once() -> None:
    code = PromoCode("CODE", "CODE", "SUMMER", maximum_uses_per_account=3)
    unlimited = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=3)

    assert plan(purchase(line("10"), promo_code=code)).movement.uses == (Use(code.subject, FOR_EVER, 1, per_account=3),)
    assert plan(purchase(line("10"), promo_code=unlimited)).movement.uses == ()


def test_the_alternative_total_is_told_where_some_award_was_given_in_points() -> None:
    what = purchase(line("10"))
    points = offer("PTS", method="FIXED", value="20", currency="ALTERNATIVE")

    assert plan(what, POINTS, RATE, offer()).alternative_awarded is None
    assert plan(what, POINTS, RATE, offer(), points).alternative_awarded == 70
    assert plan(what, POINTS, RATE, offer(), points).awarded == Decimal("0.70")


def test_an_award_is_told_in_the_currency_of_its_offer() -> None:
    points = offer("PTS", method="FIXED", value="20", currency="ALTERNATIVE", limits={"per_account_amount": 30})
    found = plan(purchase(line("10")), POINTS, RATE, offer(), points)

    assert [award.amount for award in found.awards] == [Decimal("0.50"), 20]
    assert [use.amount for use in found.movement.uses] == [20]


def test_awards_and_vouchers_draw_on_the_budgets_of_their_offers() -> None:
    kind = {"type": "voucher_type", "id": "V", "name": "V", "value_options": "VARIABLE"}
    limited: dict[str, Any] = {"limits": {"budget": 5}}
    found = plan(
        purchase(line("10")),
        kind,
        offer("A", **limited),
        offer("B"),
        offer("C", voucher_type="V", **limited),
        offer("D", voucher_type="V"),
    )

    assert [award.offer_id for award in found.awards] == ["A", "B"]
    assert [award.offer_id for award in found.vouchers] == ["C", "D"]
    assert [award.offer_id for award in found.budgeted] == ["A", "C"]


def test_a_plan_tells_what_each_method_spends_and_what_limits_hold() -> None:
    settings = {**SETTINGS, "reduction_method": "BACK_END_REDUCTION"}
    found = plan(
        purchase(line("30"), spend="2"), settings, offer(method="FIXED", value="5", spend="INSTANT"), balance="50"
    )

    assert [found.spent(method) for method in SpendMethod] == [2, 5, 0]
    assert (found.available, found.settings.minimum, found.settings.maximum) == tuple(map(Decimal, (20, 1, 20)))
    assert found.settings.reduction_method is ReductionMethod.BACK_END


@pytest.mark.parametrize(
    ("net", "crowns", "available"),
    [
        pytest.param("30.10", "11.03", "0.27", id="1.505 euros are 11.03165 crowns; 1.51 would be 11.07"),
        pytest.param("30.08", "11.02", "0.27", id="1.504 euros are 11.02432 crowns; 1.50 would be 11.00"),
    ],
)
def test_an_award_that_is_spent_at_once_leaves_the_wallet_as_it_was(net: str, crowns: str, available: str) -> None:
    rate = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal("7.33")}
    found = plan(purchase(line(net)), CROWNS, rate, offer(spend="INSTANT"), balance="2", currency="CRW")

    assert found.movement.awarded == found.movement.spent == Decimal(crowns)
    assert found.available == Decimal(available)


@pytest.mark.parametrize(
    ("balance", "net", "available"),
    [
        pytest.param("2", "1", "0", id="0.4 stamps are none"),
        pytest.param("2", "1.24", "0", id="0.496 stamps are none"),
        pytest.param("2", "1.25", "1.25", id="half a stamp is one"),
        pytest.param("2", "100", "6.24", id="2.496 stamps are 2"),
        pytest.param("1.9", "100", "3.74", id="2 stamps are more than 1.9"),
        pytest.param("-3", "100", "0", id="a debt"),
    ],
)
def test_what_could_still_be_requested_is_no_more_and_no_less_than_a_request_would_get(
    balance: str, net: str, available: str
) -> None:
    stamps = {"type": "currency", "id": "STP", "code": "STP", "exponent": 0}
    rate = {"type": "currency_rate", "id": "R2", "currency": "STP", "rate": Decimal("0.4")}
    found = plan(purchase(line(net)), stamps, rate, balance=balance, currency="STP")

    assert found.available == Decimal(available)


def test_what_is_spent_at_once_takes_no_more_of_the_wallet_than_was_awarded() -> None:
    """Ten awards of half a cent are ten cents, of which nine can be spent: 66 hundredths of a crown, but each award is
    only 4 of them."""
    rate = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal("7.33")}
    half_cents = [offer(f"O{number}", method="FIXED", value="0.005", spend="INSTANT") for number in range(10)]
    found = plan(purchase(line("0.09")), CROWNS, rate, *half_cents, balance="2", currency="CRW")

    assert found.spent(SpendMethod.INSTANTLY) == Decimal("0.09")
    assert found.movement.awarded == found.movement.spent == Decimal("0.40")


def test_the_settings_of_an_outlet_come_before_its_merchants_and_these_before_the_organisations() -> None:
    everywhere = {**SETTINGS, "id": "1", "maximum_spend_amount_per_transaction": 3}
    shop = {**everywhere, "id": "2", "business_unit": "SHOP", "maximum_spend_amount_per_transaction": 2}
    desk = {**everywhere, "id": "3", "business_unit": "DESK", "maximum_spend_amount_per_transaction": 1}
    what = purchase(line("10"), outlet="DESK")

    assert plan(what, everywhere, shop, desk, balance="9").available == 1
    assert plan(what, everywhere, shop, balance="9").available == 2
    assert plan(what, everywhere, balance="9").available == 3


def test_an_outlet_of_an_outlet_belongs_to_all_above_it() -> None:
    counter = {"type": "business_unit", "id": "COUNTER", "name": "Counter", "parent_business_unit": "DESK"}
    known = programme(counter, offer(conditions={"business_units": ["SHOP"]}))

    assert price(purchase(line("10"), outlet="COUNTER"), account(), Wallet("A1"), known).awarded == Decimal("0.50")


def test_business_units_that_are_above_each_other_do_not_keep_pricing_from_its_end() -> None:
    loop = {**SHOP, "parent_business_unit": "DESK"}

    assert plan(purchase(line("10"), outlet="DESK"), loop, offer()).awarded == Decimal("0.50")


def test_the_lines_that_brought_an_award_share_it_to_the_cent() -> None:
    found = plan(
        purchase(line("1"), line("9", product="X"), line("2")), offer(value="11", conditions={"products": ["P"]})
    )

    [award] = found.awards
    assert [(share.line, str(share.amount)) for share in award.shares] == [(0, "0.11"), (2, "0.22")]


def test_two_equal_lines_count_twice() -> None:
    assert plan(purchase(line("10"), line("10")), offer()).movement.awarded == Decimal("1.00")


def test_a_requested_spend_is_taken_from_the_wallet() -> None:
    found = plan(purchase(line("30"), spend="2.12"), balance="5")

    assert (found.movement.spent, found.movement.amount) == (Decimal("2.12"), Decimal("-2.12"))


def test_a_requested_spend_may_take_the_last_cent() -> None:
    assert plan(purchase(line("30"), spend="5"), balance="5").movement.spent == 5


@pytest.mark.parametrize(
    ("what", "balance", "code"),
    [
        pytest.param(purchase(line("30"), spend="5.01"), "5", Code.INSUFFICIENT_BALANCE, id="more than the balance"),
        pytest.param(purchase(line("30"), spend="0.99"), "50", Code.SPEND_LIMIT, id="less than the smallest spend"),
        pytest.param(purchase(line("30"), spend="20.01"), "50", Code.SPEND_LIMIT, id="more than the largest spend"),
        pytest.param(purchase(line("3"), spend="3.01"), "50", Code.SPEND_LIMIT, id="more than is left to pay"),
        pytest.param(purchase(line("3"), points="200"), "50", Code.CURRENCY_MISMATCH, id="points where there are none"),
    ],
)
def test_a_spend_that_is_not_to_be_had_is_refused(what: Purchase, balance: str, code: Code) -> None:
    with pytest.raises(Refused) as refused:
        plan(what, SETTINGS, balance=balance)
    [problem] = refused.value.problems
    assert (problem.code, problem.pointer) == (code, "/spend_request")


def test_no_spend_draws_on_what_the_same_purchase_awards() -> None:
    with pytest.raises(Refused, match="holds 0"):
        plan(purchase(line("100"), spend="5"), offer())


def test_spending_can_be_switched_off_for_a_merchant() -> None:
    closed = {"type": "spend_settings", "id": "NO", "business_unit": "SHOP", "allow_spending": False}
    with pytest.raises(Refused, match="not allowed"):
        plan(purchase(line("100"), spend="5"), SETTINGS, closed, balance="50")


def test_points_are_spent_at_the_days_rate() -> None:
    found = plan(purchase(line("30"), points="250"), POINTS, RATE, balance="5")

    assert found.movement.spent == Decimal("2.50")
    assert found.movement.alternative_spent == 250


def test_a_spend_that_rounds_to_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="zero after rounding"):
        plan(purchase(line("30"), spend="0.001"), balance="5")


@pytest.mark.parametrize(
    ("rate", "asked"),
    [
        pytest.param("7.33", "0.004", id="three hundredths of a crown, but no cent"),
        pytest.param("0.004", "0.50", id="fifty cents, but no hundredth of a crown"),
    ],
)
def test_a_spend_is_refused_that_rounds_to_nothing_in_either_currency(rate: str, asked: str) -> None:
    known = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal(rate)}
    with pytest.raises(Refused) as refused:
        plan(purchase(line("30"), spend=asked), CROWNS, known, balance="5", currency="CRW")

    [problem] = refused.value.problems
    assert (problem.code, problem.pointer) == (Code.INVALID, "/spend_request")
    assert problem.description == "The amount is zero after rounding."


def test_a_wallet_pays_nothing_by_itself_where_that_would_cost_it_nothing() -> None:
    known = programme(CROWNS, {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal("0.004")})
    owner = account("CRW", automatic_spend={"enabled": True})
    rich, poor = (price(purchase(line(net)), owner, Wallet("A1", 1, Decimal(5)), known) for net in ("30", "0.50"))

    [spend] = rich.spends
    assert [spend.amounts.system, spend.amounts.wallet] == [30, Decimal("0.12")]
    assert poor.spends == ()


def test_awards_are_told_in_the_alternative_currency_too() -> None:
    found = plan(purchase(line("10.30")), POINTS, {**RATE, "rate": 150}, offer())

    # 0.515 exactly: rounded to cents it is 0.52, but it is 77.25 points; 150 times 0.52 would be 78.
    assert found.movement.awarded == Decimal("0.52")
    assert found.movement.alternative_awarded == 77


def test_a_wallet_in_another_currency_carries_its_own_amounts() -> None:
    """As in the vendor's examples (row 24): 0.15 in the system currency, 0.75 at a rate of 5."""
    crowns = {"type": "currency", "id": "CRW", "code": "CRW"}
    rate = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": 5, "from_date": "2018-08-07T00:00:00"}
    found = plan(purchase(line("3")), crowns, rate, offer(), currency="CRW")

    [award] = found.awards
    assert (award.amounts.system, award.amounts.wallet) == (Decimal("0.15"), Decimal("0.75"))
    assert found.movement.awarded == Decimal("0.75")
    assert found.movement.alternative_awarded is None


def test_an_amount_is_not_converted_on_a_day_without_a_rate() -> None:
    crowns = {"type": "currency", "id": "CRW", "code": "CRW"}
    rate = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": 5, "from_date": "2026-02-01T00:00:00"}
    with pytest.raises(Refused) as refused:
        plan(purchase(line("3")), crowns, rate, offer(), currency="CRW")
    assert refused.value.problems[0].code is Code.CURRENCY_MISMATCH


@pytest.mark.parametrize("ids", [("A", "B"), ("B", "A")])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("old_to", [None, "2027-01-01T00:00:00"])
def test_of_rates_that_hold_the_one_that_began_last_counts(
    ids: tuple[str, str], order: int, old_to: str | None
) -> None:
    old = {**RATE, "id": ids[0], "rate": 50, "to_date": old_to}
    new = {**RATE, "id": ids[1], "rate": 100, "from_date": "2026-01-01T00:00:00"}
    [award] = plan(purchase(line("10")), POINTS, *(old, new)[::order], offer(method="FIXED", value="1")).awards

    assert award.amounts.alternative == 100


def test_the_rate_in_force_when_the_purchase_was_performed_counts() -> None:
    old = {**RATE, "id": "OLD", "rate": 50, "to_date": "2026-01-01T00:00:00"}
    new = {**RATE, "id": "NEW", "rate": 100, "from_date": "2026-01-01T00:00:00"}
    before = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert plan(purchase(line("20"), at=before), POINTS, old, new, offer()).movement.alternative_awarded == 50
    assert plan(purchase(line("20"), at=AT), POINTS, old, new, offer()).movement.alternative_awarded == 100


def test_totals_are_the_sums_of_the_lines() -> None:
    lines: tuple[Line, ...] = (line("160", tax="20"), line("50", tax="10"))
    found = plan(purchase(*lines)).totals

    assert found == Totals(Decimal(210), Decimal(30), Decimal(240))
