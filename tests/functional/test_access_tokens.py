"""What a customer shows: access tokens by their code, by identifier and pass code, and by one-time password."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty.api.classic.reading import read_purchase
from loyalty.domain.access.pass_codes import hash_pass_code
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.purchases.purchase import Reference
from loyalty.store import keys
from loyalty.store.customer_tokens import resolve_passwords
from loyalty.store.customers import customer_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.ledger import read_event
from loyalty.store.writes import Delete
from loyalty.usecases.access import customer_tokens
from loyalty.usecases.access.customer_tokens import ShownTokens, issue_one_time_password
from loyalty.usecases.engine import Engine
from loyalty.usecases.ledger.post_events import PostedEvent
from loyalty.usecases.purchases.post_purchase import post_purchases
from tests.cards import (
    ACCOUNT_NUMBER,
    AMERICAN_EXPRESS,
    BY_CODE,
    BY_PASS_CODE,
    CARD,
    CODE,
    IDENTIFIER,
    PASS_CODE,
    bring,
)
from tests.customers import EVERYTHING
from tests.functional.conftest import NOW, Answer, Functions, example

Body = dict[str, Any]
WRONG = {"identifier": IDENTIFIER, "pass_code": "1357"}
SHOWN = Reference("token.authentication_code", CODE, "/access_token_identifier/authentication_code")


@pytest.fixture(autouse=True)
def _card(demo: DynamoTable) -> None:
    bring(demo)


@pytest.fixture
def token(functions: Functions) -> str:
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context={})
    found: str = issued.body["data"]["token"]
    return found


def purchase(token: str, **fields: Any) -> Body:
    """Return the vendor's first example, with some fields changed; None leaves a field out."""
    body = {**example("create_1.request"), "token": token, **fields}
    return {name: value for name, value in body.items() if value is not None}


def shown(token: str, identifier: Body, **fields: Any) -> Body:
    """Return a purchase of whoever shows this."""
    return purchase(token, accounts_receivable_identifier={"access_token_identifier": identifier}, **fields)


def post(functions: Functions, body: Body) -> Answer:
    return functions.call("classic_create_purchase", body, context={})


def preview(functions: Functions, body: Body) -> Answer:
    return functions.call("classic_preview_purchase", body, context={})


def issue(functions: Functions, token: str, identifier: Body) -> Answer:
    body = {"token": token, "access_token_identifier": identifier}
    return functions.call("issue_one_time_password", body, context={})


def described(answer: Answer) -> str:
    description: str = answer.body["status"]["description"]
    return description


@pytest.mark.parametrize("named_as", ["accounts_receivable_identifier", "rewards_participant_identifier"])
@pytest.mark.parametrize("identifier", [BY_CODE, BY_PASS_CODE], ids=["code", "pass code"])
def test_an_access_token_names_a_customer_as_account_or_as_participant(
    functions: Functions, token: str, named_as: str, identifier: Body
) -> None:
    body = purchase(token, accounts_receivable_identifier=None) | {named_as: {"access_token_identifier": identifier}}
    data = post(functions, body).body["data"]

    assert data["accounts_receivable"]["number"] == ACCOUNT_NUMBER
    assert preview(functions, body).status == 200


@pytest.mark.parametrize(
    ("identifier", "code", "place"),
    [
        ({}, "Mandatory", "/authentication_code"),
        ({"authentication_code": CODE, "identifier": IDENTIFIER, "pass_code": "1"}, "Mutually", "/identifier"),
        ({"authentication_code": CODE, "one_time_password": 123456789012}, "Mutually", "/one_time_password"),
        ({"identifier": IDENTIFIER}, "Mandatory", "/pass_code"),
        ({"authentication_code": CODE, "pass_code": PASS_CODE}, "Invalid", "/pass_code"),
        ({"pass_code": PASS_CODE}, "Mandatory", "/authentication_code"),
        ({"identifier": IDENTIFIER, "pass_code": 2468}, "Invalid", "/pass_code"),
        ({"identifier": IDENTIFIER, "pass_code": "\ud800"}, "Invalid", "/pass_code"),
        ({"one_time_password": 12345678901}, "Invalid", "/one_time_password"),
        ({"one_time_password": "012345678901"}, "Invalid", "/one_time_password"),
        ({"one_time_password": "١٢٣٤٥٦٧٨٩٠١٢"}, "Invalid", "/one_time_password"),
        ({"one_time_password": True}, "Invalid", "/one_time_password"),
        ({"one_time_password": 123456789012.5}, "Invalid", "/one_time_password"),
    ],
    ids=str,
)
def test_what_is_no_way_of_showing_a_token_is_refused_by_name_and_nothing_is_hashed(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch, identifier: Body, code: str, place: str
) -> None:
    monkeypatch.setattr(customer_tokens, "is_pass_code", None)
    answer = post(functions, shown(token, identifier))

    assert answer.status == 400
    assert answer.body["status"]["code"].startswith(code)
    assert f"/accounts_receivable_identifier/access_token_identifier{place}: " in described(answer)


def test_only_effective_tokens_identify(functions: Functions, demo: DynamoTable, token: str) -> None:
    bring(demo, CARD | {"life_cycle_state": "NOT_EFFECTIVE"})

    for identifier in (BY_CODE, BY_PASS_CODE):
        assert post(functions, shown(token, identifier)).status == 404
        assert issue(functions, token, identifier).status == 404


def test_a_wrong_pass_code_and_an_unknown_identifier_are_told_alike(functions: Functions, token: str) -> None:
    wrong = post(functions, shown(token, WRONG))
    unknown = post(functions, shown(token, {"identifier": "NOBODY", "pass_code": "1357"}))

    assert wrong.status == unknown.status == 404
    assert described(wrong) == described(unknown).replace("NOBODY", IDENTIFIER)
    assert "1357" not in described(wrong)


def test_a_token_without_a_pass_code_is_not_to_be_had_by_its_identifier(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    bring(demo, {"type": "access_token", "id": "T-2", "account": ACCOUNT_NUMBER, "identifier": "OPEN"})

    assert post(functions, shown(token, {"identifier": "OPEN", "pass_code": "1234"})).status == 404


@pytest.fixture
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls arrive in one moment, lest a window of time ends between them."""
    now = datetime.now(UTC)
    monkeypatch.setattr("loyalty.api.http.http_handler.datetime", SimpleNamespace(now=lambda _: now))


@pytest.mark.usefixtures("_still")
def test_a_pass_code_is_locked_after_five_wrong_ones_until_a_new_one_is_set(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    tries = [answer(functions, shown(token, WRONG)).status for answer in (post, preview, post, preview, post)]
    locked = post(functions, shown(token, BY_PASS_CODE))

    assert tries == [404] * 5
    assert locked.status == 403
    assert "locked" in described(locked)
    assert issue(functions, token, BY_PASS_CODE).status == 403
    assert post(functions, shown(token, BY_CODE)).status == 200

    bring(demo, CARD | {"pass_code": "8642"})
    assert post(functions, shown(token, BY_PASS_CODE | {"pass_code": "8642"})).status == 200


def test_the_right_pass_code_makes_up_for_wrong_ones(functions: Functions, token: str) -> None:
    for _ in range(3):
        for _ in range(4):
            assert preview(functions, shown(token, WRONG)).status == 404
        assert preview(functions, shown(token, BY_PASS_CODE)).status == 200


def test_a_try_is_counted_before_it_is_looked_at(
    functions: Functions, demo: DynamoTable, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = keys.pass_code_tries("T-CARD", hash_pass_code("T-CARD", PASS_CODE))
    seen = []
    monkeypatch.setattr(customer_tokens, "is_pass_code", lambda *_: seen.append(demo.get(tries)))
    post(functions, shown(token, BY_PASS_CODE))

    [item] = filter(None, seen)
    assert [number for name, number in item.items() if name.startswith("guesses")] == [1, 1, 1]


@pytest.mark.parametrize("busy", ["count_try", "forget_tries"])
def test_what_stands_behind_a_pass_code_that_cannot_be_checked_now_waits_for_it_in_its_wallet(
    busy: str, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused(Problem(Code.RETRY_LATER, "The storage is busy."))

    monkeypatch.setattr(f"loyalty.store.customer_tokens.{busy}", refuse)
    own, other = {"number": ACCOUNT_NUMBER}, {"number": "162"}
    bodies = [
        purchase("", accounts_receivable_identifier=customer, reference_number=f"REF-{place}")
        for place, customer in enumerate([own, other, {"access_token_identifier": BY_PASS_CODE}, own])
    ]
    requests = [read_purchase(body, EVERYTHING, None) for body in bodies]
    outcomes = post_purchases(Engine.on(demo), requests, EVERYTHING, now=NOW)

    told = [one.problems[0].code if isinstance(one, Refused) else "posted" for one in outcomes]
    assert told == ["posted", "posted", Code.RETRY_LATER, Code.RETRY_LATER]


def test_a_pass_code_is_not_tried_where_something_else_is_amiss(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is such an identifier is not to be told either."""
    monkeypatch.setattr(customer_tokens, "is_pass_code", None)
    amiss = {"classification_identifier": {"name": "NONE"}}
    wrong = post(functions, shown(token, WRONG, **amiss))
    unknown = post(functions, shown(token, {"identifier": "NOBODY", "pass_code": "1357"}, **amiss))

    assert wrong.body == unknown.body
    assert "Classification" in described(wrong)


def test_neither_pass_codes_nor_passwords_are_stored_as_they_are(
    functions: Functions, demo: DynamoTable, token: str
) -> None:
    password = issue(functions, token, BY_PASS_CODE).body["data"]["one_time_password"]
    data = post(functions, shown(token, BY_PASS_CODE)).body["data"]
    stored = str(list(demo.scan()))

    assert f"'{PASS_CODE}'" not in stored
    assert password not in stored
    assert "pass_code" not in str(data)


def test_a_one_time_password_is_there_as_soon_as_it_is_told(
    functions: Functions, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = issue(functions, token, BY_PASS_CODE).body["data"]["one_time_password"]
    table = functions.module("classic_create_purchase").table
    get_many = table.get_many

    def late(wanted: Any, *, consistent: bool = False) -> Any:
        found = get_many(wanted, consistent=consistent)
        return {key: item for key, item in found.items() if consistent or not keys.is_one_time_password(key)}

    monkeypatch.setattr(table, "get_many", late)

    assert post(functions, shown(token, {"one_time_password": password})).status == 200


def test_a_one_time_password_is_twelve_digits_good_for_five_minutes(functions: Functions, token: str) -> None:
    data = issue(functions, token, BY_PASS_CODE).body["data"]

    assert (len(data["one_time_password"]), data["expires_in"]) == (12, 300)
    for password in (data["one_time_password"], int(data["one_time_password"])):
        assert preview(functions, shown(token, {"one_time_password": password})).status == 200
    answer = post(functions, shown(token, {"one_time_password": data["one_time_password"]}))
    assert answer.body["data"]["accounts_receivable"]["number"] == ACCOUNT_NUMBER
    assert answer.body["data"]["authorized_by_access_token"]["id"] == "T-CARD"


def test_a_one_time_password_is_past_after_five_minutes_even_if_it_is_still_stored(demo: DynamoTable) -> None:
    password, _ = issue_one_time_password(SHOWN, "DEMO", table=demo, now=NOW)
    again = Reference("token.one_time_password", password, "/one_time_password")
    item = resolve_passwords(demo, [customer_key(again)], demo.get_many([customer_key(again)]), "DEMO", NOW).get(
        customer_key(again)
    )
    almost = NOW + timedelta(minutes=5, seconds=-1)

    assert item
    assert ShownTokens("DEMO", demo, almost).token("Account", again, item).id == "T-CARD"
    with pytest.raises(Refused, match="one-time password") as refused:
        ShownTokens("DEMO", demo, NOW + timedelta(minutes=5)).token("Account", again, item)
    assert password not in str(refused.value)


def test_a_password_that_is_drawn_twice_is_given_out_once(demo: DynamoTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 0)
    password, _ = issue_one_time_password(SHOWN, "DEMO", table=demo, now=NOW)

    assert password == "100000000000"
    with pytest.raises(Refused, match="Ask for one again"):
        issue_one_time_password(SHOWN, "DEMO", table=demo, now=NOW)


def test_a_one_time_password_is_good_for_one_posting(functions: Functions, token: str, demo: DynamoTable) -> None:
    password, _ = issue_one_time_password(SHOWN, "DEMO", table=demo, now=datetime.now(UTC))
    body = shown(token, {"one_time_password": password})

    assert functions.call("classic_preview_purchase", body, context={}).status == 200
    assert post(functions, body).status == 200
    again = post(functions, body)

    assert (again.status, again.body["status"]["code"]) == (404, "NotFoundAPIValueException")
    assert password not in again.body["status"]["description"]


def guesses(table: DynamoTable) -> list[Any]:
    """Return what counts wrong one-time passwords."""
    return [item for item in table.scan() if item["pk"].startswith("TRIES#OTP#")]


REPLAY = {"type": "partner", "id": "DEMO", "name": "Demo", "classic_repeats": "REPLAY"}


@pytest.mark.parametrize("known_by", ["an external reference", "a key", "its content"])
@pytest.mark.parametrize("function", ["classic_create_purchase", "classic_create_spend", "classic_bulk_create"])
def test_a_purchase_with_a_one_time_password_that_is_sent_again_is_a_replay_and_no_guess(
    functions: Functions, token: str, demo: DynamoTable, function: str, known_by: str
) -> None:
    if known_by == "its content":
        bring(demo, REPLAY)
    password = issue(functions, token, BY_CODE).body["data"]["one_time_password"]
    shows = {"accounts_receivable_identifier": {"access_token_identifier": {"one_time_password": password}}}
    external = {"external_system": "POS", "external_system_reference_number": "X-1"}
    reference = external if known_by == "an external reference" else {}
    body: Body = {**example("create_1.request"), "token": token, **shows, **reference}
    if function == "classic_create_spend":
        spent = example("create_spend_1.request")
        named = {name: reference.pop(name) for name in ("external_system_reference_number",) if reference}
        purchased = {**spent["purchase_customer_event"], **named}
        body = {**spent, "token": token, **shows, **reference, "purchase_customer_event": purchased}
    elif function == "classic_bulk_create":
        body = {"token": token, "purchase_customer_events_set": [{**body, "request_unique_identifier": "1"}]}
    headers = {"Idempotency-Key": "K-1"} if known_by == "a key" else {}

    first, again = (functions.call(function, body, headers=headers, context={}) for _ in range(2))

    assert first.status == 200, first.text
    assert (again.headers.get("Idempotent-Replayed"), again.text) == ("true", first.text)
    assert guesses(demo) == []


def test_another_purchase_with_a_one_time_password_that_was_used_is_a_guess(
    functions: Functions, token: str, demo: DynamoTable
) -> None:
    password = issue(functions, token, BY_CODE).body["data"]["one_time_password"]
    body = shown(token, {"one_time_password": password}, external_system_reference_number="X-1")
    assert post(functions, body).status == 200

    answers = [post(functions, body | other) for other in ({"description": "other"}, {"reference_number": "other"})]

    assert {answer.status for answer in answers} == {404}
    assert len(guesses(demo)) == 1


@pytest.mark.parametrize(
    "change",
    [{"life_cycle_state": "NOT_EFFECTIVE"}, {"account": "ACR0000000001"}, None],
    ids=["blocked", "moved to another account", "deleted"],
)
def test_a_one_time_password_does_not_outlive_what_it_stands_for(
    functions: Functions, demo: DynamoTable, token: str, change: Body | None
) -> None:
    password = {"one_time_password": issue(functions, token, BY_CODE).body["data"]["one_time_password"]}
    body = shown(token, password)
    assert preview(functions, body).status == 200
    if change:
        bring(demo, {**CARD, **change})
    else:
        demo.transact([Delete(keys.record("access_token", CARD["id"]))])

    answers = [preview(functions, body), post(functions, body)]

    assert [(answer.status, answer.body["status"]["code"]) for answer in answers] == [(404, Code.NOT_FOUND)] * 2


def test_of_postings_that_read_the_same_one_time_password_one_uses_it(demo: DynamoTable) -> None:
    """As rivals do: both have found the password before either has posted."""
    password, _ = issue_one_time_password(SHOWN, "DEMO", table=demo, now=NOW)
    request = read_purchase(shown("", {"one_time_password": password}), EVERYTHING, None)

    outcomes = post_purchases(Engine.on(demo), [request, request], EVERYTHING, now=NOW)

    assert [type(outcome) for outcome in outcomes] == [PostedEvent, Refused]


def test_the_token_that_was_shown_is_answered_in_full(functions: Functions, token: str) -> None:
    shown_token = post(functions, shown(token, BY_CODE)).body["data"]["authorized_by_access_token"]

    floats = {f"udf_float_{place}": None for place in range(1, 4)}
    strings = {f"udf_string_{place}": None for place in range(1, 8)}
    dates = {f"udf_date_{place}": None for place in range(2, 5)}
    assert shown_token == strings | floats | dates | {
        "id": "T-CARD",
        "number": "17",
        "life_cycle_state": "EFFECTIVE",
        "authentication_code": CODE,
        "identifier": IDENTIFIER,
        "card_masked_number": "9500********9500",
        "udf_string_8": "silver",
        "udf_float_4": 4,
        "udf_date_1": "2016-03-24T15:49:59",
        "classification": {"id": "CREDIT-CARDS", "name": "Credit cards", "alternative_code": "CCA"},
    }


@pytest.mark.parametrize("identifier", [BY_CODE, BY_PASS_CODE], ids=["code", "pass code"])
def test_a_token_that_authorized_the_customer_is_answered_too(
    functions: Functions, token: str, identifier: Body
) -> None:
    account = {"accounts_receivable_identifier": {"number": ACCOUNT_NUMBER}}
    body = purchase(token, authorized_by_access_token_identifier=identifier) | account

    assert post(functions, body).body["data"]["authorized_by_access_token"]["id"] == "T-CARD"


@pytest.mark.parametrize(
    ("identifier", "status", "place"),
    [
        (BY_CODE, 400, "/authorized_by_access_token_identifier/authentication_code: "),
        ({"authentication_code": "NOBODYS"}, 404, "Error:Access Token (NOBODYS) Not Found."),
        (WRONG, 404, f"Error:Access Token ({IDENTIFIER}) Not Found."),
        ({"one_time_password": 123456789012}, 400, "/authorized_by_access_token_identifier/authentication_code: "),
    ],
    ids=["of another account", "unknown", "wrong pass code", "one-time password"],
)
def test_a_token_that_cannot_have_authorized_the_customer_is_refused(
    functions: Functions, token: str, identifier: Body, status: int, place: str
) -> None:
    answer = post(functions, purchase(token, authorized_by_access_token_identifier=identifier))

    assert answer.status == status
    assert place in described(answer)


def test_a_token_shown_in_this_call_overrides_the_one_that_authorized_before(functions: Functions, token: str) -> None:
    body = shown(token, BY_CODE, authorized_by_access_token_identifier={"authentication_code": "4A30966F684B0269AD91"})

    assert post(functions, body).body["data"]["authorized_by_access_token"]["id"] == "T-CARD"


def test_what_is_paid_with_is_that_of_the_cards_classification_unless_the_request_says(
    functions: Functions, token: str
) -> None:
    nothing = {"payment_medium_brand_identifier": None, "payment_medium_type_identifier": None}
    usual = post(functions, shown(token, BY_CODE, **nothing)).body["data"]
    said = post(functions, shown(token, BY_CODE)).body["data"]
    account = {"accounts_receivable_identifier": {"number": ACCOUNT_NUMBER}}
    only_authorized = {"authorized_by_access_token_identifier": BY_CODE, **account}
    unsaid = post(functions, purchase(token, **nothing) | only_authorized).body["data"]

    assert usual["payment_medium_brand"]["name"] == "AMERICAN EXPRESS"
    assert usual["payment_medium_type"]["alternative_code"] == "CC"
    assert said["payment_medium_brand"]["name"] == "VISA"
    assert unsaid["payment_medium_brand"] is unsaid["payment_medium_type"] is None


def test_offers_for_what_is_paid_with_look_at_the_cards_classification_too(
    cold_functions: Functions, demo: DynamoTable, token: str
) -> None:
    offer = {
        "type": "reward_offer",
        "id": "AMEX",
        "name": "2 euros with American Express",
        "scheme": "SALES",
        "conditions": {"payment_medium_brands": [AMERICAN_EXPRESS]},
        "award": {"method": "FIXED", "value": 2},
    }
    bring(demo, offer)
    body = shown(token, BY_CODE, payment_medium_brand_identifier=None)

    assert preview(cold_functions, body).body["data"]["total_award_amount"] == 2
    assert preview(cold_functions, purchase(token)).body["data"]["total_award_amount"] == 0


def test_the_newest_api_keeps_which_token_was_shown(functions: Functions, demo: DynamoTable) -> None:
    body = {**example("create_v5_1.request"), "cim": CODE, "classification": None, "spend_request": None}
    event_id = functions.call("create_purchase", body).body["id"]
    event = read_event(demo, event_id)

    assert event
    assert event.purchase_document.ids["access_token"] == "T-CARD"
