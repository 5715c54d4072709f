"""Records that are imported while purchases are under way: customers, cards, accounts, offers, limits, rates, codes and
names."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from loyalty import exactjson
from loyalty.usecases.reference.import_records import import_records
from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import Body, Told
from tests.simulation.operations.purchases import create
from tests.tables import scenario

FILES = (Path(__file__).parents[2] / "tables" / "programme.jsonl", Path(__file__).parents[1] / "programme.jsonl")
"""The programme that a run begins with, in the order of its import."""

UNIT = "performed_by_unit_identifier"
RENAMED_AFTER = 61.0
"""Seconds after which every process knows of a name."""
TILLS = 3
BLOCKED_FOR = (2.0, 10.0)
"""Seconds."""


def programme() -> list[Body]:
    """Return its records."""
    return [exactjson.loads(line) for file in FILES for line in file.read_text().splitlines()]


def customer(name: str, chance: Random) -> list[Body]:
    """Return the records of a customer: some have a balance, a card with a pass code, another currency, or pay
    automatically."""
    account: Body = {"type": "account", "id": f"A-{name}", "number": f"N-{name}", "contact": f"C-{name}"}
    if chance.random() < 0.15:
        account["currency"] = "USD"
    if chance.random() < 0.2:
        account["automatic_spend"] = {"enabled": True, "maximum_amount": 4, "minimum_wallet_balance": 10}
    if chance.random() < 0.1:
        account["classification"] = "STAFF"
    token: Body = {"type": "access_token", "id": f"T-{name}", "account": f"A-{name}"}
    token["authentication_code"] = f"CIM-{name}"
    if chance.random() < 0.7:
        token |= {"identifier": f"CARD-{name}", "pass_code": baskets.PASS_CODE}
    records = [{"type": "contact", "id": f"C-{name}"}, account, token]
    if chance.random() < 0.6:
        records.append(_opening_balance(name, f"O-{name}", chance.randint(1, 60)))
    return records


@operation(2)
def import_customer(caller: Caller) -> int:
    """Import somebody new, who buys at once."""
    name = f"W{caller.load.name()}"
    records = customer(name, caller.chance)
    _imported(caller, records, is_sound=True)
    caller.load.wallets.append(name)
    return len(records)


@operation(3)
def import_opening_balance(caller: Caller) -> int:
    """Import another balance of a wallet."""
    opening = _opening_balance(caller.wallet(), f"O-{caller.load.name()}", caller.chance.randint(1, 30))
    _imported(caller, [opening])
    return 1


@operation(4)
def block_or_open(caller: Caller) -> int:
    """Block an account or a card, or open it again, by that field alone."""
    wallet = caller.wallet()
    kind, states = caller.chance.choice(
        (("account", ("ACTIVE", "ACTIVE", "SUSPENDED")), ("access_token", ("EFFECTIVE", "EFFECTIVE", "NOT_EFFECTIVE")))
    )
    record = {"type": kind, "id": f"{kind[0].upper()}-{wallet}", "life_cycle_state": caller.chance.choice(states)}
    if kind == "access_token":
        record["id"] = f"T-{wallet}"
    _dropped(caller, [record], csv=True)
    return 1


@operation(3)
def change_a_card_at_once(caller: Caller) -> int:
    """Block a card or an account, and have somebody else say another thing of it at the same moment; open it soon
    after."""
    wallet = caller.wallet()
    kind, states, other = caller.chance.choice(
        (
            ("account", ("SUSPENDED", "ACTIVE"), {"classification": "STAFF"}),
            ("access_token", ("NOT_EFFECTIVE", "EFFECTIVE"), {"classification": "CARDS"}),
        )
    )
    name = {"type": kind, "id": f"{'A' if kind == 'account' else 'T'}-{wallet}"}
    record = caller.load.records.get((kind, name["id"]))
    if record is None:
        return 1
    said: Body = {"name": f"Name {caller.load.name()}"} if kind == "account" and caller.happens(0.5) else other
    blocked, opened = states
    caller.later(0.0, lambda beside: imported(beside, [{**record, **said}]))
    imported(caller, [{**record, "life_cycle_state": blocked}])
    caller.world.scheduler.sleep(caller.chance.uniform(*BLOCKED_FOR))
    _dropped(caller, [{**name, "life_cycle_state": opened}], csv=True)
    return 3


@operation(3)
def use_up_at_once(caller: Caller) -> int:
    """Let there be a promo code for one purchase, or a little more of a budget, and have several tills want it at the
    same moment, each for another customer."""
    caller.partner, bodies = "POS", list[Body]()
    for wallet in caller.load.wallets[:TILLS]:
        body = baskets.purchase(caller, caller.load.name(), cim=f"CIM-{wallet}", merchant_tap={"code": "KI"})
        body = {field: value for field, value in body.items() if field not in ("promo_code", "outlet_tap")}
        bodies.append({**body, "products": [scenario.line("TEA", "60")]})
    if caller.happens(0.5):
        code = f"CODE-{caller.load.name()}"
        imported(caller, [{**caller.load.records["promo_code", "PC-FEW"], "id": code, "code": code, "maximum_uses": 1}])
        bodies = [{**body, "promo_code": code} for body in bodies]
    else:
        offers = [row for row in caller.load.sent if (row["type"], row["id"]) == ("reward_offer", "LITTLE")]
        most = max(row["limits"]["budget"] for row in offers) + 5
        more = [{**offers[-1], "limits": {"budget": most}}]
        caller.load.know(more)
        imported(caller, more)
        caller.world.scheduler.sleep(RENAMED_AFTER)
    for body in bodies[1:]:
        caller.later(0.0, partial(_buy, body=body))
    _buy(caller, bodies[0])
    return 1 + len(bodies)


def _buy(caller: Caller, body: Body) -> None:
    caller.send("POST", "/purchases", body)


@operation(2)
def rename_for_a_while(caller: Caller) -> int:
    """Give a shop another code or its staff another name, send again what was sent under the name before, and give the
    name back."""
    kind, record_id, field = caller.chance.choice((("business_unit", "STRICT", "code"), ("unit", "U-STRICT", "name")))
    record = caller.load.records[kind, record_id]
    if record[field] not in ("ST", "Shoes"):
        return 1  # somebody else is at it
    other = {**record, field: f"Other {caller.load.name()}"}
    caller.load.know([other])
    imported(caller, [other])
    sent = [told for told in caller.load.told if told.answer.status == 200 and _names(told, record[field])][-3:]
    caller.world.scheduler.sleep(caller.chance.choice((0.0, RENAMED_AFTER)))
    for told in sent:
        caller.partner = told.partner
        if told.path == "/purchases":
            caller.send("POST", told.path, told.body)
        else:
            key = {name: value for name, value in told.headers.items() if name == "Idempotency-Key"}
            caller.send_classic(told.path, told.body, key)
    caller.load.know([record])
    imported(caller, [record])
    return 2 + len(sent)


def _names(told: Told, name: str) -> bool:
    """Return whether a call posted one purchase of whoever has a name."""
    if told.path != "/purchases" and not told.path.endswith("purchases/create"):
        return False
    body = told.body if "bulk" not in told.path else {}
    shown = (body.get("merchant_tap") or {}).get("code"), (body.get(UNIT) or {}).get("name")
    return name in shown


@operation(4)
def change_programme(caller: Caller) -> int:
    """Import another offer, limit, rate, name or code in the place of one before."""
    records = caller.chance.choice(CHANGES)(caller)
    caller.load.know(records)
    _imported(caller, records)
    return len(records)


@operation(4)
def create_while_a_code_changes_hands(caller: Caller) -> int:
    """Have two merchants swap their codes, and post a purchase under one of them from two tills at the same moment,
    within a minute: the container that has just posted another one may not know of it yet, and one that starts does."""
    swapped = _swapped(caller, "business_unit", "ROAM-A", "ROAM-B")
    at = {"merchant_tap": {"code": caller.chance.choice(("RA", "RB"))}, "outlet_tap": None}
    body = baskets.purchase(caller, caller.load.name(), **at)
    create(caller, baskets.purchase(caller, caller.load.name()))
    seconds = caller.chance.uniform(1.0, 55.0)
    for _ in range(2):
        caller.later(seconds, lambda other: create(other, body))
    caller.load.know(swapped)
    _imported(caller, swapped)
    return len(swapped) + 3


@operation(2)
def import_faulty_records(caller: Caller) -> int:
    """Drop a file of records with some that are refused."""
    name = caller.load.name()
    records: list[Body] = [
        {"type": "contact", "id": f"C-{name}"},
        {"type": "account", "id": f"A-{name}", "number": f"N-{name}", "contact": "C-NOBODY"},
        {"type": "currency_rate", "id": f"R-{name}", "currency": "USD", "rate": -1},
        {"type": "product", "id": f"P-{name}", "code": "TEA"},
    ]
    _dropped(caller, records)
    return len(records)


def _now_worth(caller: Caller, offer: str) -> list[Body]:
    record = caller.load.records["reward_offer", offer]
    award = {**record["award"], "value": caller.chance.choice((1, 2, 5, 10))}
    return [{**record, "award": award}]


def _limited(caller: Caller, offer: str, **limits: tuple[Any, ...]) -> list[Body]:
    record = caller.load.records["reward_offer", offer]
    changed = {name: caller.chance.choice(values) for name, values in limits.items()}
    return [{**record, "limits": {**record["limits"], **changed}}]


def _on_or_off(caller: Caller) -> list[Body]:
    record = caller.load.records["reward_offer", "TWO-A-MONTH"]
    return [{**record, "life_cycle_state": caller.chance.choice(("EFFECTIVE", "NOT_EFFECTIVE"))}]


def _new_rate(caller: Caller) -> list[Body]:
    currency, rates = caller.chance.choice((("USD", (1.1, 1.25, 1.4)), ("PTS", (90, 100, 120))))
    since = f"{caller.now():%Y-%m-%dT%H:%M:%S}"
    name, rate = f"{currency}-{caller.load.name()}", caller.chance.choice(rates)
    return [{"type": "currency_rate", "id": name, "currency": currency, "rate": rate, "from_date": since}]


def _swapped(caller: Caller, kind: str, one: str, other: str) -> list[Body]:
    """Return two records, each with the code of the other."""
    first, second = caller.load.records[kind, one], caller.load.records[kind, other]
    return [{**first, "code": second["code"]}, {**second, "code": first["code"]}]


def _renamed(caller: Caller, kind: str, record_id: str) -> list[Body]:
    return [{**caller.load.records[kind, record_id], "name": f"Name {caller.load.name()}"}]


def _promo_code(caller: Caller) -> list[Body]:
    record = caller.load.records["promo_code", "PC-FEW"]
    return [{**record, "maximum_uses": caller.chance.choice((2, 4, 8, 12))}]


CHANGES: tuple[Callable[[Caller], list[Body]], ...] = (
    lambda caller: _now_worth(caller, caller.chance.choice(("LASTING", "BRIEF", "FIRST", "ALONE"))),
    lambda caller: _limited(caller, "TWO-A-DAY", per_account=(1, 2, 3), period=("P1D", "P1W", "P1M")),
    lambda caller: _limited(caller, "FOUR-A-WEEK", per_account_amount=(2, 4, 7)),
    lambda caller: _limited(caller, "LITTLE", budget=(12, 16, 24)),
    _on_or_off,
    _new_rate,
    lambda caller: _swapped(caller, "business_unit", "ROAM-A", "ROAM-B"),
    lambda caller: _swapped(caller, "product", "P-TEA", "P-CAKE"),
    lambda caller: _renamed(caller, "reward_scheme", "SALES"),
    lambda caller: _renamed(caller, "business_unit", "CAFE"),
    _promo_code,
)


def _opening_balance(wallet: str, record_id: str, amount: int) -> Body:
    opening = {"account": f"A-{wallet}", "amount": amount, "performed_on": "2026-01-01T00:00:00"}
    return {"type": "opening_balance", "id": record_id, **opening}


def _imported(caller: Caller, records: list[Body], *, is_sound: bool = False) -> None:
    """Have records imported, as an operator does or by dropping a file."""
    if caller.happens(0.5):
        _dropped(caller, records, is_sound=is_sound)
    else:
        imported(caller, records)


def imported(caller: Caller, records: list[Body]) -> None:
    """Have records imported by an operator, and wait until they are."""
    lines = list(_lines(records))
    caller.operate(
        "import",
        records,
        lambda: import_records(lines, table=caller.world.table, now=caller.world.time()),
    )


def _dropped(caller: Caller, records: list[Body], *, csv: bool = False, **told: Any) -> None:
    kind = "csv" if csv else caller.chance.choice(("jsonl", "jsonl", "json"))
    match kind:
        case "csv":
            rows = [",".join(records[0]), *(",".join(map(str, record.values())) for record in records)]
            data = "".join(f"{row}\n" for row in rows).encode()
        case "json":
            data = exactjson.dumps(records).encode()
        case _:
            data = b"".join(line + b"\n" for line in _lines(records))
    caller.drop(f"reference/{caller.load.name()}.{kind}", data, rows=tuple(records), **told)


def _lines(records: Iterable[Body]) -> Iterable[bytes]:
    return (exactjson.dumps(record).encode() for record in records)
