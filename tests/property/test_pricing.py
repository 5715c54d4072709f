"""What holds for every programme and purchase."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.uses import Use, Uses
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.pricing.pricing import explain, price
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.purchase import Line, Product, Purchase
from tests.builders import POINTS, RATE, account, line, offer, programme, purchase
from tests.model import spends as model
from tests.model.exact import rounded as half_up
from tests.model.money import SYSTEM, WALLET, Rates
from tests.model.spends import Terms

CROWNS = {"type": "currency", "id": "CRW", "code": "CRW"}
CROWN_RATE = {"type": "currency_rate", "id": "R2", "currency": "CRW", "rate": Decimal("7.33")}
VOUCHER = {"type": "voucher_type", "id": "V", "name": "Voucher", "value_options": "VARIABLE"}
OFF = {"type": "reward_scheme", "id": "OFF", "name": "Off", "life_cycle_state": "NOT_EFFECTIVE"}
MONEY: list[dict[str, Any]] = [POINTS, RATE, CROWNS, CROWN_RATE, VOUCHER, OFF]


def cents(least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Amounts of euros and cents between two numbers of cents."""
    return st.integers(least, most).map(lambda number: Decimal(number) / 100)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """These fields, without those that are None."""
    return st.fixed_dictionaries(fields).map(lambda drawn: {k: v for k, v in drawn.items() if v is not None})


def made_line(net: Decimal, tax: Decimal, product: str, kind: str | None, quantity: int) -> Line:
    return line(str(net), product=product, kind=kind, quantity=str(quantity), tax=str(tax))


def made_offer(award: dict[str, Any], *, voucher: bool, **fields: Any) -> dict[str, Any]:
    if voucher:
        award = {name: value for name, value in award.items() if name not in ("spend", "expires_after")}
        fields["voucher_type"] = "V"
    return offer("?", **award, **fields)


def numbered(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule | {"id": f"O{number}", "name": f"O{number}"} for number, rule in enumerate(rules)]


VALUES = cents(0, 5000)
LIMIT = st.none() | st.integers(0, 100)
LINES = st.lists(
    st.builds(
        made_line,
        cents(0, 500000),
        cents(0, 100000),
        st.sampled_from("PQR"),
        st.sampled_from([None, "K", "L"]),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=6,
)
ANY_AWARD = {
    "base": st.sampled_from(["NET", "TOTAL"]),
    "currency": st.sampled_from(["SYSTEM", "ALTERNATIVE"]),
    "maximum_per_event": st.none() | st.integers(0, 50000).map(lambda number: Decimal(number) / 1000),
    "rounding": st.sampled_from(["HALF_UP", "HALF_EVEN", "DOWN", "UP"]),
    "spend": st.sampled_from(["NONE", "NONE", "INSTANT"]),
    "expires_after": st.sampled_from([None, None, "P1M", "P12M"]),
}
TIERS = st.dictionaries(st.integers(0, 2000), VALUES, min_size=1, max_size=3).map(
    lambda values: [{"from": start, "value": value} for start, value in values.items()]
)
AWARDS = st.one_of(
    some(method=st.sampled_from(["PERCENTAGE", "FIXED", "PER_UNIT"]), value=VALUES.map(str), **ANY_AWARD),
    some(method=st.just("PER_STEP"), value=VALUES.map(str), step=cents(1, 50000), **ANY_AWARD),
    some(method=st.just("TIERED"), tiers=TIERS, **ANY_AWARD),
)
CONDITIONS = some(
    products=st.sampled_from([[], [], ["P"], ["Q", "R"], ["S"]]),
    product_types=st.sampled_from([[], [], ["K"], ["L", "M"]]),
    business_units=st.sampled_from([[], [], ["SHOP"], ["DESK"], ["OTHER"]]),
    weekdays=st.sampled_from([[], [], ["THU"], ["FRI"]]),
    minimum_total_amount=st.none() | st.integers(0, 1000),
    every_nth_purchase=st.sampled_from([None, None, None, 2, 3]),
)
LIMITS = some(
    per_account=st.none() | st.integers(1, 2),
    per_account_amount=st.none() | cents(1, 5000),
    budget=st.none() | cents(1, 9000),
)
OFFERS = st.lists(
    st.builds(
        made_offer,
        AWARDS,
        conditions=CONDITIONS,
        priority=st.integers(-2, 2),
        stacking=st.sampled_from(["COMBINE", "COMBINE", "EXCLUSIVE"]),
        limits=LIMITS,
        voucher=st.sampled_from([False, False, False, True]),
    ),
    max_size=5,
).map(numbered)
SPEND_SETTINGS = some(
    type=st.just("spend_settings"),
    id=st.just("SP"),
    allow_spending=st.sampled_from([True, True, True, False]),
    minimum_spend_amount_per_transaction=LIMIT,
    maximum_spend_amount_per_transaction=LIMIT,
)
SPENDING = {"type": "spend_settings", "id": "SP"}
ACCOUNTS = st.builds(
    account,
    st.sampled_from([None, "CRW", "PTS"]),
    automatic_spend=some(
        enabled=st.booleans(), minimum_wallet_balance=LIMIT, minimum_amount=LIMIT, maximum_amount=LIMIT
    ),
)
LOTS = st.dictionaries(st.sampled_from(["2026-01", "2026-02", "2027-01"]), cents(1, 10000), max_size=3)
WALLETS = st.builds(
    lambda lots, lasting, purchases: Wallet("A1", 1, lasting + sum(lots.values(), Decimal(0)), lots, purchases),
    LOTS,
    cents(0, 50000),
    st.integers(0, 5),
)
PURCHASES = st.builds(
    lambda lines, spend, outlet, switched_off: purchase(
        *lines, spend=spend, outlet=outlet, disable_instant_spend=switched_off
    ),
    LINES,
    st.none() | cents(1, 20000).map(str),
    st.sampled_from([None, "DESK"]),
    st.booleans(),
)


def assert_lots_are_part_of_the_balance(wallet: Wallet) -> None:
    assert all(amount > 0 for amount in wallet.lots.values())
    assert sum(wallet.lots.values(), Decimal(0)) <= wallet.balance


@settings(max_examples=1500, deadline=None)
@given(PURCHASES, ACCOUNTS, WALLETS, OFFERS, SPEND_SETTINGS)
def test_a_plan_adds_up_and_never_overdraws(
    what: Purchase, owner: Account, wallet: Wallet, rules: list[dict[str, Any]], limits: dict[str, Any]
) -> None:
    known = programme(*MONEY, limits, *rules)
    try:
        plan = price(what, owner, wallet, known)
    except Refused:
        assert what.spend
        return

    assert plan == price(what, owner, wallet, known)
    assert plan == price(what, owner, wallet, programme(*reversed(rules), limits, *MONEY))
    assert_lots_are_part_of_the_balance(wallet.moved(plan.movement))
    assert_awards_add_up_within_their_caps(plan, rules)
    assert_exclusive_offers_have_their_lines_to_themselves(plan, rules)
    assert_spends_stay_within(plan, what, wallet)
    assert_what_the_index_passes_over_would_not_have_applied(plan, explain(what, owner, wallet, known), known)


def assert_awards_add_up_within_their_caps(plan: Plan, rules: list[dict[str, Any]]) -> None:
    by_id = {rule["id"]: rule for rule in rules}
    for award in (*plan.awards, *plan.vouchers):
        assert sum((share.amount for share in award.shares), Decimal(0)) == award.amounts.system
        amount = award.amounts.system if award.currency == "SYSTEM" else award.amounts.alternative
        assert amount is not None
        limits = by_id[award.offer_id]["limits"]
        caps = [
            by_id[award.offer_id]["award"].get("maximum_per_event"),
            limits.get("per_account_amount"),
            limits.get("budget"),
        ]
        assert all(amount <= cap for cap in caps if cap is not None)
    assert plan.movement.awarded == sum((award.amounts.wallet for award in plan.awards), Decimal(0))
    assert plan.awarded == sum((award.amounts.system for award in plan.awards), Decimal(0))


def assert_exclusive_offers_have_their_lines_to_themselves(plan: Plan, rules: list[dict[str, Any]]) -> None:
    exclusive = {rule["id"] for rule in rules if rule["stacking"] == "EXCLUSIVE"}
    given = (*plan.awards, *plan.vouchers)
    earning = Counter(share.line for award in given for share in award.shares)
    taken = [share.line for award in given if award.offer_id in exclusive for share in award.shares]
    assert all(earning[place] == 1 for place in taken)


def assert_spends_stay_within(plan: Plan, what: Purchase, wallet: Wallet) -> None:
    assert sum((spend.amounts.system for spend in plan.spends), Decimal(0)) <= what.totals.total
    held = [spend for spend in plan.spends if spend.method is not SpendMethod.INSTANTLY]
    assert sum((spend.amounts.wallet for spend in held), Decimal(0)) <= wallet.balance
    assert wallet.moved(plan.movement).balance >= 0
    for spend in plan.spends:
        assert plan.settings.allow_spending
        assert spend.amounts.system > 0
        assert (plan.settings.minimum or 0) <= spend.amounts.system
        assert plan.settings.maximum is None or spend.amounts.system <= plan.settings.maximum


def assert_what_the_index_passes_over_would_not_have_applied(plan: Plan, everything: Any, known: Programme) -> None:
    assert [verdict.offer_id for verdict in everything] == [rule.id for rule in known.offers]
    assert [verdict for verdict in everything if verdict in plan.why] == list(plan.why)
    assert all(verdict.failed for verdict in everything if verdict not in plan.why)
    applied = [verdict.offer_id for verdict in plan.why if verdict.failed is None]
    assert [award.offer_id for award in plan.awards] == [one for one in applied if not gives_voucher(one, known)]
    assert [award.offer_id for award in plan.vouchers] == [one for one in applied if gives_voucher(one, known)]


def gives_voucher(offer_id: str, known: Programme) -> bool:
    return any(one.id == offer_id and one.voucher_type for one in known.offers)


RATES = st.sampled_from(["0.0001", "0.4", "1", "7.33", "100", "912345.6789"]) | cents(1, 50000).map(str)
WALLET_MONEY = st.none() | st.tuples(RATES, st.integers(0, 4))


@settings(max_examples=1000, deadline=None)
@given(LINES, st.none() | VALUES, WALLET_MONEY, WALLETS, SPEND_SETTINGS)
@example([line("1")], None, ("0.4", 0), Wallet("A1", 1, Decimal(100)), SPENDING)
@example([line("1000")], None, ("0.4", 0), Wallet("A1", 1, Decimal(1)), SPENDING)
@example([line("999999")], None, ("0.0001", 0), Wallet("A1", 1, Decimal(100)), SPENDING)
def test_what_is_told_to_be_available_can_be_requested_and_a_cent_more_cannot(
    lines: list[Line], instant: Decimal | None, money: tuple[str, int] | None, wallet: Wallet, limits: dict[str, Any]
) -> None:
    rate, exponent = money or ("1", 2)
    currency = {"type": "currency", "id": "LEI", "code": "LEI", "exponent": exponent}
    of_lei = {"type": "currency_rate", "id": "R3", "currency": "LEI", "rate": Decimal(rate)}
    rules = [] if instant is None else [offer(method="FIXED", value=str(instant), spend="INSTANT")]
    known, owner = programme(currency, of_lei, limits, *rules), account("LEI" if money else None)
    plan = price(purchase(*lines), owner, wallet, known)
    available = plan.available

    rates = Rates({SYSTEM: Fraction(1), WALLET: Fraction(rate)}, {SYSTEM: 2, WALLET: exponent})
    left = Fraction(plan.totals.total - plan.spent(SpendMethod.INSTANTLY))
    assert available == model.available(Terms.of(limits), rates, left, Fraction(wallet.balance))
    if available:
        asked = price(purchase(*lines, spend=str(available)), owner, wallet, known)
        assert asked.spent(SpendMethod.ON_REQUEST) == available
    with pytest.raises(Refused):
        price(purchase(*lines, spend=str(available + Decimal("0.01"))), owner, wallet, known)


NUMBERS = st.integers(10**6, 10**16 - 1).map(lambda number: Decimal(number).scaleb(-4))
NEARLY_HALF = (Decimal("1195237338.5908"), Decimal("99.9983"), Decimal("912345.6789"), 0)
"""Their product ends in .4999...96, with 30 digits after the point."""


@settings(max_examples=700, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS, st.integers(0, 4))
@example(*NEARLY_HALF)
def test_awards_of_numbers_of_any_length_are_rounded_once_and_summed_exactly(
    net: Decimal, value: Decimal, rate: Decimal, exponent: int
) -> None:
    currency = {"type": "currency", "id": "LEI", "code": "LEI", "exponent": exponent}
    of_lei = {"type": "currency_rate", "id": "R3", "currency": "LEI", "rate": rate}
    known = programme(currency, of_lei, offer(value=str(value)), offer("O2", method="PER_UNIT", value=str(value)))
    plan = price(purchase(line(str(net), quantity=str(net))), account("LEI"), Wallet("A1"), known)

    exact = [Fraction(net) * Fraction(value) / 100, Fraction(net) * Fraction(value)]
    of_wallet = [half_up(amount * Fraction(rate), exponent) for amount in exact]
    assert [Fraction(award.amounts.system) for award in plan.awards] == [half_up(amount, 2) for amount in exact]
    assert [Fraction(award.amounts.wallet) for award in plan.awards] == of_wallet
    assert Fraction(plan.movement.awarded) == sum(of_wallet)


NEVER: list[dict[str, Any]] = [
    *({"conditions": {name: ["ELSEWHERE"]}} for name in ("business_units", "taps", "products", "classifications")),
    {"conditions": {"minimum_total_amount": 10**9}},
    {"conditions": {"minimum_quantity": 10**9}},
    {"conditions": {"weekdays": ["MON"]}},
    {"conditions": {"time_from": "03:00", "time_to": "04:00"}},
    {"conditions": {"promotion_campaign": "SUMMER"}},
    {"conditions": {"first_purchase": True}},
    {"conditions": {"every_nth_purchase": 9}},
    {"effective_to": "2026-01-01T00:00:00"},
    {"life_cycle_state": "NOT_EFFECTIVE"},
    {"scheme": "OFF"},
    {"value": "0"},
    {"maximum_per_event": 0},
    {"limits": {"per_account": 1}},
    {"limits": {"budget": 5}},
]
"""Why an offer may not apply to a purchase on a Thursday at noon, the second one of an account that has had NEVER."""


@settings(max_examples=1000, deadline=None)
@given(LINES, OFFERS, st.sampled_from(NEVER), WALLETS)
def test_an_offer_that_does_not_apply_changes_nothing(
    lines: list[Line], rules: list[dict[str, Any]], fields: dict[str, Any], held: Wallet
) -> None:
    what, given_so_far = purchase(*lines), {"NEVER": Decimal(5)}
    wallet = replace(held, purchases=1, uses=Uses().plus([Use("NEVER", "", 1, Decimal(5))]))
    never = offer("NEVER", stacking="EXCLUSIVE", priority=9, **fields)

    without = price(what, account(), wallet, programme(*MONEY, *rules), given_so_far)
    with_it = price(what, account(), wallet, programme(*MONEY, *rules, never), given_so_far)

    assert replace(with_it, why=without.why) == without


@settings(max_examples=500, deadline=None)
@given(PURCHASES, ACCOUNTS, WALLETS, OFFERS, SPEND_SETTINGS)
def test_a_line_without_a_product_is_priced_as_one_of_a_product_that_no_offer_names(
    what: Purchase, who: Account, wallet: Wallet, rules: list[dict[str, Any]], limits: dict[str, Any]
) -> None:
    known = programme(*MONEY, limits, *rules)

    def planned(product: Product | None) -> Any:
        lines = tuple(replace(one, product=product) for one in what.lines)
        bought = replace(what, lines=lines)
        try:
            return price(bought, who, wallet, known), explain(bought, who, wallet, known)
        except Refused as refused:
            return refused.problems

    assert planned(None) == planned(Product("NOBODY'S", "NOBODY'S", "OF NO TYPE"))


@settings(max_examples=1000, deadline=None)
@given(LINES, VALUES, ANY_AWARD["rounding"])
def test_ten_times_the_amounts_earn_ten_times_a_percentage_but_for_rounding(
    lines: list[Line], value: Decimal, rounding: str
) -> None:
    known = programme(offer(value=str(value), rounding=rounding))
    larger = [Line(one.product, one.quantity, one.net * 10, one.tax * 10, one.total * 10) for one in lines]

    once = price(purchase(*lines), account(), Wallet("A1"), known).awarded
    tenfold = price(purchase(*larger), account(), Wallet("A1"), known).awarded

    # Each is off by less than a cent, so ten times the smaller one by less than ten.
    assert abs(tenfold - 10 * once) < Decimal("0.11")
