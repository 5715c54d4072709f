"""What the docs left open, and the model had to decide: worded in docs/rewards.md and docs/api.md since."""

from fractions import Fraction

import pytest

from tests.model.dates import NEVER
from tests.model.history import CANCEL, EXPIRY, IMPORT, PURCHASE, RETURN, Entry
from tests.model.money import SYSTEM, WALLET, Rates
from tests.model.purchase import DUPLICATE, INVALID, LIMIT, NOT_FOUND
from tests.model.spends import Terms, available
from tests.model.till import ALL, NOW, TEN, Till, offer, shop
from tests.model.wallet import Wallet

LATER = NOW + 90 * 86_400


@pytest.fixture
def till() -> Till:
    return Till()


def test_shares_of_lines_are_in_the_system_currency(till: Till) -> None:
    """A share of 0.20 of 0.33 euros is 1.00 of 1.65 crowns; in crowns the share would have been 1.01."""
    lines = [
        {"product_sku": "COFFEE", "net_amount": net, "tax_amount": 0, "total_amount": net} for net in (12.35, 7.77)
    ]
    body = {"cim": "CROWNS", "reference_number": "C", "merchant_tap": {"code": "THIRD"}, "products": lines}
    number = till.model.take(Entry(NOW, PURCHASE, ALL, body)).number
    returned = {"reference_number": "R", "products": [{"line": 0}]}
    assert till.model.take(Entry(NOW, RETURN, ALL, returned, of=number)).data["awarded"] == -1


def test_an_instant_spend_comes_from_what_ends_first(till: Till) -> None:
    till.buy("AT-ONCE", 12)
    assert till.model.state.account("A").wallet.lots() == {10**6: 8}


def test_a_wallet_that_owes_gives_an_instant_spend_as_well(till: Till) -> None:
    number = till.buy("OWE")
    till.buy("PLAIN", spend=10)
    till.cancel(number)
    assert till.ask("AT-ONCE", 100).data["spent"] == 20
    assert till.balance == -10


def test_a_period_of_which_everything_was_given_back_drives_out_no_other(till: Till) -> None:
    numbers = [till.buy("DAILY", on=f"2026-01-0{day}T12:00:00") for day in (1, 2, 3, 4, 5)]
    till.cancel(numbers[4])
    till.buy("DAILY", on="2026-01-06T12:00:00")
    till.cancel(numbers[1])
    assert till.ask("DAILY", on="2026-01-02T12:00:00").data["awarded"] == 10


def test_a_wallet_that_owes_does_not_come_to_owe_more_than_before_the_call(till: Till) -> None:
    first = till.buy("OWE")
    second = till.buy("TEN", spend=5)
    till.buy("PLAIN", spend=15)
    till.cancel(first)
    told = till.cancel(second).data
    assert till.balance == -10
    assert told["reversed"] == {"awarded": 5, "spent": 5, "waived": 5}


def test_under_refuse_a_give_back_settles_what_the_own_award_leaves(till: Till) -> None:
    first = till.buy("TENTH", 1000)
    strict = till.buy("STRICT", spend=7)
    till.buy("PLAIN", 200, spend=103)
    till.cancel(first)
    till.buy("TENTH", 50)
    told = till.cancel(strict).data
    assert told["reversed"] == {"awarded": 10, "spent": 7, "waived": 0}
    assert till.balance == 2


def test_what_is_waived_is_let_go_of_the_earliest_lots_and_settled_with_the_latest(till: Till) -> None:
    account = till.model.state.account("A")
    month = till.buy("MONTH", on="2026-01-15T00:00:00")
    ten = till.buy("TEN")
    spent = till.buy("PLAIN", spend=20)
    till.cancel(month)
    till.cancel(ten)
    assert account.wallet.forgiven == {2026 * 12 + 1: 10, 10**6: 10}
    till.give_back(spent, Fraction(1, 2))
    assert {lot: amount for lot, amount in account.wallet.forgiven.items() if amount} == {2026 * 12 + 1: 10}


def test_another_request_under_a_used_identity_is_a_duplicate_whatever_it_is_refused_for(till: Till) -> None:
    body = till.model.history[till.buy("PLAIN")].body
    for other in ({"spend_request": {"amount": 50}}, {"payment_medium_identifier": "4242"}):
        assert till.model.take(Entry(NOW, PURCHASE, ALL, body | other)).code == DUPLICATE


def test_of_a_return_all_that_is_left_is_another_quantity_than_1(till: Till) -> None:
    number = till.buy("TEN")
    asked = [{"line": 0}, {"line": 0, "quantity": 1}]
    bodies = [{"reference_number": "R", "products": [item]} for item in asked]
    codes = [till.model.take(Entry(NOW, RETURN, ALL, body, of=number)).code for body in bodies]
    assert codes == [None, DUPLICATE]


def test_under_a_used_identity_a_promo_code_that_is_not_in_force_is_told_like_an_unknown_name(till: Till) -> None:
    over = {"type": "promo_code", "id": "OVER", "code": "OVER", "promotion_campaign": "C"}
    campaign = {"type": "promotion_campaign", "id": "C", "name": "C", "life_cycle_state": "NOT_EFFECTIVE"}
    till.model.take(Entry(NOW, IMPORT, rows=(campaign, over)))
    body = till.model.history[till.buy("PLAIN")].body
    codes = [till.model.take(Entry(NOW, PURCHASE, ALL, body | {"promo_code": code})).code for code in ("OVER", "NONE")]
    assert codes == [INVALID, NOT_FOUND]


def test_what_is_settled_of_a_purchase_that_was_told_in_no_points_adds_none(till: Till) -> None:
    ten = till.buy("TEN", on="2026-01-01T12:00:00")
    points = {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0}
    rate = {"type": "currency_rate", "id": "R", "currency": "PTS", "rate": 90, "from_date": "2026-01-10T00:00:00"}
    till.model.take(Entry(NOW, IMPORT, rows=(points, rate)))
    spent = till.buy("PLAIN", spend=10)
    till.cancel(ten)
    line = till.cancel(spent).entry
    assert (line["awarded"], line["alternative_awarded"], line["alternative_spent"]) == (-10, 0, -900)


def test_available_is_what_a_request_would_get_after_rounding_to_the_wallets_currency() -> None:
    rates = Rates({SYSTEM: Fraction(1), WALLET: Fraction(2, 5)}, {SYSTEM: 2, WALLET: 0})
    found = [available(Terms.of({}), rates, Fraction(to_pay), Fraction(2)) for to_pay in (1, "1.25", 100)]
    assert found == [0, Fraction("1.25"), Fraction("6.24")]


def test_an_award_has_as_many_digits_as_a_table_keeps_and_no_more(till: Till) -> None:
    pieces = {"method": "PER_UNIT", "value": 10**11}
    rate = {"type": "currency_rate", "id": "CRO", "currency": "CRO", "rate": 10**12 - 1}
    till.model.take(Entry(NOW, IMPORT, rows=(*shop("PIECES", pieces), rate)))
    line = {"product_sku": "COFFEE", "net_amount": 1, "tax_amount": 0, "total_amount": 1}
    codes = []
    for number, quantity in enumerate((10**11, 10**11 + 1)):
        by = {"cim": "CROWNS", "reference_number": f"C{number}", "merchant_tap": {"code": "PIECES"}}
        body = {**by, "products": [line | {"quantity": quantity}]}
        codes.append(till.model.take(Entry(NOW, PURCHASE, ALL, body)).code)
    assert codes == [None, LIMIT]
    assert till.model.state.account("CROWNS").wallet.balance == 10**22 * (10**12 - 1)


def test_what_was_spent_at_once_is_of_the_lot_that_it_came_from(till: Till) -> None:
    """All of the award that expires, and 2 of the one that does not; so what is kept of them is the other 8."""
    number = till.buy("AT-ONCE", 12)
    till.buy("PLAIN", spend=8)
    till.cancel(number)
    posted = till.model.state.purchases[number]
    assert {posted.plan.awards[at].lot: kept for at, kept in posted.kept.items() if kept} == {10**6: 8}


def test_what_has_expired_of_a_lot_is_borne_by_its_awards_in_proportion(till: Till) -> None:
    more = offer("MONTH", TEN | {"value": 30, "expires_after": "P1M"}, id="O-MORE")
    till.model.take(Entry(NOW, IMPORT, rows=(more,)))
    number = till.buy("MONTH")
    till.buy("PLAIN", spend=20)
    till.model.take(Entry(LATER, EXPIRY, body={"account": "A"}))
    till.model.take(Entry(LATER, CANCEL, ALL, of=number))
    posted = till.model.state.purchases[number]
    assert {posted.plan.awards[at].offer["id"]: kept for at, kept in posted.kept.items()} == {
        "O-MONTH": 5,
        "O-MORE": 15,
    }


def test_what_is_settled_is_shared_like_an_award_over_lines(till: Till) -> None:
    worth = {"A": 0.34, "B": 1.35, "C": 0.03}
    offers = [offer("THREE", TEN | {"value": worth[name]}, id=name) for name in worth]
    till.model.take(Entry(NOW, IMPORT, rows=(*shop("THREE"), *offers)))
    number = till.buy("THREE")
    settling, _ = till.buy("PLAIN", spend=0.82), till.buy("PLAIN", spend=0.9)
    till.cancel(number)
    till.cancel(settling)
    kept = till.model.state.purchases[number].kept
    assert list(kept.values()) == [Fraction("0.18"), Fraction("0.70"), Fraction("0.02")]


def test_what_paid_off_a_debt_comes_back_with_the_last_goods(till: Till) -> None:
    first = till.buy("OWE")
    till.buy("PLAIN", spend=10)
    till.cancel(first)
    second = till.buy("TENTH", 200, pieces=2)
    till.buy("PLAIN", spend=10)
    assert till.give_back(second, 1).data["waived"] == 10
    assert till.balance == 0
    assert till.give_back(second, 1).data["waived"] == 0
    assert till.balance == -10


def test_an_award_fills_its_own_lot_and_what_has_covered_that_is_there_again() -> None:
    wallet, february = Wallet({NEVER: Fraction(-15)}), 2026 * 12 + 1
    wallet.book({february: Fraction(10)})
    assert wallet.balance == -5
    assert wallet.expiring() == {}
    wallet.book({NEVER: Fraction(20)})
    assert wallet.balance == 15
    assert wallet.expiring() == {february: 10}
