"""Reading the examples of tests/unit/rewards_table.md, each row worked out by hand, as input of the model.

Its head tells what each word means. Read anew here, as the model shares nothing with what reads it for the engine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.model.dates import DAY, EVER, MONTH, NEVER, WEEK, YEAR, seconds
from tests.model.exact import Json
from tests.model.limits import Use
from tests.model.programme import Programme
from tests.model.purchase import Line, Purchase

PAGE = Path(__file__).parents[1] / "unit/rewards_table.md"
NOON = "2026-01-15T12:00:00"
DAYS = {"MON": 12, "TUE": 13, "WED": 14, "THU": 15, "FRI": 16, "SAT": 17, "SUN": 18}
TYPES = {"COFFEE": "DRINK", "TEA": "DRINK", "CAKE": "FOOD", "PIE": "FOOD", "BOOK": None}
NAMED = {
    "product": tuple(TYPES), "product_type": ("DRINK", "FOOD"), "tap": ("T1", "T2", "T3"),
    "classification": ("C1", "C2", "GOLD", "BLUE"), "payment_medium_brand": ("VISA", "AMEX"),
    "payment_medium_type": ("DEBIT", "CREDIT"), "promotion_campaign": ("SUMMER", "WINTER"),
}  # fmt: skip
CONDITIONS = {
    "on": "products", "kind": "product_types", "at": "business_units", "tap": "taps", "class": "classifications",
    "brand": "payment_medium_brands", "medium": "payment_medium_types", "days": "weekdays",
    "member": "account_classifications",
}  # fmt: skip
SINGLE = {"from": "time_from", "to": "time_to", "campaign": "promotion_campaign"}
NUMBERS = {"min": "minimum_total_amount", "pieces": "minimum_quantity", "every": "every_nth_purchase"}
LIMITS = {"times": "per_account", "sum": "per_account_amount", "per": "period", "budget": "budget"}


@dataclass
class Example:
    """A row: what the model is given, and what the row says about it.

    Attributes:
        name: The heading and the row.
        records: The programme.
        purchase: What is bought.
        balance: What the wallet holds.
        lots: The parts of it that expire, by month.
        bought: How many purchases came before.
        uses: What the account used of limits and promo codes.
        given: What all accounts had of budgets.
        says: The row's cells, by heading.
    """

    name: str
    records: list[Json]
    purchase: Purchase
    balance: Fraction
    lots: dict[int, Fraction]
    bought: int
    uses: list[Use]
    given: dict[str, Fraction]
    says: dict[str, str]

    @property
    def programme(self) -> Programme:
        """The programme."""
        programme = Programme()
        programme.put(self.records)
        return programme


def examples() -> Iterator[Example]:
    """Yield all rows of the page."""
    title = ""
    columns: list[str] = []
    for at, line in enumerate(PAGE.read_text().splitlines(), 1):
        if line.startswith("## "):
            title, columns = line[3:], []
        elif line.startswith("| ") and title:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not columns:
                columns = cells
            else:
                yield _example(f"{at}: {line.strip('| ')}", dict(zip(columns, cells, strict=True)))
        elif not line.startswith("|"):
            columns = []


def _words(text: str) -> tuple[dict[str, str], set[str]]:
    words = text.split()
    return dict(word.split("=", 1) for word in words if "=" in word), {word for word in words if "=" not in word}


def _example(name: str, says: dict[str, str]) -> Example:
    wallet, alone = _words(says.get("Wallet", ""))
    place, places = _words(says.get("Where and when", ""))
    offers = [_offer(text.strip()) for text in says.get("Offers", "").split(";") if text.strip()]
    balance = next((Fraction(word) for word in alone if re.fullmatch(r"[\d.]+", word)), Fraction(0))
    lots = dict(_lot(text) for text in wallet["lots"].split(",")) if "lots" in wallet else {}
    uses = [_use(text) for text in wallet["used"].split(",")] if "used" in wallet else []
    given = dict([wallet["given"].split(":")]) if "given" in wallet else {}
    lots[NEVER] = balance - sum(lots.values(), Fraction(0))
    return Example(
        name,
        [*_world(wallet, alone, place, places), *offers],
        _purchase(says["Bought"], wallet, place, places),
        balance,
        lots,
        int(wallet.get("bought", 0)),
        uses,
        {offer: Fraction(amount) for offer, amount in given.items()},
        says,
    )


def _lot(text: str) -> tuple[int, Fraction]:
    month, amount = text.split(":")
    return int(month[:4]) * 12 + int(month[5:]) - 1, Fraction(amount)


def _use(text: str) -> Use:
    subject, times, amount = text.rsplit(":", 2)
    offer, window = subject.split("@")
    kinds = {0: EVER, 4: YEAR, 7: MONTH, 8: WEEK, 10: DAY}
    return Use(offer.removeprefix("promo_code#"), kinds[len(window)], window, Fraction(amount), int(times))


def _offer(text: str) -> Json:
    name, _, terms = text.rpartition(": ")
    by, alone = _words(terms)
    first = terms.split()[0]
    rest = terms.split()
    offer: Json = {"type": "reward_offer", "id": name or "O1", "name": name or "O1", "scheme": by.get("scheme", "OPEN")}
    award: Json = {"base": "TOTAL" if "total" in alone else "NET"}
    if "%" in first:
        award |= {"method": "PERCENTAGE", "value": first.rstrip("%")}
    elif first.endswith("/piece"):
        award |= {"method": "PER_UNIT", "value": first.split("/")[0]}
    elif "/" in first:
        award |= {"method": "PER_STEP", "value": first.split("/")[0], "step": first.split("/")[1]}
    elif ":" in first:
        tiers = [word.split(":") for word in rest if re.fullmatch(r"[\d.]+:[\d.]+", word)]
        award |= {"method": "TIERED", "tiers": [{"from": low, "value": value} for low, value in tiers]}
    else:
        award |= {"method": "FIXED", "value": first}
    award |= {"currency": "ALTERNATIVE"} if "points" in alone else {}
    award |= {"maximum_per_event": by["max"]} if "max" in by else {}
    award |= {"maximum": "BASE"} if "capped" in alone else {}
    award |= {"rounding": by["round"]} if "round" in by else {}
    award |= {"spend": "INSTANT"} if "instant" in alone else {}
    award |= {"expires_after": by["expires"]} if "expires" in by else {}
    if first != "gift":
        offer["award"] = award
    if first == "gift" or "voucher" in alone:
        offer["voucher_type"] = "GIFT" if first == "gift" else "WORTH"
    conditions: Json = {CONDITIONS[word]: value.split(",") for word, value in by.items() if word in CONDITIONS}
    conditions |= {SINGLE[word]: value for word, value in by.items() if word in SINGLE}
    conditions |= {
        NUMBERS[word]: int(value) if word == "every" else value for word, value in by.items() if word in NUMBERS
    }
    conditions |= {"first_purchase": True} if "first" in alone else {}
    limits = {LIMITS[word]: int(value) if word == "times" else value for word, value in by.items() if word in LIMITS}
    offer |= {"conditions": conditions, "limits": limits, "priority": int(by.get("prio", 0))}
    offer |= {"stacking": "EXCLUSIVE"} if "exclusive" in alone else {}
    offer |= {"life_cycle_state": "NOT_EFFECTIVE"} if "off" in alone else {}
    offer |= {"effective_from": by["since"]} if "since" in by else {}
    return offer | ({"effective_to": by["until"]} if "until" in by else {})


def _purchase(bought: str, wallet: dict[str, str], place: dict[str, str], places: set[str]) -> Purchase:
    lines = []
    for text in bought.split(";"):
        found = re.fullmatch(r"\s*(?:([\d.]+) )?([A-Z]+) ([\d.]+)(?: \(([\d.]+)\))?\s*", text)
        assert found, text
        quantity, product, net, tax = found[1] or "1", found[2], Fraction(found[3]), Fraction(found[4] or "0")
        lines.append(Line(product, TYPES[product], Fraction(quantity), net, tax, net + tax, product))
    moment = NOON
    for word in places:
        if found := re.fullmatch(r"([A-Z]{3})-(\d\d:\d\d)", word):
            moment = f"2026-01-{DAYS[found[1]]}T{found[2]}:00"
        elif re.fullmatch(r"\d{4}-.*", word):
            moment = word
    asked: Any = wallet.get("ask", wallet.get("ask-points"))
    return Purchase(
        account="A", merchant="SHOP", outlet="DESK" if "DESK" in places else None, performed_on=seconds(moment),
        reference="R", lines=tuple(lines), classification=place.get("class"), tap=place.get("tap"),
        brand=place.get("brand"), medium=place.get("medium"), promo_code="CODE" if "code" in place else None,
        no_instant="no-instant" in places, spend=Fraction(asked) if asked else None, in_points="ask-points" in wallet,
    )  # fmt: skip


def _world(wallet: dict[str, str], alone: set[str], place: dict[str, str], places: set[str]) -> list[Json]:
    """Return the programme around a row's offers: places, currencies, settings, the account."""
    rows: list[Json] = [
        {"type": "currency", "id": "EUR", "code": "EUR", "role": "SYSTEM", "exponent": 2},
        {"type": "currency", "id": "PTS", "code": "PTS", "role": "ALTERNATIVE", "exponent": 0},
        {"type": "currency", "id": "CRO", "code": "CRO", "exponent": 2},
        {"type": "reward_scheme", "id": "OPEN", "name": "OPEN"},
        {"type": "reward_scheme", "id": "OFF", "name": "OFF", "life_cycle_state": "NOT_EFFECTIVE"},
        {"type": "reward_scheme", "id": "PAST", "name": "PAST", "effective_to": "2026-01-01T00:00:00"},
        {"type": "reward_scheme", "id": "TODAY", "name": "TODAY", "effective_from": "2026-01-15T00:00:00",
         "effective_to": "2026-01-16T00:00:00"},
        {"type": "reward_scheme", "id": "DESK-ONLY", "name": "DESK-ONLY", "merchants": ["DESK"]},
        {"type": "reward_scheme", "id": "SHOP-ONLY", "name": "SHOP-ONLY", "merchants": ["SHOP"]},
        {"type": "business_unit", "id": "OTHER", "name": "OTHER"},
        {"type": "voucher_type", "id": "GIFT", "name": "GIFT", "value_options": "FIXED", "value": 3},
        {"type": "voucher_type", "id": "WORTH", "name": "WORTH", "value_options": "VARIABLE"},
    ]  # fmt: skip
    rows += [{"type": kind, "id": id_, "code": id_} for kind, ids in NAMED.items() for id_ in ids]
    for unit in ("SHOP", "DESK"):
        row: Json = {"type": "business_unit", "id": unit, "name": unit} | (
            {"parent_business_unit": "SHOP"} if unit == "DESK" else {}
        )
        row |= {"life_cycle_state": "NOT_EFFECTIVE"} if f"{unit}-off" in places else {}
        rows.append(row | ({"time_zone": place[f"{unit}-in"]} if f"{unit}-in" in place else {}))
    rows += _rates("PTS", wallet.get("rate", "100")) + _rates("CRO", wallet.get("crowns", "none"))
    for unit in ("", "SHOP-", "DESK-"):
        settings: Json = {"allow_spending": f"{unit}closed" not in alone}
        for word, field in (("min", "minimum"), ("max", "maximum")):
            if f"{unit}{word}" in wallet:
                settings[f"{field}_spend_amount_per_transaction"] = wallet[f"{unit}{word}"]
        if not unit or len(settings) > 1 or not settings["allow_spending"]:
            named = {"business_unit": unit[:-1]} if unit else {}
            rows.append({"type": "spend_settings", "id": f"S{unit}", **named, **settings})
    automatic: Json = {"enabled": "auto" in alone}
    for word, field in (("max", "maximum_amount"), ("min", "minimum_amount"), ("balance", "minimum_wallet_balance")):
        if f"auto-{word}" in wallet:
            automatic[field] = wallet[f"auto-{word}"]
    automatic["merchants"] = [wallet["auto-at"]] if "auto-at" in wallet else []
    account: Json = {"type": "account", "id": "A", "number": "A", "automatic_spend": automatic}
    account |= {"classification": wallet["member"]} if "member" in wallet else {}
    rows.append(account | ({"currency": "CRO"} if "crowns" in wallet else {}))
    campaign, _, most = place.get("code", "").partition(":")
    if campaign:
        code: Json = {"type": "promo_code", "id": "CODE", "code": "CODE", "promotion_campaign": campaign}
        rows.append(code | ({"maximum_uses_per_account": int(most)} if most else {}))
    return rows


def _rates(currency: str, given: str) -> list[Json]:
    if given == "none":
        return []
    values = given.split(",")
    begins = [None, NOON]
    return [
        {"type": "currency_rate", "id": f"{currency}{at}", "currency": currency, "rate": value}
        | ({"from_date": begins[at]} if begins[at] else {})
        for at, value in enumerate(values)
    ]
