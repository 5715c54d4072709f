"""Programmes and purchases for tests of the rules, made of as little as each test needs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account, AutomaticSpend, LifeCycle
from loyalty.domain.purchases.purchase import Line, Product, Purchase, RequestedSpend
from loyalty.domain.records import RECORD_TYPES

EUR = {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM"}
POINTS = {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0}
RATE = {"type": "currency_rate", "id": "R1", "currency": "PTS", "rate": 100}
SHOP = {"type": "business_unit", "id": "SHOP", "name": "Shop", "code": "S"}
DESK = {"type": "business_unit", "id": "DESK", "name": "Desk", "code": "D", "parent_business_unit": "SHOP"}
SCHEME = {"type": "reward_scheme", "id": "S", "name": "Rewards"}
AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


AWARD_FIELDS = (
    "base",
    "currency",
    "expires_after",
    "maximum",
    "maximum_per_event",
    "rounding",
    "spend",
    "step",
    "tiers",
)


def offer(offer_id: str = "O1", *, method: str = "PERCENTAGE", value: str = "5", **fields: Any) -> dict[str, Any]:
    """Return an offer of 5% of the net amount; what AWARD_FIELDS lists is its award's, all other fields are the
    offer's."""
    award = {"method": method, **{name: fields.pop(name) for name in AWARD_FIELDS if name in fields}}
    if method != "TIERED":
        award["value"] = Decimal(value)
    return {"type": "reward_offer", "id": offer_id, "name": offer_id, "scheme": "S", "award": award, **fields}


def programme(*records: dict[str, Any]) -> Programme:
    """Return the programme of these records (references are ids), with euros, a shop, its desk and a scheme.

    A record with the id of one of these takes its place.
    """
    return Programme.of(imported(EUR, SHOP, DESK, SCHEME, *records))


def imported(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Records as an import leaves them, the last of those that share type and id."""
    last = {(record["type"], record["id"]): record for record in records}
    validated = (RECORD_TYPES[record["type"]].model_validate(record) for record in last.values())
    return [record.model_dump(exclude_none=True) for record in validated]


def line(net: str, *, product: str = "P", kind: str | None = None, quantity: str = "1", tax: str = "0") -> Line:
    """Return a line of a product whose id and code are the same."""
    amount, more = Decimal(net), Decimal(tax)
    return Line(Product(product, product, kind), Decimal(quantity), amount, more, amount + more)


def purchase(
    *lines: Line,
    at: datetime = AT,
    spend: str | None = None,
    points: str | None = None,
    outlet: str | None = None,
    classification: str | None = None,
    **more: Any,
) -> Purchase:
    """Return a purchase at the shop; `spend` in euros and `points` are what the customer wants to pay from the wallet.
    `more` are further fields of `Purchase`."""
    requested = None
    if spend or points:
        amount, alternative = Decimal(spend) if spend else None, Decimal(points) if points else None
        requested = RequestedSpend(amount, alternative, "/spend_request")
    return Purchase("SHOP", outlet, classification, at, lines, requested, **more)


def account(
    currency: str | None = None, *, classification: str | None = None, automatic_spend: dict[str, Any] | None = None
) -> Account:
    """Return an active account; its wallet is in the system currency unless `currency` says otherwise."""
    automatic = AutomaticSpend.of({"automatic_spend": automatic_spend})
    return Account("A1", "1", "Somebody", None, LifeCycle.ACTIVE, currency, classification, automatic)
