"""What is bought: bodies of both APIs, drawn by chance, some of them with something wrong."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.simulation.operations.caller import Caller
from tests.simulation.operations.load import Body
from tests.tables import scenario

PRODUCTS = ("TEA", "CAKE", "NOVEL")
MERCHANTS = ("CF", "CF", "BK", "BK", "KI", "ST", "RA", "RB")
OWN_MERCHANTS: Mapping[str, tuple[str, ...]] = {"SHOPS": ("CF", "BK", "ST"), "KIOSKS": ("KI", "RA", "RB")}
OUTLETS = {"CF": "CF1", "ST": "ST1"}
UNITS = ("Harbour", "Harbour", "Books", "Shoes")
PROMO_CODES = ("BLOOM", "FEW", "ONE", "ONE", "PAST", "NONE")
PASS_CODE, WRONG_PASS_CODE = "2468", "1111"


def purchase(caller: Caller, name: str, **fields: Any) -> Body:
    """Return a purchase of the newest API."""
    chance, merchant, wallet = caller.chance, merchant_of(caller), caller.wallet()
    shown = {"contact_id": f"C-{wallet}"} if caller.happens(0.2) and "cim" not in fields else {"cim": f"CIM-{wallet}"}
    optional: Body = {}
    if merchant in OUTLETS and caller.happens(0.3):
        optional["outlet_tap"] = {"code": OUTLETS[merchant]}
    if caller.happens(0.08):
        optional["promo_code"] = chance.choice(PROMO_CODES)
    if caller.happens(0.05):
        optional["classification"] = {"code": "CTR"}
    when = caller.now() if caller.happens(0.7) else None
    goods = lines(caller, caller.chance.randint(1, 3))
    body: Body = scenario.newest(name, when, merchant=merchant, products=goods, **{**shown, **optional, **fields}).body
    return body


def row(caller: Caller, name: str) -> Body:
    """Return a purchase of the newest API that any format of a file can have."""
    when, goods = caller.now(), lines(caller, 2 if caller.happens(0.15) else 1)
    shown = {"cim": f"CIM-{caller.wallet()}"}
    body: Body = scenario.newest(name, when, merchant=merchant_of(caller), products=goods, **shown).body
    return body


def entry(caller: Caller, own_id: str, reference_number: str, **fields: Any) -> Body:
    """Return an entry of a bulk call."""
    at = {"performed_by_unit_identifier": {"name": caller.chance.choice(UNITS)}}
    shown = {"accounts_receivable_identifier": account(caller)}
    return scenario.entry(own_id, caller.now(), reference_number, **{**at, **shown, **fields})


def account(caller: Caller, wallet: str = "") -> Body:
    """Return how the classic API names an account: somebody's, or this wallet's."""
    wallet = wallet or caller.wallet()
    return caller.chance.choice(
        (
            {"number": f"N-{wallet}"},
            {"id": f"A-{wallet}"},
            {"access_token_identifier": {"authentication_code": f"CIM-{wallet}"}},
        )
    )


def card(wallet: str, pass_code: str) -> Body:
    """Return a card with its pass code, as the classic API names an account."""
    return {"access_token_identifier": {"identifier": f"CARD-{wallet}", "pass_code": pass_code}}


def lines(caller: Caller, count: int) -> list[Body]:
    """Return so many lines."""
    chance = caller.chance
    return [
        scenario.line(chance.choice(PRODUCTS), f"{chance.randint(50, 6000) / 100:.2f}", chance.randint(1, 3))
        for _ in range(count)
    ]


def merchant_of(caller: Caller) -> str:
    """Return a merchant that the partner may act for, at times any."""
    own = OWN_MERCHANTS.get(caller.partner, MERCHANTS)
    return caller.chance.choice(MERCHANTS if caller.happens(0.1) else own)


def spend_request(caller: Caller) -> Body:
    """Return what to pay from the wallet, which may be more than there is."""
    if caller.happens(0.25):
        return {"alternative_amount": caller.chance.choice((50, 170, 2000))}
    return {"amount": Decimal(caller.chance.choice(("0.5", "1", "2.12", "7", "25", "400")))}


FAULTS: tuple[Callable[[Body], Any], ...] = (
    lambda body: {**body, "reference_number": None},
    lambda body: {**body, "spend": "7"},
    lambda body: {**body, "contact_id": "C-NOBODY", "cim": "CIM-NOBODY"},
    lambda body: {**body, "products": [scenario.line("NONESUCH", "4")]},
    lambda body: {**body, "products": [{**scenario.line("TEA", "4"), "total_amount": 9}]},
    lambda body: {**body, "currency_code": "USD"},
    lambda body: {**body, "merchant_tap": {"code": "CF"}, "outlet_tap": {"code": "ST1"}},
    lambda body: {**body, "products": []},
    lambda _: "{",
    lambda body: {**body, "spend_request": {"amount": Decimal("0.0001")}},
)
"""What may be wrong with a purchase of the newest API."""


def faulty(caller: Caller, body: Body) -> Any:
    """Return a purchase with something wrong."""
    return caller.chance.choice(FAULTS)(body)
