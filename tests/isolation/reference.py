"""The reference data of the worlds: of each partner, one of everything that a purchase may name."""

from collections.abc import Iterator
from typing import Any

PASS_CODE = "2468"

Json = dict[str, Any]
"""A record, a body, or a part of one."""


def name(of: str, by: str, whose: str) -> str:
    """Return what a record is called: `tap-code-own`."""
    return f"{of}-{by}-{whose}"


def merchant_of(whose: str) -> str:
    """Return the id of a partner's merchant."""
    return name("merchant", "id", whose)


def reference_data(whose: str) -> Iterator[Json]:
    """Return a partner with a merchant, a customer, and what their purchases may be about."""

    def record(of: str, *ways: str, **fields: Any) -> Json:
        return {"type": of, **{by: name(of, by, whose) for by in ways}, **fields}

    merchant, outlet = merchant_of(whose), name("outlet", "id", whose)
    campaign, scheme, account = (name(of, "id", whose) for of in ("promotion_campaign", "reward_scheme", "account"))
    yield record("currency", "id", "code", **({"role": "SYSTEM"} if whose == "own" else {}))
    yield record("merchant", "id", "name", "code") | {"type": "business_unit"}
    yield record("outlet", "id", "name", "code") | {"type": "business_unit", "parent_business_unit": merchant}
    yield record("unit", "id", "name", "alternative_code", business_unit=merchant)
    yield record("tap", "id", "name", "code", business_unit=outlet)
    yield record("classification", "id", "name", "code", "alternative_code")
    yield record("payment_medium_brand", "id", "name", "alternative_code")
    yield record("payment_medium_type", "id", "name", "alternative_code")
    yield record("product", "id", "code", "alternative_code")
    yield record("invoice", "id", "number", "reference_number", "back_office_code")
    yield record("promotion_campaign", "id", "name")
    yield record("reward_scheme", "id", "name")
    conditions = {"business_units": [merchant], "promotion_campaign": campaign, "minimum_total_amount": 1000}
    award = {"method": "FIXED", "value": 1}
    yield record("reward_offer", "id", "name", scheme=scheme, conditions=conditions, award=award)
    everyday = {by: name("reward_offer", by, f"{whose}-everyday") for by in ("id", "name")}
    at_merchant = {"business_units": [merchant]}
    yield record("reward_offer", scheme=scheme, conditions=at_merchant, award=award, **everyday)
    yield record("promo_code", "id", "code", promotion_campaign=campaign)
    off = {by: name("promo_code", by, f"{whose}-off") for by in ("id", "code")}
    yield record("promo_code", promotion_campaign=campaign, life_cycle_state="NOT_EFFECTIVE", **off)
    yield record("contact", "id")
    participant = {by: name("participant", by, whose) for by in ("id", "number")}
    contact = name("contact", "id", whose)
    yield record("account", "id", "number", "name", contact=contact, participant=participant)
    yield record("access_token", "id", "authentication_code", "identifier", account=account, pass_code=PASS_CODE)
    bare = {by: name("access_token", by, f"{whose}-bare") for by in ("id", "identifier")}
    yield record("access_token", account=account, **bare)
    opening = {"account": account, "amount": 100, "performed_on": "2026-01-01T00:00:00"}
    yield record("opening_balance", "id", **opening)
    yield record("partner", "id", "name")
