"""The classic API: purchases under every kind of identity, one by one and in bulk, shown, cancelled and previewed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loyalty.domain.errors import Code
from tests.simulation.operations import baskets
from tests.simulation.operations.caller import Caller, operation
from tests.simulation.operations.load import Body, Password, SentFile
from tests.simulation.operations.reference import imported
from tests.simulation.world import Answer
from tests.tables import scenario

PURCHASES = "/customer_events/purchases"
BULK = "/customer_events/bulk/purchases/create"
POSTINGS = (f"{PURCHASES}/create", f"{PURCHASES}/create_spend", BULK)
ISSUE = "/access_tokens/one_time_passwords/issue"
ENTRIES_MAX = 100
CODES_MAX = 5
"""Pass codes in a bulk call: where storage fails for one of them, a call that is answered later is sent again whole."""
REPEATS = "SHOPS"
"""The partner whose equal calls without an identity are one, sent again."""


@operation(22)
def classic_create(caller: Caller) -> int:
    """Post a purchase of the classic API."""
    name = caller.load.name()
    body, headers = _identified(caller, _purchase(caller, name), name)
    _post(caller, f"{PURCHASES}/create", body, headers)
    if caller.happens(0.25) or (caller.partner == REPEATS and caller.happens(0.5)):
        _post(caller, f"{PURCHASES}/create", body, headers)
        return 2
    return 1


@operation(8)
def classic_create_spend(caller: Caller) -> int:
    """Post a purchase with a spend request beside it, known by a key, an external reference or nothing; at times
    twice."""
    name = caller.load.name()
    spend = {"spend_amount": Decimal(caller.chance.choice(("0.5", "3", "90")))}
    call = scenario.created_spend(name, caller.now(), spend, key=None)
    body = {**call.body, "accounts_receivable_identifier": baskets.account(caller)}
    headers = {} if caller.happens(0.3) else {"Idempotency-Key": f"KEY-{name}"}
    is_external = caller.happens(0.4)
    if is_external:
        external, headers = {"external_system_reference_number": f"X-{name}"}, {}
        body["purchase_customer_event"] = {**body["purchase_customer_event"], **external}
        if caller.happens(0.5):
            body["external_system"] = "ERP"
    _post(caller, f"{PURCHASES}/create_spend", body, headers)
    if is_external or caller.happens(0.25):
        _post(caller, f"{PURCHASES}/create_spend", body, headers)
        return 2
    return 1


@operation(8)
def classic_send_again(caller: Caller) -> int:
    """Send a call of the classic API that was sent before, maybe long ago; at times with other goods."""
    lately = caller.load.told[-400:] if caller.happens(0.6) else caller.load.told
    sent = [told for told in lately if told.path in POSTINGS and told.partner]
    if not sent:
        return classic_create(caller)
    told = caller.chance.choice(sent)
    caller.partner = told.partner
    headers = {name: value for name, value in told.headers.items() if name not in ("Authorization", "Prefer")}
    body = told.body
    if told.path == f"{PURCHASES}/create" and caller.happens(0.3):
        body = {**body, "products_set": [scenario.item("CAKE", "66.06")]}
    _post(caller, told.path, body, headers)
    return 1


@operation(5)
def classic_preview(caller: Caller) -> int:
    """Ask what a purchase of the classic API would do."""
    body = _purchase(caller, caller.load.name())
    caller.send_classic(f"{PURCHASES}/preview", {**body, "disable_instant_spend": caller.happens(0.3)})
    return 1


@operation(6)
def classic_show(caller: Caller) -> int:
    """Look at a purchase of either API, by id, number or reference number."""
    caller.send_classic(f"{PURCHASES}/show", {"customer_event_identifier": _event(caller)})
    return 1


@operation(6)
def classic_cancel(caller: Caller) -> int:
    """Cancel a purchase of either API, by id, number or reference number."""
    caller.send_classic(f"{PURCHASES}/cancel", {"customer_event_identifier": _event(caller)})
    return 1


@operation(7)
def classic_bulk(caller: Caller) -> int:
    """Post many purchases in one call, and send it again where storage was too busy for some."""
    entries, headers = _bulk(caller)
    body = {"purchase_customer_events_set": entries}
    answer = _post(caller, BULK, body, headers)
    if headers and _is_put_off(answer):
        _post(caller, BULK, body, headers)
    return len(entries)


@operation(3)
def classic_bulk_as_a_file(caller: Caller) -> int:
    """Have a bulk call posted as a file."""
    entries, headers = _bulk(caller)
    caller.partner = "OFFICE"
    body, began = {"purchase_customer_events_set": entries}, caller.world.time()
    answer = caller.send_classic(BULK, body, {**headers, "Prefer": "respond-async"})
    if answer.status == 202:
        upload = answer.headers["Location"].rpartition("/")[2]
        caller.load.files.append(SentFile("", began, tuple(entries), upload, caller.partner))
    return len(entries)


@operation(5)
def pay_by_card(caller: Caller) -> int:
    """Post a purchase with a card, and its pass code or another one."""
    return _shown(caller, _card(caller, caller.wallet(), wrong=0.4))


@operation(2)
def guess_a_pass_code(caller: Caller) -> int:
    """Guess a card's pass code until that is locked, and then show the right one."""
    wallet = caller.wallet()
    for code in (*[baskets.WRONG_PASS_CODE] * 5, baskets.PASS_CODE):
        _shown(caller, baskets.card(wallet, code))
    return 6


@operation(5)
def issue_one_time_password(caller: Caller) -> int:
    """Have a one-time password issued."""
    wallet = caller.wallet()
    shown: Body = {"authentication_code": f"CIM-{wallet}"}
    if caller.happens(0.3):
        shown = baskets.card(wallet, baskets.PASS_CODE)["access_token_identifier"]
    answer = caller.send_classic(ISSUE, {"access_token_identifier": shown})
    if answer.status == 200:
        text = answer.body["data"]["one_time_password"]
        caller.load.passwords.append(Password(text, wallet, caller.partner))
    return 1


@operation(3)
def use_a_password_of_a_changed_card(caller: Caller) -> int:
    """Have a one-time password issued, block its card or let another customer have it, show the password, and put the
    card right."""
    wallet, other = caller.wallet(), caller.wallet()
    card = caller.load.records.get(("access_token", f"T-{wallet}"))
    if card is None:
        return 1
    answer = caller.send_classic(ISSUE, {"access_token_identifier": {"authentication_code": f"CIM-{wallet}"}})
    if answer.status != 200:
        return 1
    password = Password(answer.body["data"]["one_time_password"], wallet, caller.partner)
    caller.load.passwords.append(password)
    changed = {"account": f"A-{other}"} if caller.happens(0.5) else {"life_cycle_state": "NOT_EFFECTIVE"}
    imported(caller, [{**card, **changed}])
    _shown(caller, {"access_token_identifier": {"one_time_password": password.text}})
    imported(caller, [{**card, "life_cycle_state": "EFFECTIVE"}])
    return 4


@operation(6)
def use_one_time_password(caller: Caller) -> int:
    """Post a purchase with a one-time password: one's own or another partner's, which may be used or too old."""
    if not caller.load.passwords:
        return issue_one_time_password(caller)
    password = caller.chance.choice(caller.load.passwords[-3:])
    if caller.happens(0.8):
        caller.partner = password.partner
    return _shown(caller, {"access_token_identifier": {"one_time_password": password.text}})


def _card(caller: Caller, wallet: str, *, wrong: float) -> Body:
    """Return a card, which not everybody has, with its pass code, or another one in such a share of cases."""
    return baskets.card(wallet, baskets.WRONG_PASS_CODE if caller.happens(wrong) else baskets.PASS_CODE)


def _shown(caller: Caller, shown: Body) -> int:
    """Post a purchase of a customer who shows something."""
    name = caller.load.name()
    body = {**_purchase(caller, name), "accounts_receivable_identifier": shown}
    _post(caller, f"{PURCHASES}/create", body, {"Idempotency-Key": f"KEY-{name}"})
    return 1


def _purchase(caller: Caller, name: str) -> Body:
    """Return a purchase of the classic API; its reference number may be another one's."""
    fields: Body = {"performed_by_unit_identifier": {"name": caller.chance.choice(baskets.UNITS)}}
    if caller.happens(0.1):
        fields["promo_code"] = caller.chance.choice(baskets.PROMO_CODES)
    if caller.happens(0.05):
        fields["products_set"] = [scenario.item("NONESUCH", "4")]
    reference = f"{int(name) // 3} and others" if caller.happens(0.2) else name
    body: Body = scenario.classic(reference, caller.now(), baskets.account(caller), **fields).body
    return body


def _identified(caller: Caller, body: Body, name: str) -> tuple[Body, Mapping[str, str]]:
    """Return a purchase with what tells its repetition: a key, an external reference, both or nothing."""
    external = {"external_system_reference_number": f"X-{name}"}
    system = {"external_system": "ERP", **external}
    key = {"Idempotency-Key": f"KEY-{name}"}
    if caller.partner == REPEATS and caller.happens(0.5):
        return body, {}
    fields, headers = caller.chance.choice((({}, key), (system, {}), (external, {}), (system, key), ({}, {})))
    return {**body, **fields}, headers


def _bulk(caller: Caller) -> tuple[list[Body], Mapping[str, str]]:
    """Return the entries of a bulk call, all of one wallet at times, and its key, without which some entries have an
    identity of their own."""
    name, count = caller.load.name(), min(caller.count(), ENTRIES_MAX)
    one = caller.wallet() if caller.happens(0.5) else ""  # whose entries have an order to keep
    entries = [_entry(caller, f"{name}-{place}") for place in range(count)]
    for place, entry in enumerate(entries):
        if one:
            entry["accounts_receivable_identifier"] = baskets.account(caller, one)
        if place < CODES_MAX and caller.happens(0.4):
            entry["accounts_receivable_identifier"] = _card(caller, one or caller.wallet(), wrong=0.2)
    return entries, {} if caller.happens(0.25) else {"Idempotency-Key": f"KEY-{name}"}


def _entry(caller: Caller, name: str) -> Body:
    fields: Body = {}
    if caller.happens(0.2):
        fields = {"external_system": "ERP", "external_system_reference_number": f"X-{name}"}
    if caller.happens(0.1):
        fields["products_set"] = [scenario.item("NONESUCH", "4")]
    if caller.happens(0.1):
        fields["spend_request"] = {"spend_amount": Decimal("1.25")}
    return baskets.entry(caller, name, f"BULK-{name}", **fields)


def _is_put_off(answer: Answer) -> bool:
    """Tell whether some entries of a bulk call are to be sent again."""
    told = answer.body["data"]["unprocessed_customer_events_set"] if answer.status == 200 else ()
    return any(one["error_code"] == Code.RETRY_LATER for one in told)


def _post(caller: Caller, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    """Send a call, and keep what it has posted."""
    answer = caller.send_classic(path, body, headers)
    if answer.status == 200:
        data = answer.body["data"]
        for posted in data.get("processed_customer_events_set", [data.get("purchase_customer_event", data)]):
            caller.load.events.append((caller.partner, posted))
    return answer


def _event(caller: Caller) -> Body:
    """Return how the classic API names a purchase."""
    if not caller.load.events or (caller.load.bought and caller.happens(0.2)):
        return {"id": caller.chance.choice(caller.load.bought)[0]} if caller.load.bought else {"number": "1"}
    partner, posted = caller.chance.choice(caller.load.events[-40:])
    if caller.happens(0.8):
        caller.partner = partner
    name = caller.chance.choice([name for name in ("id", "number", "reference_number") if posted.get(name)])
    return {name: posted[name]}
