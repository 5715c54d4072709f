"""What all accounts share: budgets and promo codes, as pricing is told of them."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.errors import Code, Refused
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.store.customers import Customer
from loyalty.store.keys import Key
from loyalty.usecases.purchases.shared_limits import (
    budget_key,
    counters_of,
    explain_offers,
    price_with_counters,
    promo_code_key,
)
from tests.builders import account, line, offer, programme, purchase

CUSTOMER = Customer(account(), Wallet("A1"))
COUNTED = PromoCode("CODE", "CODE", "SUMMER", maximum_uses=2)
PER_ACCOUNT = PromoCode("CODE", "CODE", "SUMMER", maximum_uses_per_account=2)
KNOWN = programme(
    offer("A", method="FIXED", value="5", limits={"budget": 8}),
    offer("B", method="FIXED", value="5"),
    offer("C", method="FIXED", value="5", limits={"budget": 8}, effective_to="2020-01-01T00:00:00"),
)


def bought(**more: Any) -> Any:
    return purchase(line("20"), **more)


def test_the_counters_that_pricing_has_to_know_are_of_open_budgets_and_counted_codes() -> None:
    assert list(counters_of(bought(), CUSTOMER.account, KNOWN)) == [budget_key("A")]
    assert list(counters_of(bought(promo_code=PER_ACCOUNT), CUSTOMER.account, KNOWN)) == [budget_key("A")]
    assert list(counters_of(bought(promo_code=COUNTED), CUSTOMER.account, KNOWN)) == [
        budget_key("A"),
        promo_code_key("CODE"),
    ]
    assert budget_key("CODE") != promo_code_key("CODE")


@pytest.mark.parametrize(("used", "awarded"), [({}, "10"), ({"A": "4"}, "9"), ({"A": "8"}, "5"), ({"B": "8"}, "10")])
def test_a_budget_gives_what_all_accounts_together_have_left_of_it(used: dict[str, str], awarded: str) -> None:
    counted: dict[Key, Decimal] = {budget_key(name): Decimal(amount) for name, amount in used.items()}

    assert price_with_counters(bought(), CUSTOMER, KNOWN, counted).awarded == Decimal(awarded)


def test_why_an_offer_gives_nothing_is_told_with_what_all_accounts_have_used() -> None:
    told = {
        given: [verdict.failed for verdict in explain_offers(bought(), CUSTOMER, KNOWN, {budget_key("A"): given})]
        for given in (Decimal(7), Decimal(8))
    }

    assert told == {Decimal(7): [None, None, "effective"], Decimal(8): ["budget", None, "effective"]}
    assert explain_offers(bought(), CUSTOMER, KNOWN, {})[0].failed is None


def test_a_code_may_be_used_as_often_as_it_says_by_all_accounts_together() -> None:
    counter = promo_code_key("CODE")
    assert price_with_counters(bought(promo_code=COUNTED), CUSTOMER, KNOWN, {counter: Decimal(1)}).awarded == 10

    with pytest.raises(Refused) as refused:
        price_with_counters(bought(promo_code=COUNTED), CUSTOMER, KNOWN, {counter: Decimal(2)})

    assert refused.value.problems[0].code is Code.INVALID
    assert price_with_counters(bought(promo_code=PER_ACCOUNT), CUSTOMER, KNOWN, {}).awarded == 10
