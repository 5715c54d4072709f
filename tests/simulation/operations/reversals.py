"""Purchases of the newest API taken back: cancelled, or returned in parts."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.purchases import create
from tests.tables import scenario

MOST_RETURNS = 6
DAY = 86_400
MERCHANTS = ("CF", "BK", "ST", "RA", "RB")
"""One of each setting, one that spends a part of its awards at once, and one whose awards are few."""


@operation(12)
def cancel_purchase(caller: Caller) -> int:
    """Cancel a purchase, which may be cancelled already."""
    if caller.load.bought:
        caller.send("POST", f"/purchases/{_lately_bought(caller)[0]}/cancel")
    return 1


@operation(16)
def return_products(caller: Caller) -> int:
    """Return goods, which may be returned already; at times send the return again, or another one under its number."""
    if not caller.load.bought:
        return 1
    purchase_id, body = _lately_bought(caller)
    place = caller.chance.randrange(len(body["products"]))
    quantity = {"quantity": 1} if caller.happens(0.6) else {}
    back = _return(caller, {"line": place, **quantity})
    caller.send("POST", f"/purchases/{purchase_id}/returns", back)
    if caller.happens(0.3):
        other = {"products": [{"product_sku": "TEA", "quantity": 2}]} if caller.happens(0.3) else {}
        caller.send("POST", f"/purchases/{purchase_id}/returns", {**back, **other})
        return 2
    return 1


@operation(4)
def return_until_nothing_is_left(caller: Caller) -> int:
    """Return a purchase piece by piece, and one piece more than there is."""
    if not caller.load.bought:
        return 1
    purchase_id, body = _lately_bought(caller)
    pieces = [*_pieces(caller, body)[:MOST_RETURNS], *({"line": place} for place in range(len(body["products"])))]
    for piece in pieces:
        caller.send("POST", f"/purchases/{purchase_id}/returns", _return(caller, piece))
    return len(pieces)


@operation(4)
def take_back_what_is_spent(caller: Caller) -> int:
    """Earn at a merchant, spend all of it elsewhere, and take back what earned it: the merchant's setting decides what
    becomes of that, and whether it is the customer's or the shop's loss; at times take back what was paid for, too,
    which settles it."""
    caller.partner, wallet = "POS", caller.wallet()
    earned = baskets.purchase(
        caller, caller.load.name(), cim=f"CIM-{wallet}", merchant_tap={"code": caller.chance.choice(MERCHANTS)}
    )
    earned["products"] = [scenario.line("NOVEL", "49.5", 2), scenario.line("CAKE", "7")]
    create(caller, earned)
    paid = [body for _ in range(2) if (body := _pay_with_all(caller, wallet))]  # the first may earn a little
    _take_back(caller, earned)
    if paid and caller.happens(0.5):
        _take_back(caller, paid[0])
    return 4


def _pay_with_all(caller: Caller, wallet: str) -> Mapping[str, Any] | None:
    """Pay with all that there is in a wallet; return the purchase, None where there is nothing."""
    answer = caller.send("GET", f"/wallets/N-{wallet}")
    if answer.status != 200 or answer.body["balance"] <= 0 or answer.body["currency_code"] != "EUR":
        return None
    balance = answer.body["balance"]
    spend = {"cim": f"CIM-{wallet}", "spend_request": {"amount": balance}}
    paid = baskets.purchase(caller, caller.load.name(), **spend, merchant_tap={"code": "KI"})
    paid["products"] = [scenario.line("TEA", f"{balance + 1:.2f}", 3)]
    create(caller, paid)
    return paid


@operation(2)
def buy_on_many_days(caller: Caller) -> int:
    """Buy on more days than a wallet remembers of a limit, cancel what was bought on one of the last, and buy on one of
    the first again: that is used up for good."""
    caller.partner, wallet = "POS", caller.wallet()
    today = int(caller.world.scheduler.now) // DAY * DAY
    bought = [
        baskets.purchase(
            caller,
            caller.load.name(),
            cim=f"CIM-{wallet}",
            merchant_tap={"code": "CF"},
            performed_on=today - days * DAY + DAY // 2,
        )
        for days in (6, 5, 4, 3, 2, 1, 6)
    ]
    for body in bought[:-1]:
        create(caller, body)
    _cancel(caller, caller.chance.choice(bought[3:-1]))
    create(caller, bought[-1])
    return 8


def _cancel(caller: Caller, bought: Mapping[str, Any]) -> None:
    """Cancel a purchase of late, if it was posted."""
    for purchase_id in _posted(caller, bought):
        caller.send("POST", f"/purchases/{purchase_id}/cancel")


def _take_back(caller: Caller, bought: Mapping[str, Any]) -> None:
    """Cancel a purchase of late, if it was posted, or return some of its pieces one by one."""
    if caller.happens(0.5):
        _cancel(caller, bought)
        return
    for purchase_id in _posted(caller, bought):
        pieces = _pieces(caller, bought)
        for piece in pieces[: caller.chance.randint(1, len(pieces))]:
            caller.send("POST", f"/purchases/{purchase_id}/returns", _return(caller, piece))


def _posted(caller: Caller, bought: Mapping[str, Any]) -> list[str]:
    """Return the id of a purchase of late, if it was posted."""
    lately = caller.load.bought[-8:]
    return [told for told, body in lately if body["reference_number"] == bought["reference_number"]]


def _pieces(caller: Caller, bought: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all pieces of a purchase, in any order."""
    lines = enumerate(bought["products"])
    pieces = [{"line": place, "quantity": 1} for place, line in lines for _ in range(line["quantity"])]
    caller.chance.shuffle(pieces)
    return pieces


def _return(caller: Caller, *goods: Mapping[str, Any]) -> dict[str, Any]:
    return {"reference_number": f"RET-{caller.load.name()}", "products": list(goods)}


def _lately_bought(caller: Caller) -> tuple[str, Mapping[str, Any]]:
    bought = caller.load.bought
    return caller.chance.choice(bought[-15:] if caller.happens(0.7) else bought)
