"""Logins of partners: a username and its password are exchanged for a token, on behalf of a unit."""

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from loyalty.domain.access.guesses import AT_A_LOGIN, AT_ALL_LOGINS, Allowance
from loyalty.domain.access.partner import Scope
from loyalty.domain.access.pass_codes import is_pass_code
from loyalty.domain.errors import Code, Refused
from loyalty.store import keys
from loyalty.store.credentials import active_keys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.store.logins import active_logins, read_login
from loyalty.store.uploads import read_upload
from loyalty.usecases.access import logins
from loyalty.usecases.access.logins import LoginRequest, ShownLogin, create_login, revoke_login, rotate_login
from loyalty.usecases.uploads.begin_upload import merchants_of
from tests.cards import bring
from tests.functional.conftest import NOW, Answer, Functions, example

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"
QUARTER = timedelta(minutes=15)
UNITS = {"MRA": "AB18F69E3CA84413BABEF07713D410CB", "own": "48305F8849E3C18B227C5BE3A27BA6DF"}
DEMO_PARTNER = {"type": "partner", "id": "DEMO", "name": "Demo partner", "unit": "Admin Unit"}


@pytest.fixture
def password(demo: DynamoTable) -> str:
    """The password of the login `till`."""
    return create_login(LoginRequest("DEMO", "till", ["*"], list(Scope)), table=demo, now=NOW)


def sign_in(functions: Functions, shown: str, address: str = HOME, **fields: Any) -> Answer:
    body = {"username": "till", "password": shown, "organisation": "Demo", **fields}
    return functions.call("sign_in", body, requestContext={"identity": {"sourceIp": address}})


def token(functions: Functions, password: str, **fields: Any) -> str:
    found: str = sign_in(functions, password, **fields).body["data"]["token"]
    return found


def post(functions: Functions, token: str, **fields: Any) -> Answer:
    return functions.call(
        "classic_create_purchase", {**example("create_1.request"), "token": token, **fields}, context={}
    )


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Calls arrive at a moment of the test's choice, lest a window of time ends between them."""
    clock = SimpleNamespace(at=datetime(2026, 1, 15, 12, 0, tzinfo=UTC))
    monkeypatch.setattr("loyalty.api.http.http_handler.datetime", SimpleNamespace(now=lambda _: clock.at))
    return clock


def test_a_login_is_exchanged_for_a_token_that_posts_as_a_keys_does(functions: Functions, password: str) -> None:
    answer = sign_in(functions, password)

    assert (answer.status, answer.body["status"]) == (200, {"code": "OK", "description": "", "message": ""})
    assert answer.body["data"].keys() == {"token", "token_type", "expires_in"}
    assert answer.body["data"]["expires_in"] == 7200
    assert post(functions, answer.body["data"]["token"]).status == 200
    policy = functions.authorize_by({"Authorization": f"Bearer {answer.body['data']['token']}"})
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_login_does_what_its_scopes_and_merchants_say(functions: Functions, demo: DynamoTable) -> None:
    asked = LoginRequest("DEMO", "till", ["MRA"], [Scope.READ_PURCHASES])
    text = token(functions, create_login(asked, table=demo, now=NOW))

    assert post(functions, text).status == 403


def test_a_password_is_stored_as_a_slow_hash_only(demo: DynamoTable, password: str) -> None:
    assert len(password) == 32
    assert password not in str(list(demo.scan()))
    login = read_login(demo, "till")
    assert login
    assert is_pass_code(password, login.key_hash, login.password_hash)


@pytest.mark.parametrize(
    ("username", "right"), [("till", False), ("nobody", True), ("TILL", True), ("x" * 255, False)], ids=str
)
def test_a_wrong_password_and_an_unknown_login_are_answered_alike_after_the_same_work(
    functions: Functions, password: str, monkeypatch: pytest.MonkeyPatch, username: str, right: bool
) -> None:
    hashed = []

    def check(*asked: str) -> bool:
        hashed.append(asked)
        return is_pass_code(*asked)

    monkeypatch.setattr(logins, "is_pass_code", check)
    answer = sign_in(functions, password if right else "wrong", username=username)

    assert answer.status == 401
    told = logins.WRONG.description
    assert answer.body == {
        "status": {"code": "InvalidTokenException", "description": told, "message": told},
        "data": None,
    }
    assert len(hashed) == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": None}, Code.MANDATORY),
        ({"password": None}, Code.MANDATORY),
        ({"organisation": None}, Code.MANDATORY),
        ({"organisation": ""}, Code.INVALID),
        ({"username": 7}, Code.INVALID),
        ({"password": ["a"]}, Code.INVALID),
        ({"password": "x" * 256}, Code.INVALID),
        ({"password": "\ud800"}, Code.INVALID),
        ({"unit": 7}, Code.INVALID),
    ],
    ids=str,
)
def test_what_is_no_login_is_refused_by_name_and_nothing_is_hashed(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], code: Code
) -> None:
    monkeypatch.setattr(logins, "is_pass_code", None)
    answer = sign_in(functions, "any", **fields)

    assert (answer.status, answer.body["status"]["code"]) == (400, code)
    assert f"/{next(iter(fields))}" in answer.body["status"]["description"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7"])
def test_a_body_that_is_no_object_is_refused(functions: Functions, body: str) -> None:
    assert functions.call("sign_in", body, context={}).status == 400


def test_a_body_that_is_longer_than_any_login_is_not_read(functions: Functions) -> None:
    assert sign_in(functions, "any", more="x" * 10_000).status == 413


def test_any_organisation_is_taken_unless_the_partners_record_names_one(
    functions: Functions, demo: DynamoTable, password: str
) -> None:
    assert sign_in(functions, password, organisation="Whatever").status == 200

    bring(demo, {**DEMO_PARTNER, "organisation": "Main"})
    answers = [sign_in(functions, password, organisation=name) for name in ("Main", "Whatever", "main")]

    assert [answer.status for answer in answers] == [200, 401, 401]
    assert answers[1].body["status"]["description"] == logins.WRONG.description


@pytest.mark.usefixtures("still")
def test_five_wrong_passwords_lock_a_login_for_the_address_that_guesses_and_for_no_other(
    functions: Functions, password: str
) -> None:
    told = [sign_in(functions, "wrong", ELSEWHERE).status for _ in range(7)]

    assert told == [401] * 5 + [403] * 2
    assert sign_in(functions, password, ELSEWHERE).status == 403
    assert sign_in(functions, password, HOME).status == 200


@pytest.mark.usefixtures("still", "password")
def test_an_unknown_login_is_locked_as_one_that_there_is(functions: Functions) -> None:
    told = [sign_in(functions, "wrong", username="nobody") for _ in range(6)]
    real = [sign_in(functions, "wrong") for _ in range(6)]

    assert [(one.status, one.body) for one in told] == [(one.status, one.body) for one in real]


@pytest.mark.usefixtures("still")
def test_a_right_password_makes_up_for_wrong_ones(functions: Functions, password: str) -> None:
    for _ in range(3):
        assert [sign_in(functions, "wrong").status for _ in range(4)] == [401] * 4
        assert sign_in(functions, password).status == 200


def test_a_lock_ends_within_a_quarter_of_an_hour_and_says_when(
    functions: Functions, password: str, still: SimpleNamespace
) -> None:
    for _ in range(5):
        sign_in(functions, "wrong")
    locked = sign_in(functions, password)

    assert "before 2026-01-15 12:15 UTC" in locked.body["status"]["description"]
    still.at += QUARTER
    assert sign_in(functions, password).status == 200


@pytest.mark.usefixtures("still")
def test_an_address_has_a_hundred_wrong_attempts_at_all_logins_and_right_ones_do_not_count(
    functions: Functions, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "is_pass_code", lambda shown, *_: shown == password)  # the hash is slow on purpose
    for number in range(99):
        assert sign_in(functions, "wrong", username=f"user {number}").status == 401
    assert [sign_in(functions, password).status for _ in range(20)] == [200] * 20
    assert sign_in(functions, "wrong", username="the last one").status == 401

    assert sign_in(functions, password).status == 403
    assert sign_in(functions, password, ELSEWHERE).status == 200


@pytest.mark.usefixtures("still")
def test_whoever_has_a_network_of_ipv6_has_no_more_attempts_than_with_one_address(
    functions: Functions, password: str
) -> None:
    told = [sign_in(functions, "wrong", f"2001:db8:1:2::{number}").status for number in range(6)]

    assert told == [401] * 5 + [403]
    assert sign_in(functions, password, "2001:db8:1:3::1").status == 200


@pytest.mark.parametrize("address", ["", "no address", "x" * 5000])
def test_an_address_of_any_form_is_none_of_our_faults(functions: Functions, password: str, address: str) -> None:
    assert sign_in(functions, password, address).status == 200


def at_once(functions: Functions, shown: str, attempts: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the statuses of attempts of which each is made while all before it are not looked at yet."""
    made, statuses = count(1), list[int]()

    def attempt() -> None:
        statuses.append(sign_in(functions, shown).status)

    def look(*asked: str) -> bool:
        if next(made) < attempts:
            attempt()
        return is_pass_code(*asked)

    monkeypatch.setattr(logins, "is_pass_code", look)
    attempt()
    return statuses


@pytest.mark.usefixtures("still")
def test_software_that_logs_in_on_each_page_is_not_taken_for_guesses(
    functions: Functions, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at_once(functions, password, 12, monkeypatch) == [200] * 12


@pytest.mark.usefixtures("still")
def test_guesses_at_once_are_no_more_than_their_address_has(
    functions: Functions, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.store.logins.AT_ALL_LOGINS", Allowance(7, QUARTER, of_each=False))

    assert at_once(functions, "wrong", 9, monkeypatch) == [403] + [401] * 7
    assert sign_in(functions, password).status == 403


def test_an_attempt_is_counted_before_it_is_looked_at_and_at_its_login_once_it_is_wrong(
    functions: Functions, demo: DynamoTable, password: str, still: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted() -> list[int]:
        [item] = [one for one in demo.scan() if one["pk"] == f"TRIES#LOGIN#{HOME}"]
        return [item.get(allowance.counter("till", still.at), 0) for allowance in (AT_ALL_LOGINS, AT_A_LOGIN)]

    seen: list[list[int]] = []

    def look(shown: str, *_: str) -> bool:
        seen.append(counted())
        return shown == password

    monkeypatch.setattr(logins, "is_pass_code", look)
    after = [(sign_in(functions, shown), counted())[1] for shown in ("wrong", "wrong", password)]
    assert (seen, after) == ([[1, 0], [2, 1], [3, 2]], [[1, 1], [2, 2], [2, 0]])


@pytest.mark.usefixtures("still")
def test_logins_that_were_right_leave_no_counters_however_many_there_are_at_an_address(
    functions: Functions, demo: DynamoTable
) -> None:
    for username in ("one", "two", "three"):
        asked = LoginRequest("DEMO", username, ["*"], list(Scope))
        shown = create_login(asked, table=demo, now=NOW)
        assert sign_in(functions, shown, username=username).status == 200

    [item] = [one for one in demo.scan() if one["pk"] == f"TRIES#LOGIN#{HOME}"]
    assert [number for name, number in item.items() if name.startswith("guesses")] == [0]


def test_counts_of_attempts_end_with_their_window(
    functions: Functions, demo: DynamoTable, still: SimpleNamespace
) -> None:
    sign_in(functions, "wrong")

    [item] = [one for one in demo.scan() if one["pk"].startswith("TRIES#LOGIN#")]
    assert item["expires_at"] == int((still.at + QUARTER).timestamp())


# ---------------------------------------------------------------- units


@pytest.mark.parametrize("named", ["AB18F69E3CA84413BABEF07713D410CB", "MRAU", "Merchant A unit"])
def test_a_purchase_is_told_as_written_by_the_unit_that_the_login_named(
    functions: Functions, password: str, named: str
) -> None:
    posted = post(functions, token(functions, password, unit=named)).body["data"]

    for verb in ("created", "updated"):
        assert posted["log_information"][f"{verb}_by_unit"]["id"] == UNITS["MRA"]
        assert posted["log_information"][f"{verb}_by_business_unit"]["id"]
        assert posted["log_information"][f"{verb}_by_user"]["username"] == "MPAdministrator"


def test_without_a_unit_a_purchase_is_told_as_written_by_the_one_of_the_partners_record(
    functions: Functions, password: str
) -> None:
    posted = post(functions, token(functions, password)).body["data"]

    assert posted["log_information"]["created_by_unit"]["id"] == UNITS["own"]


def test_whoever_cancels_is_told_beside_whoever_posted(functions: Functions, password: str) -> None:
    posted = post(functions, token(functions, password)).body["data"]
    body = {"token": token(functions, password, unit="MRAU"), "customer_event_identifier": {"id": posted["id"]}}

    told = functions.call("classic_cancel_purchase", body, context={}).body["data"]["log_information"]
    shown = functions.call("classic_show_purchase", body, context={}).body["data"]["log_information"]

    assert told == shown
    assert (told["created_by_unit"]["id"], told["updated_by_unit"]["id"]) == (UNITS["own"], UNITS["MRA"])


def test_a_call_that_is_done_later_and_a_form_keep_the_unit_that_sent_them(functions: Functions, password: str) -> None:
    text = token(functions, password, unit="MRAU")
    table = functions.module("classic_bulk_create").table
    body = {**example("bulk_1.request"), "token": text}
    later = functions.call("classic_bulk_create", body, headers={"Prefer": "respond-async"}, context={})
    form = functions.call("create_upload", {"name": "sales.csv"}, context={"token": text})

    uploads = [read_upload(table, one) for one in (later.body["data"]["upload_id"], form.body["id"])]
    assert [upload and upload.unit_id for upload in uploads] == [UNITS["MRA"]] * 2


def test_a_key_may_be_exchanged_on_behalf_of_a_unit_too(functions: Functions) -> None:
    issued = functions.call("issue_token", {"unit": "MRAU"}, headers={"api_key": functions.api_key}, context={})
    posted = post(functions, issued.body["data"]["token"]).body["data"]

    assert posted["log_information"]["created_by_unit"]["id"] == UNITS["MRA"]


def test_a_unit_that_another_merchant_has_is_answered_like_one_that_there_is_not(
    functions: Functions, demo: DynamoTable
) -> None:
    password = create_login(LoginRequest("DEMO", "till", ["EK123456"], list(Scope)), table=demo, now=NOW)
    answers = [sign_in(functions, password, unit=named) for named in ("MRAU", "NONE")]

    assert [answer.status for answer in answers] == [404, 404]
    told = [answer.body["status"]["description"] for answer in answers]
    assert told[0].replace("MRAU", "NONE") == told[1]


def test_a_unit_that_was_imported_a_moment_ago_is_known(
    functions: Functions, demo: DynamoTable, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.store.catalogue.RENEW_AFTER", timedelta(-1))
    assert sign_in(functions, password, unit="MRAU").status == 200
    bring(demo, {"type": "unit", "id": "U-NEW", "name": "New", "business_unit": "MRA"})

    assert sign_in(functions, password, unit="New").status == 200


# ---------------------------------------------------------------- what operators do


def test_another_password_ends_the_one_before_and_its_tokens(
    functions: Functions, demo: DynamoTable, password: str
) -> None:
    text = token(functions, password)
    other = rotate_login("DEMO", "till", table=demo, now=NOW)

    assert [sign_in(functions, shown).status for shown in (password, other)] == [401, 200]
    assert post(functions, text).status == 401


def test_a_revoked_login_ends_with_its_tokens_once_however_often_that_is_asked_for(
    functions: Functions, demo: DynamoTable, password: str
) -> None:
    text = token(functions, password)
    for _ in range(2):
        revoke_login("DEMO", "till", table=demo, now=NOW)

    assert sign_in(functions, password).status == 401
    assert post(functions, text).status == 401
    assert not [*active_logins(demo, "DEMO")]
    with pytest.raises(Refused, match="Login"):
        revoke_login("DEMO", "never made", table=demo, now=NOW)


@pytest.mark.usefixtures("password")
def test_a_username_is_one_partners_and_free_again_once_its_login_is_revoked(demo: DynamoTable) -> None:
    bring(demo, {"type": "partner", "id": "OTHER", "name": "Other"})
    asked = LoginRequest("OTHER", "till", ["MRA"], list(Scope))
    with pytest.raises(Refused, match="There is a login till already"):
        create_login(asked, table=demo, now=NOW)
    for change in (rotate_login, revoke_login):
        with pytest.raises(Refused, match="Login"):
            change("OTHER", "till", table=demo, now=NOW)

    revoke_login("DEMO", "till", table=demo, now=NOW)
    assert create_login(asked, table=demo, now=NOW)


@pytest.mark.parametrize(
    ("partner", "merchants", "scopes", "message"),
    [
        ("NOBODY", ["*"], ["wallets:read"], "no partner NOBODY"),
        ("DEMO", ["NONE"], ["wallets:read"], "no merchant NONE"),
        ("DEMO", ["*"], ["everything"], "No such scope"),
    ],
)
def test_no_login_without_a_partner_its_merchants_and_scopes(
    demo: DynamoTable, partner: str, merchants: list[str], scopes: list[str], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        create_login(LoginRequest(partner, "till", merchants, scopes), table=demo, now=NOW)


@pytest.mark.usefixtures("password")
def test_a_password_is_not_lost_where_two_give_another_at_once(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one is told to try again, rather than that its password is in force."""
    before = read_login(demo, "till")
    first = rotate_login("DEMO", "till", table=demo, now=NOW)
    monkeypatch.setattr("loyalty.usecases.access.logins.logins.read_login", lambda *_: before)

    with pytest.raises(Refused, match="Try again"):
        rotate_login("DEMO", "till", table=demo, now=NOW)
    monkeypatch.undo()
    assert logins.holder_of_login(ShownLogin("till", first, "O", HOME), table=demo, now=NOW).id == "DEMO"


def test_files_of_a_partner_that_has_logins_only_act_for_their_merchants(demo: DynamoTable) -> None:
    bring(demo, {"type": "partner", "id": "OTHER", "name": "Other"})
    create_login(LoginRequest("OTHER", "other", ["MRA"], list(Scope)), table=demo, now=NOW)
    login = read_login(demo, "other")

    assert login
    assert merchants_of("OTHER", demo) == tuple(login.partner.merchants)


@pytest.mark.usefixtures("password")
def test_a_version_that_knows_no_logins_takes_none_of_them_for_a_key(demo: DynamoTable) -> None:
    """It looks for `key_hash` beside a partner's keys, and then for all else that a key has."""
    beside = [item for item in demo.partition("PARTNER#DEMO") if "key_hash" in item]

    assert [item["key_id"] for item in beside] == [key.id for key in active_keys(demo, "DEMO")]


def test_a_login_is_no_api_key(functions: Functions, demo: DynamoTable, password: str) -> None:
    login = read_login(demo, "till")

    assert login
    assert demo.get(keys.api_key(login.key_hash))
    for shown in (password, login.key_hash, "till"):
        assert functions.authorize(shown)["policyDocument"]["Statement"][0]["Effect"] == "Deny"
