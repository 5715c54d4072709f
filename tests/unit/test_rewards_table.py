"""Every row of rewards_table.md: what a purchase earns and spends, worked out by hand."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loyalty.domain.errors import Refused
from loyalty.domain.ledger.uses import Use, Uses
from loyalty.domain.ledger.wallet import Wallet
from loyalty.domain.pricing.plan import Plan
from loyalty.domain.pricing.pricing import explain, price
from loyalty.domain.pricing.spends import SpendMethod
from loyalty.domain.programme.programme import Programme
from loyalty.domain.purchases.account import Account
from loyalty.domain.purchases.promo_code import PromoCode
from loyalty.domain.purchases.purchase import Line, Purchase
from tests.builders import AT, DESK, POINTS, RATE, SHOP, account, line, offer, programme, purchase

TABLE = Path(__file__).with_name("rewards_table.md")
Row = Mapping[str, str]

KINDS = {"COFFEE": "DRINK", "TEA": "DRINK", "CAKE": "FOOD", "PIE": "FOOD"}
CONDITIONS = {
    "on": "products",
    "kind": "product_types",
    "at": "business_units",
    "tap": "taps",
    "class": "classifications",
    "brand": "payment_medium_brands",
    "medium": "payment_medium_types",
    "days": "weekdays",
    "member": "account_classifications",
}
PLAIN_CONDITIONS = {"from": "time_from", "to": "time_to"}
MINIMUMS = {"min": "minimum_total_amount", "pieces": "minimum_quantity"}
HISTORY: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "campaign": lambda campaign: {"promotion_campaign": campaign},
    "first": lambda _: {"first_purchase": True},
    "every": lambda number: {"every_nth_purchase": int(number)},
}
OFFER_LIMITS = {"times": "per_account", "sum": "per_account_amount", "per": "period", "budget": "budget"}
OFFER_FIELDS = {"since": "effective_from", "until": "effective_to", "scheme": "scheme"}
FLAGS = {
    "total": {"base": "TOTAL"},
    "points": {"currency": "ALTERNATIVE"},
    "instant": {"spend": "INSTANT"},
    "capped": {"maximum": "BASE"},
    "exclusive": {"stacking": "EXCLUSIVE"},
    "off": {"life_cycle_state": "NOT_EFFECTIVE"},
    "voucher": {"voucher_type": "VOUCHER"},
}
VOUCHER = {"type": "voucher_type", "id": "VOUCHER", "name": "Voucher", "value_options": "VARIABLE"}
GIFT = {"type": "voucher_type", "id": "GIFT", "name": "Gift", "value_options": "FIXED", "value": 3}
CROWNS = {"type": "currency", "id": "CRW", "code": "CRW"}
SCHEMES: list[dict[str, Any]] = [
    {"id": "OFF", "life_cycle_state": "NOT_EFFECTIVE"},
    {"id": "PAST", "effective_to": "2026-01-15T12:00:00"},
    {"id": "TODAY", "effective_from": "2026-01-15T00:00:00", "effective_to": "2026-01-16T00:00:00"},
    {"id": "DESK-ONLY", "merchants": ["DESK"]},
    {"id": "SHOP-ONLY", "merchants": ["SHOP"]},
]
WEEK = dict(zip(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"), range(12, 19), strict=True))
"""Days of January 2026."""

AUTOMATIC = {"auto-min": "minimum_amount", "auto-max": "maximum_amount", "auto-balance": "minimum_wallet_balance"}
LIMITS = {"min": "minimum_spend_amount_per_transaction", "max": "maximum_spend_amount_per_transaction"}
WORDS = {
    SpendMethod.INSTANTLY: "instantly",
    SpendMethod.ON_REQUEST: "asked",
    SpendMethod.AUTOMATICALLY: "automatically",
}


def rows() -> Iterator[Any]:
    """Return the rows of all tables that have a column "Bought", by number and section."""
    section, header, number = "", [""], 0
    for text in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in text.strip("|").split("|")] if text.startswith("|") else []
        if text.startswith("## "):
            section, header = text[3:], [""]
        elif "Bought" in cells:
            header = cells
        elif cells and "Bought" in header and not cells[0].startswith("---"):
            number += 1
            yield pytest.param(dict(zip(header, cells, strict=True)), id=f"{number} {section}")


def words(text: str) -> dict[str, str]:
    """`a=1 b` as {"a": "1", "b": ""}."""
    return {name: value for name, _, value in (word.partition("=") for word in text.split())}


def award_of(word: str) -> dict[str, Any]:
    """Return what the first words of an offer say that it gives."""
    if match := re.fullmatch(r"([\d.]+)%", word):
        return {"method": "PERCENTAGE", "value": match[1]}
    if match := re.fullmatch(r"([\d.]+)/piece", word):
        return {"method": "PER_UNIT", "value": match[1]}
    if match := re.fullmatch(r"([\d.]+)/([\d.]+)", word):
        return {"method": "PER_STEP", "value": match[1], "step": Decimal(match[2])}
    if word == "gift":
        return {"voucher_type": "GIFT"}
    return {"method": "FIXED", "value": word}


def offer_of(text: str) -> dict[str, Any]:
    """Return an offer in short form as a record."""
    name, _, rest = text.rpartition(": ")
    tiers = [word for word in rest.split() if re.fullmatch(r"[\d.]+:[\d.]+", word)]
    first, *others = [word for word in rest.split() if word not in tiers] or [""]
    fields: dict[str, Any] = {} if tiers else award_of(first)
    if tiers:
        starts = (tier.split(":") for tier in tiers)
        fields = {
            "method": "TIERED",
            "tiers": [{"from": Decimal(start), "value": Decimal(value)} for start, value in starts],
        }
        others = [first, *others]
    conditions: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    for word, value in words(" ".join(others)).items():
        if word in CONDITIONS:
            conditions[CONDITIONS[word]] = value.split(",")
        elif word in PLAIN_CONDITIONS:
            conditions[PLAIN_CONDITIONS[word]] = value
        elif word in MINIMUMS:
            conditions[MINIMUMS[word]] = Decimal(value)
        elif word in HISTORY:
            conditions |= HISTORY[word](value)
        elif word in OFFER_LIMITS:
            limits[OFFER_LIMITS[word]] = {"times": int, "per": str}.get(word, Decimal)(value)
        else:
            fields |= further(word, value)
    if limits:
        fields["limits"] = limits
    made = offer(name or "O1", conditions=conditions, **fields)
    # A voucher of a fixed value has no award.
    return made if first != "gift" else {key: value for key, value in made.items() if key != "award"}


def further(word: str, value: str) -> dict[str, Any]:
    """Fields of an offer or its award that are no conditions."""
    if word == "max":
        return {"maximum_per_event": Decimal(value)}
    if word == "prio":
        return {"priority": int(value)}
    if word in ("round", "expires"):
        return {{"round": "rounding", "expires": "expires_after"}[word]: value}
    return {OFFER_FIELDS[word]: value} if word in OFFER_FIELDS else dict(FLAGS[word])


def programme_of(row: Row) -> Programme:
    where, wallet = words(row.get("Where and when", "")), words(row.get("Wallet", ""))
    units = []
    for unit in (SHOP, DESK):
        zone, off = where.get(f"{unit['id']}-in"), f"{unit['id']}-off" in where
        units.append(
            unit | ({"time_zone": zone} if zone else {}) | ({"life_cycle_state": "NOT_EFFECTIVE"} if off else {})
        )
    schemes = [{"type": "reward_scheme", "name": scheme["id"], **scheme} for scheme in SCHEMES]
    settings = [settings_of(wallet, place) for place in ("", "SHOP-", "DESK-")]
    rates = [*rates_of("PTS", wallet.get("rate", "100")), *rates_of("CRW", wallet.get("crowns", "none"))]
    offers = [offer_of(text) for text in row.get("Offers", "").split("; ") if text]
    made = [*units, *schemes, *filter(None, settings), POINTS, CROWNS, *rates, VOUCHER, GIFT, *offers]
    return programme(*made)


def settings_of(wallet: Mapping[str, str], place: str) -> dict[str, Any] | None:
    """Return what may be spent at a place, such as `DESK-max=5`; or, without one, where nothing else is said."""
    limits = {LIMITS[name]: Decimal(wallet[place + name]) for name in LIMITS if place + name in wallet}
    if place and not limits and f"{place}closed" not in wallet:
        return None
    unit = {"business_unit": place.rstrip("-")} if place else {}
    allowed = f"{place}closed" not in wallet
    return {"type": "spend_settings", "id": f"{place}SP", "allow_spending": allowed, **unit, **limits}


def rates_of(currency: str, text: str) -> list[dict[str, Any]]:
    """`100`: always; `100,200`: 200 from the noon of January 15th on; `none`: no rate."""
    values = [Decimal(value) for value in text.split(",") if value != "none"]
    starts = [None, "2026-01-15T12:00:00"][: len(values)]
    return [
        RATE | {"id": f"{currency}{start}", "currency": currency, "rate": value, "from_date": start, "to_date": end}
        for value, start, end in zip(values, starts, [*starts[1:], None], strict=False)
    ]


def line_of(text: str) -> Line:
    match = re.fullmatch(r"(?:([\d.]+) )?([A-Z]+) ([\d.]+)(?: \(([\d.]+)\))?", text)
    assert match, text
    quantity, product, net, tax = match.groups()
    return line(net, product=product, kind=KINDS.get(product), quantity=quantity or "1", tax=tax or "0")


def purchase_of(row: Row) -> Purchase:
    where, wallet = words(row.get("Where and when", "")), words(row.get("Wallet", ""))
    at = AT
    for word in where:
        if match := re.fullmatch(r"([A-Z]{3})-(\d\d):(\d\d)", word):
            at = datetime(2026, 1, WEEK[match[1]], int(match[2]), int(match[3]), tzinfo=UTC)
        elif word[0].isdigit():
            at = datetime.fromisoformat(word).replace(tzinfo=UTC)
    return purchase(
        *(line_of(text) for text in row["Bought"].split("; ")),
        at=at,
        spend=wallet.get("ask"),
        points=wallet.get("ask-points"),
        outlet="DESK" if "DESK" in where else None,
        classification=where.get("class"),
        tap_id=where.get("tap"),
        payment_medium_brand_id=where.get("brand"),
        payment_medium_type_id=where.get("medium"),
        disable_instant_spend="no-instant" in where,
        promo_code=promo_code_of(where),
    )


def promo_code_of(where: Mapping[str, str]) -> PromoCode | None:
    if "code" not in where:
        return None
    campaign, _, uses = where["code"].partition(":")
    return PromoCode("CODE", "CODE", campaign, maximum_uses_per_account=int(uses) if uses else None)


def customer_of(row: Row) -> tuple[Account, Wallet]:
    wallet = words(row.get("Wallet", ""))
    automatic: dict[str, Any] = {AUTOMATIC[name]: Decimal(value) for name, value in wallet.items() if name in AUTOMATIC}
    automatic |= {"enabled": True} if "auto" in wallet else {}
    automatic |= {"merchants": wallet["auto-at"].split(",")} if "auto-at" in wallet else {}
    balance = next((Decimal(word) for word in wallet if re.fullmatch(r"[\d.]+", word)), Decimal(0))
    currency = "CRW" if "crowns" in wallet else None
    owner = account(currency, classification=wallet.get("member"), automatic_spend=automatic)
    lots = dict(lot.split(":") for lot in wallet["lots"].split(",")) if "lots" in wallet else {}
    purchases = int(wallet.get("bought", "0"))
    amounts = {month: Decimal(amount) for month, amount in lots.items()}
    return owner, Wallet("A1", 1, balance, amounts, purchases, uses_of(wallet))


def uses_of(wallet: Mapping[str, str]) -> Uses:
    """`used=O1@2026-01-15:1:2.00`: the offer O1, on that day, once, for 2.00."""
    uses = []
    for text in wallet["used"].split(",") if "used" in wallet else ():
        subject, _, rest = text.partition("@")
        window, count, amount = rest.split(":")
        uses.append(Use(subject, window, int(count), Decimal(amount)))
    return Uses().plus(uses)


def given_of(row: Row) -> dict[str, Decimal]:
    """`given=O1:8`: all accounts together have got 8 from the offer O1."""
    given = words(row.get("Wallet", "")).get("given")
    offer_id, _, amount = (given or "O1:0").partition(":")
    return {offer_id: Decimal(amount)}


def told(row: Row, plan: Plan, why: Mapping[str, str]) -> dict[str, str]:
    """Return the plan in the words of the row's columns."""
    alone = "; " not in row.get("Offers", "")
    listed = [f"{award.offer_id} {award.amounts.system}" for award in plan.awards]
    points = plan.movement.alternative_awarded
    answers = {
        "Awarded": "; ".join(sorted(listed)).removeprefix("O1 ") or "-",
        "Vouchers": "; ".join(f"{award.offer_id} {award.amounts.system}" for award in plan.vouchers) or "-",
        "Lots": "; ".join(f"{month} {amount:+}" for month, amount in sorted(plan.movement.lots.items())) or "-",
        "Points": str(points) if points else "-",
        "Wallet gets": str(plan.movement.awarded),
        "Wallet gives": str(plan.movement.spent),
        "Spent": "; ".join(f"{WORDS[spend.method]} {spend.amounts.system}" for spend in plan.spends) or "-",
        "Still to be had": str(plan.available),
        "Why not": "; ".join(failed if alone else f"{name} {failed}" for name, failed in sorted(why.items())),
    }
    return {column: answer for column, answer in answers.items() if column in row}


@pytest.mark.parametrize("row", list(rows()))
def test_a_purchase_earns_and_spends_as_the_table_says(row: Row) -> None:
    known, what, (owner, wallet) = programme_of(row), purchase_of(row), customer_of(row)
    if row.get("Spent", "").startswith("refused "):
        with pytest.raises(Refused) as refused:
            price(what, owner, wallet, known, given_of(row))
        assert f"refused {refused.value.problems[0].code.name}" == row["Spent"]
        return

    plan = price(what, owner, wallet, known, given_of(row))
    verdicts = explain(what, owner, wallet, known, given_of(row))
    why = {verdict.offer_id: verdict.failed for verdict in verdicts if verdict.failed}

    assert told(row, plan, why) == {column: text for column, text in row.items() if column in told(row, plan, why)}
