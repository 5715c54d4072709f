"""A small world of shops, and a till that posts to a model of it: for tests that work numbers out by hand."""

import itertools
from fractions import Fraction
from typing import Any

from tests.model.dates import seconds
from tests.model.exact import Json
from tests.model.history import CANCEL, IMPORT, POSTED, PURCHASE, RETURN, Answer, Entry
from tests.model.model import Model
from tests.model.purchase import Partner

NOW = seconds("2026-01-15T12:00:00")
ALL = Partner("P")


def offer(shop: str, award: Json, **more: Any) -> Json:
    return {
        "type": "reward_offer",
        "id": f"O-{shop}",
        "name": f"O-{shop}",
        "scheme": "S",
        "conditions": {"business_units": [shop]},
        "award": award,
        **more,
    }


def shop(code: str, award: Json | None = None, clawback: str | None = None, **more: Any) -> list[Json]:
    unit = {"type": "business_unit", "id": code, "name": code, "code": code, "clawback": clawback}
    return [unit, *([offer(code, award, **more)] if award else [])]


TEN: Json = {"method": "FIXED", "value": 10}
TENTH: Json = {"method": "PERCENTAGE", "value": 10}
WORLD: list[Json] = [
    {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"},
    {"type": "reward_scheme", "id": "S", "name": "S"},
    {"type": "product", "id": "COFFEE", "code": "COFFEE"},
    {"type": "account", "id": "A", "number": "A"},
    {"type": "access_token", "id": "T", "account": "A", "authentication_code": "CARD"},
    {"type": "currency", "id": "CRO", "code": "CRO"},
    {"type": "currency_rate", "id": "CRO", "currency": "CRO", "rate": 5},
    {"type": "account", "id": "CROWNS", "number": "CROWNS", "currency": "CRO"},
    {"type": "access_token", "id": "T2", "account": "CROWNS", "authentication_code": "CROWNS"},
    *shop("PLAIN"),
    *shop("THIRD", {"method": "FIXED", "value": 0.33}),
    *shop("AT-ONCE", TEN | {"spend": "INSTANT"}),
    offer("AT-ONCE", TEN | {"spend": "INSTANT", "expires_after": "P1M"}, id="O-SOONER"),
    *shop("TEN", TEN),
    *shop("TENTH", TENTH),
    *shop("OWE", TEN, "ALLOW_NEGATIVE"),
    *shop("STRICT", TEN, "REFUSE"),
    *shop("MONTH", TEN | {"expires_after": "P1M"}),
    *shop("DAILY", TEN, limits={"per_account": 1, "period": "P1D"}),
    *shop("PER-ACCOUNT", {"method": "PERCENTAGE", "value": 5}, limits={"per_account_amount": 5}),
]


class Till:
    """A model, and a till that posts to it."""

    def __init__(self) -> None:
        self.model = Model()
        self.model.take(Entry(NOW, IMPORT, rows=tuple(WORLD)))
        self.numbers = itertools.count()

    def buy(self, shop: str, total: Any = 100, spend: Any = None, on: str | None = None, pieces: int = 1) -> int:
        answer = self.ask(shop, total, spend, on, pieces)
        assert answer.outcome == POSTED, answer
        assert answer.number is not None
        return answer.number

    def ask(self, shop: str, total: Any = 100, spend: Any = None, on: str | None = None, pieces: int = 1) -> Answer:
        line = {
            "product_sku": "COFFEE",
            "quantity": pieces,
            "net_amount": total,
            "tax_amount": 0,
            "total_amount": total,
        }
        body = {
            "cim": "CARD",
            "reference_number": f"R{next(self.numbers)}",
            "merchant_tap": {"code": shop},
            "products": [line],
            "spend_request": {"amount": spend} if spend else None,
            "performed_on": seconds(on) if on else None,
        }
        return self.model.take(Entry(NOW, PURCHASE, ALL, body))

    def cancel(self, number: int) -> Answer:
        return self.model.take(Entry(NOW, CANCEL, ALL, of=number))

    def give_back(self, number: int, pieces: Any) -> Answer:
        body = {"reference_number": f"R{next(self.numbers)}", "products": [{"line": 0, "quantity": pieces}]}
        return self.model.take(Entry(NOW, RETURN, ALL, body, of=number))

    @property
    def balance(self) -> Fraction:
        return self.model.state.account("A").wallet.balance
