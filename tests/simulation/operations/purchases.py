"""Purchases of the newest API: posted, repeated, previewed and shown."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import Body
from tests.tables import scenario

MINUTES = (30.0, 900.0)
TOO_LARGE = " " * 1_000_001


@operation(60)
def create_purchase(caller: Caller) -> int:
    """Post a purchase, known by its reference number or by an id of the caller's."""
    name = caller.load.name()
    fields = {"id": f"GIVEN-{name}"} if caller.happens(0.3) else {}
    return create(caller, baskets.purchase(caller, name, **fields))


@operation(16)
def create_again(caller: Caller) -> int:
    """Post a purchase that was posted before, maybe long ago: as it was, or with other goods under the same name."""
    if not caller.load.bought:
        return create_purchase(caller)
    body = _bought(caller)[1]
    if caller.happens(0.3):
        body = {**body, "products": [scenario.line("CAKE", "77.07")]}
    caller.send("POST", "/purchases", body)
    return 1


@operation(4)
def create_again_after_minutes(caller: Caller) -> int:
    """Post a purchase, and again when minutes have passed."""
    body = baskets.purchase(caller, caller.load.name())
    caller.later(caller.chance.uniform(*MINUTES), lambda other: other.send("POST", "/purchases", body))
    create(caller, body)
    return 2


@operation(3)
def create_under_a_used_id(caller: Caller) -> int:
    """Post another purchase under an id that was given before, at the same merchant or at another one."""
    used = [told_id for told_id, body in caller.load.bought if "id" in body]
    if not used:
        return create_purchase(caller)
    return create(caller, baskets.purchase(caller, caller.load.name(), id=caller.chance.choice(used)))


@operation(4)
def create_under_a_used_reference(caller: Caller) -> int:
    """Post a purchase under a reference number that was given before, as it was or another one, at another merchant."""
    if not caller.load.bought:
        return create_purchase(caller)
    body, merchant = _bought(caller)[1], {"code": caller.chance.choice(baskets.MERCHANTS)}
    body = {name: value for name, value in body.items() if name not in ("id", "outlet_tap", "merchant_tap")}
    return create(caller, {**body, "merchant_tap": merchant})


@operation(6)
def create_twice_at_once(caller: Caller) -> int:
    """Post a purchase from two tills at the same moment."""
    body = baskets.purchase(caller, caller.load.name())
    caller.later(0.0, lambda other: other.send("POST", "/purchases", body))
    create(caller, body)
    return 2


@operation(16)
def spend(caller: Caller) -> int:
    """Post a purchase that spends, maybe more than there is or is allowed."""
    request = baskets.spend_request(caller)
    return create(caller, baskets.purchase(caller, caller.load.name(), spend_request=request))


@operation(5)
def use_promo_code(caller: Caller) -> int:
    """Post a purchase with a promo code, which may be used up, and at times cancel it, which gives the use back."""
    code = caller.chance.choice(baskets.PROMO_CODES)
    answer = caller.send("POST", "/purchases", baskets.purchase(caller, caller.load.name(), promo_code=code))
    if answer.status == 200 and caller.happens(0.4):
        caller.send("POST", f"/purchases/{answer.body['id']}/cancel")
        return 2
    return 1


@operation(6)
def create_faulty(caller: Caller) -> int:
    """Post a purchase with something wrong."""
    caller.send("POST", "/purchases", baskets.faulty(caller, baskets.purchase(caller, caller.load.name())))
    return 1


@operation(1)
def create_too_large(caller: Caller) -> int:
    """Post more than a call may have."""
    caller.send("POST", "/purchases", TOO_LARGE)
    return 1


@operation(14)
def preview_purchase(caller: Caller) -> int:
    """Ask what a purchase would do, and at times why."""
    fields: Body = {"explain": True} if caller.happens(0.5) else {}
    if caller.happens(0.3):
        fields["spend_request"] = baskets.spend_request(caller)
    caller.send("POST", "/purchases/preview", baskets.purchase(caller, caller.load.name(), **fields))
    return 1


@operation(12)
def show_purchase(caller: Caller) -> int:
    """Look at a purchase, at times at why it got what it did."""
    if caller.load.bought:
        explain = "?explain=true" if caller.happens(0.3) else ""
        caller.send("GET", f"/purchases/{_bought(caller)[0]}{explain}")
    return 1


@operation(12)
def show_wallet(caller: Caller) -> int:
    """Look at a wallet."""
    caller.send("GET", f"/wallets/N-{caller.wallet()}")
    return 1


@operation(6)
def show_journal(caller: Caller) -> int:
    """Look at a wallet's journal, a page or all of it."""
    path = f"/wallets/N-{caller.wallet()}/journal"
    limit = caller.chance.choice(("", "?limit=3"))
    answer = caller.send("GET", f"{path}{limit}")
    if limit and answer.status == 200 and answer.body["next"]:
        caller.send("GET", f"{path}{limit}&next={answer.body['next']}")
    return 1


def create(caller: Caller, body: Mapping[str, Any]) -> int:
    """Post a purchase, and keep it where it is posted."""
    answer = caller.send("POST", "/purchases", body)
    if answer.status == 200:
        caller.load.bought.append((answer.body["id"], body))
    return 1


def _bought(caller: Caller) -> tuple[str, Mapping[str, Any]]:
    """Return a purchase of before, as often a recent one as any."""
    bought = caller.load.bought
    return caller.chance.choice(bought[-10:] if caller.happens(0.5) else bought)
