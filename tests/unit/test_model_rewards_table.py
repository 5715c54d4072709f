"""The model tells what the examples of rewards_table.md say, each row worked out by hand."""

from fractions import Fraction

import pytest

from tests.model.account import Account
from tests.model.dates import NEVER
from tests.model.money import WALLET
from tests.model.posted import Posted
from tests.model.posting import priced
from tests.model.pricing import Plan
from tests.model.purchase import CURRENCY, INSUFFICIENT, INVALID, SPEND_LIMIT, Refused
from tests.model.spends import AUTOMATICALLY, INSTANTLY, ON_REQUEST
from tests.model.state import State
from tests.model.table import Example, examples

CODES = {
    "INVALID": INVALID,
    "SPEND_LIMIT": SPEND_LIMIT,
    "INSUFFICIENT_BALANCE": INSUFFICIENT,
    "CURRENCY_MISMATCH": CURRENCY,
}
METHODS = {"asked": ON_REQUEST, "instantly": INSTANTLY, "automatically": AUTOMATICALLY}
EXAMPLES = list(examples())


def state_of(example: Example) -> State:
    state = State(example.programme, given=example.given)
    account = Account()
    for use in example.uses:
        account.memory.add(use)
    account.wallet.book(example.lots)
    state.accounts["A"] = account
    return state


def named(cell: str, only: str) -> dict[str, Fraction]:
    """Read `A 5.00; B 1.00`, `5.00` or `-`."""
    parts = [part.split() for part in cell.split(";") if cell not in ("-", "")]
    return {part[0] if len(part) == 2 else only: Fraction(part[-1]) for part in parts}


def test_there_are_all_the_examples() -> None:
    assert len(EXAMPLES) >= 300


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_model_says_what_the_row_says(example: Example) -> None:
    state, says = state_of(example), example.says
    if "refused" in says.get("Spent", ""):
        with pytest.raises(Refused) as refusal:
            priced(state, example.purchase, example.bought)
        assert refusal.value.problems[0][1] == CODES[says["Spent"].split()[1]]
        return
    plan = priced(state, example.purchase, example.bought)
    only = next((row["id"] for row in example.records if row["type"] == "reward_offer"), "")
    told = {one.offer["id"]: one.amounts["SYSTEM"] for one in plan.awards if not one.is_voucher}
    if "Awarded" in says:
        assert told == named(says["Awarded"], only)
    if "Vouchers" in says:
        assert {one.offer["id"]: one.amounts["SYSTEM"] for one in plan.awards if one.is_voucher} == named(
            says["Vouchers"], only
        )
    if "Points" in says and says["Points"] != "-":
        assert [one.amounts["ALTERNATIVE"] for one in plan.awards] == [Fraction(says["Points"])]
    if "Spent" in says:
        assert {one.method: one.amounts["SYSTEM"] for one in plan.spends} == {
            METHODS[method]: amount for method, amount in named(says["Spent"], only).items()
        }
    if "Still to be had" in says:
        assert plan.available == Fraction(says["Still to be had"])
    if "Wallet gets" in says:
        assert (plan.awarded(WALLET), plan.spent(WALLET)) == (
            Fraction(says["Wallet gets"]),
            Fraction(says["Wallet gives"]),
        )
    if "Why not" in says:
        refused = {offer: why for offer, why in plan.why.items() if why}
        words = [part.split() for part in says["Why not"].split(";") if part.strip()]
        assert refused == {word[0] if len(word) == 2 else only: word[-1] for word in words}
    if "Lots" in says:
        assert moved(plan, state) == {lot: amount for lot, amount in map(lot_of, says["Lots"].split(";")) if amount}


def moved(plan: Plan, state: State) -> dict[str, Fraction]:
    account = state.accounts["A"]
    before = dict(account.wallet.booked)
    account.post(Posted(0, plan, 0))
    changes = {lot: amount - before.get(lot, Fraction(0)) for lot, amount in account.wallet.booked.items()}
    return {f"{lot // 12}-{lot % 12 + 1:02}": amount for lot, amount in changes.items() if amount and lot != NEVER}


def lot_of(text: str) -> tuple[str, Fraction]:
    month, _, amount = text.strip().partition(" ")
    return month, Fraction(amount or 0)
