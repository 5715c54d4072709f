"""Who gets in, and what they see: keys, the authorizer, tokens, scopes, merchants."""

import base64
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from cli.commands.keys import create_key as command_create_key
from cli.console import CommandFailure
from cli.docs.routes import ROUTES
from loyalty.api.faults import CallFailed
from loyalty.api.http.authorizer_policy import Unauthorized
from loyalty.domain.access.partner import Scope
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store import keys
from loyalty.store.credentials import SigningKeys, active_keys, read_key, remove_key
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.api_keys import KeyRequest, create_key, revoke_key, rotate_key
from tests.functional.conftest import NOW, Functions, example
from tests.moto_table import kept
from tests.signing_keys import make_signing_keys

CONTEXT_LESS: dict[str, Any] = {}
NEWEST = [route.name for route in ROUTES if not route.classic]
"""The functions of the newest API's routes."""


def key(table: DynamoTable, *, merchants: str = "*", scopes: tuple[str, ...] = tuple(Scope)) -> str:
    """Another key for the demo partner, in the place of the one that the fixture made."""
    for active in list(active_keys(table, "DEMO")):
        revoke_key("DEMO", active.id, table=table, now=NOW)
    return create_key(KeyRequest("DEMO", merchants.split(","), scopes), table=table, now=NOW)[0]


def test_a_key_is_let_in_for_every_route_of_the_stage_so_that_the_cached_policy_serves_them_all(
    functions: Functions,
) -> None:
    policy = functions.authorize(functions.api_key)["policyDocument"]["Statement"]

    resource = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/local/*"
    assert policy == [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}]


@pytest.mark.parametrize("api_key", ["unknown", "lk_12345678_", "Ω" * 1000])
def test_an_unknown_key_is_denied(functions: Functions, api_key: str) -> None:
    answer = functions.authorize(api_key)

    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert "context" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"api_key": ""},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer made.up.token"},
    ],
    ids=str,
)
def test_whoever_shows_neither_a_key_nor_a_good_token_is_told_to_log_in(
    functions: Functions, headers: dict[str, str]
) -> None:
    """API Gateway answers 401 where an authorizer fails with this very word."""
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        functions.authorize_by(headers)


def token_of(functions: Functions) -> str:
    """Return a token of the classic API."""
    issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context=CONTEXT_LESS)
    text: str = issued.body["data"]["token"]
    return text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_lets_in_to_the_newest_api_as_the_key_does_that_it_was_got_with(
    functions: Functions, scheme: str
) -> None:
    policy = functions.authorize_by({"Authorization": f"{scheme} {token_of(functions)}"})

    assert policy["policyDocument"] == functions.authorize(functions.api_key)["policyDocument"]
    assert functions.call("show_wallet", path={"account": "162"}, context=policy["context"]).status == 200


def test_a_key_counts_where_a_token_is_shown_beside_it(functions: Functions) -> None:
    headers = {"api_key": "unknown", "Authorization": f"Bearer {token_of(functions)}"}

    assert functions.authorize_by(headers)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_a_token_that_was_given_back_lets_nobody_in(functions: Functions) -> None:
    token = token_of(functions)
    functions.call("release_token", {"token": token}, context=CONTEXT_LESS)

    with pytest.raises(Unauthorized):
        functions.authorize_by({"Authorization": f"Bearer {token}"})


def test_a_revoked_key_is_denied(functions: Functions, demo: DynamoTable) -> None:
    [active] = active_keys(demo, "DEMO")
    revoke_key("DEMO", active.id, table=demo, now=NOW)

    assert functions.authorize(functions.api_key)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_two_keys_work_while_partners_change_over(functions: Functions, demo: DynamoTable) -> None:
    [active] = active_keys(demo, "DEMO")
    text, _ = rotate_key("DEMO", active.id, table=demo, now=NOW)

    for api_key in (text, functions.api_key):
        assert functions.authorize(api_key)["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    commands = r"`loyalty key list --partner DEMO` .*`loyalty key revoke KEY_ID --partner DEMO`"
    with pytest.raises(Refused, match=f"revoke one first: {commands}"):
        rotate_key("DEMO", active.id, table=demo, now=NOW)
    revoke_key("DEMO", active.id, table=demo, now=NOW)
    assert len(list(active_keys(demo, "DEMO"))) == 1


def test_a_key_is_revoked_once_however_often_that_is_asked_for_and_nothing_else_is(demo: DynamoTable) -> None:
    [first] = active_keys(demo, "DEMO")
    revoke_key("DEMO", first.id, table=demo, now=NOW)
    text, second = create_key(KeyRequest("DEMO", ["*"], list(Scope)), table=demo, now=NOW)

    revoke_key("DEMO", first.id, table=demo, now=NOW)  # its place is another key's by now
    assert not remove_key(demo, first, NOW)
    assert [active.id for active in active_keys(demo, "DEMO")] == [second.id]
    assert read_key(demo, text)
    with pytest.raises(Refused, match="Key"):
        revoke_key("DEMO", "never made", table=demo, now=NOW)


def test_a_request_that_is_repeated_makes_one_key_and_another_request_another_one(demo: DynamoTable) -> None:
    texts = [create_key(KeyRequest("DEMO", ["*"], list(Scope), request="R"), table=demo, now=NOW)[0] for _ in range(3)]

    assert [bool(read_key(demo, text)) for text in texts] == [False, False, True]
    [_, made] = active_keys(demo, "DEMO")
    revoke_key("DEMO", made.id, table=demo, now=NOW)
    rotated = rotate_key("DEMO", next(active_keys(demo, "DEMO")).id, table=demo, now=NOW, request="R")[0]
    assert read_key(demo, rotated)
    with pytest.raises(Refused, match="revoke one first"):
        create_key(KeyRequest("DEMO", ["*"], list(Scope), request="R"), table=demo, now=NOW)


def test_a_request_that_says_something_else_by_the_name_of_another_replaces_no_key(demo: DynamoTable) -> None:
    text, made = create_key(KeyRequest("DEMO", ["EK123456"], ["wallets:read"], request="R"), table=demo, now=NOW)

    for merchants, scopes in ((["*"], ["wallets:read"]), (["EK123456"], list(Scope))):
        with pytest.raises(Refused, match=f"made key {made.id}, for merchants .* with scopes wallets:read"):
            create_key(KeyRequest("DEMO", merchants, scopes, request="R"), table=demo, now=NOW)

    assert read_key(demo, text)


def test_the_command_tells_how_to_repeat_a_call_of_which_nobody_knows_what_it_did(
    demo: DynamoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    target: Any = SimpleNamespace(open_table=lambda: demo)
    transact = demo.transact

    def lost(*writes: Any) -> None:
        transact(*writes)
        raise Refused(Problem(Code.RETRY_LATER, "busy"))

    monkeypatch.setattr(demo, "transact", lost)
    with pytest.raises(CommandFailure, match="--request") as failure:
        command_create_key(target, partner="DEMO", merchants=["*"])
    monkeypatch.undo()
    name = str(failure.value).partition("--request ")[2].split()[0]

    text = command_create_key(target, partner="DEMO", merchants=["*"], request=name)

    assert read_key(demo, text)
    assert len(list(active_keys(demo, "DEMO"))) == 2


def test_a_busy_table_denies_nobody(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    """API Gateway would keep a denial for minutes; a failure of the authorizer it does not keep."""

    def busy(*_: object, **__: object) -> None:
        raise Refused(Problem(Code.RETRY_LATER, "busy"))

    monkeypatch.setattr(functions.module("authorizer"), "issue_token", busy)
    with pytest.raises(CallFailed, match="Refused"):
        functions.authorize(functions.api_key)


def test_a_key_is_stored_as_a_hash_only(functions: Functions, demo: DynamoTable) -> None:
    secret = functions.api_key.split("_", 2)[2]

    assert not [item for item in demo.scan() if secret in str(item)]


@pytest.mark.parametrize(
    ("partner", "merchants", "scopes", "message"),
    [
        ("NOBODY", ["*"], ["wallets:read"], "no partner NOBODY. Import"),
        ("DEMO", ["NONE"], ["wallets:read"], "no merchant NONE. Import"),
        ("DEMO", ["CD123456"], ["wallets:read"], "is an outlet. Name its merchant, EK123456"),
        ("DEMO", ["*"], ["everything"], "No such scope"),
    ],
)
def test_a_key_is_made_only_for_what_exists(
    demo: DynamoTable, partner: str, merchants: list[str], scopes: list[str], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        create_key(KeyRequest(partner, merchants, scopes), table=demo, now=NOW)


@pytest.mark.parametrize("function", NEWEST)
@pytest.mark.parametrize(
    "context",
    [
        {},
        {"token": ""},
        {"token": "made.up.token"},
        {"partner_id": "DEMO", "scopes": "purchases:write", "merchants": "*"},
        {"token": jwt.encode({"sub": "DEMO", "exp": 9999999999}, "x" * 32, headers={"kid": "2026-01"})},
        {"token": jwt.encode({"sub": "DEMO", "exp": 9999999999}, "", algorithm="none", headers={"kid": "2026-01"})},
    ],
    ids=["none", "empty", "garbage", "claims without a token", "signed by another", "not signed"],
)
def test_a_function_called_with_a_forged_context_refuses(
    functions: Functions, function: str, context: dict[str, Any]
) -> None:
    answer = functions.call(function, example("create_v5_1.request"), path={"id": "X", "account": "X"}, context=context)

    assert (answer.status, answer.body["code"]) == (401, "InvalidTokenException")


def test_a_month_that_begins_while_tests_run_has_one_secret_for_all_of_them(table: DynamoTable) -> None:
    evening = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
    make_signing_keys(table, evening)
    before = kept(table)

    ids = [SigningKeys(table).current(evening + timedelta(minutes=minutes))[0] for minutes in (0, 20)]

    assert ids == ["2026-11", "2026-12"]
    assert kept(table) == before


def test_an_expired_token_is_refused(functions: Functions, demo: DynamoTable) -> None:
    signing = demo.get(keys.signing_key(f"{datetime.now(UTC):%Y-%m}"))
    assert signing
    claims = {"iss": "loyalty", "jti": "1", "sub": "DEMO", "scopes": ["wallets:read"], "merchants": ["*"], "exp": 1}
    token = jwt.encode(claims, signing["secret"], headers={"kid": f"{datetime.now(UTC):%Y-%m}"})

    answer = functions.call("show_wallet", path={"account": "ACR0000000001"}, context={"token": token})

    assert answer.status == 401


ALLOWED = {
    Scope.POST_PURCHASES: {
        "cancel_purchase",
        "create_purchase",
        "create_upload",
        "issue_contact_otp",
        "preview_purchase",
        "return_products",
        "show_upload",
    },
    Scope.READ_PURCHASES: {"show_purchase"},
    Scope.READ_WALLETS: {"show_wallet", "show_journal"},
}
"""By scope, those of them that a key with it alone may call."""


@pytest.mark.parametrize("scope", Scope)
def test_a_key_does_what_its_scopes_say_and_nothing_else(functions: Functions, demo: DynamoTable, scope: Scope) -> None:
    context = functions.authorize(key(demo, scopes=(scope,)))["context"]
    path = {"id": "X", "account": "X"}

    answers = {name: functions.call(name, {}, path=path, context=context).status for name in NEWEST}

    assert {name for name, status in answers.items() if status != HTTPStatus.FORBIDDEN} == ALLOWED[scope]


def test_another_partners_merchant_answers_like_one_that_does_not_exist(
    functions: Functions, demo: DynamoTable
) -> None:
    posted = functions.call("create_purchase", example("create_v5_1.request")).body["id"]
    context = functions.authorize(key(demo, merchants="MRA"))["context"]
    body = {**example("create_v5_1.request"), "merchant_tap": {"code": "NONE"}, "outlet_tap": {"code": "NONE"}}

    hidden = functions.call("create_purchase", example("create_v5_1.request"), context=context)
    missing = functions.call("create_purchase", body, context=context)

    def told(answer: Any) -> list[tuple[str, str]]:
        return [(error["code"], error["detail"].split("(")[0]) for error in answer.body["errors"]]

    assert (hidden.status, told(hidden)) == (missing.status, told(missing))
    assert functions.call("show_purchase", path={"id": posted}, context=context).status == 404


def test_a_journal_keeps_to_itself_what_another_merchant_calls_an_event(
    functions: Functions, demo: DynamoTable
) -> None:
    functions.call("create_purchase", example("create_v5_1.request"))
    context = functions.authorize(key(demo, merchants="MRA"))["context"]

    entry = functions.call("show_journal", path={"account": "162"}, context=context)
    assert entry.body == {"entries": [], "missing": [], "next": None}
    [newest, _] = functions.call("show_journal", path={"account": "ACR0000000001"}, context=context).body["entries"]

    assert (newest["event_id"], newest["reference_number"]) == (None, None)
    assert newest["balance"]


def test_a_key_is_exchanged_for_a_token_by_header_or_by_basic_authentication(functions: Functions) -> None:
    basic = "Basic " + base64.b64encode(f"{functions.api_key}:".encode()).decode()

    for headers in ({"api_key": functions.api_key}, {"X-Api-Key": functions.api_key}, {"Authorization": basic}):
        answer = functions.call("issue_token", headers=headers, context=CONTEXT_LESS)
        assert answer.status == 200
        assert answer.body["status"] == {"code": "OK", "description": "", "message": ""}
        assert answer.body["data"]["expires_in"] == 7200
        assert answer.body["data"]["token"]


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
@pytest.mark.parametrize("end", [":", "", ":secret"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_key_is_exchanged_as_clients_of_the_vendor_send_it(
    functions: Functions, scheme: str, end: str, method: str
) -> None:
    encoded = base64.b64encode(f"{functions.api_key}{end}".encode()).decode()
    headers = {"Authorization": f"{scheme} {encoded}", "Content-Type": "aplication/josn"}
    answer = functions.call("issue_token", headers=headers, context=CONTEXT_LESS, httpMethod=method)

    assert (answer.status, answer.body["status"]["code"]) == (200, "OK")


@pytest.mark.parametrize(
    "body", [None, "", "[]", "{}", "null", "not=json", '{"unit": null}', '{"unit": ""}', '{"a": 1}']
)
def test_a_body_beside_a_key_that_names_no_unit_says_nothing(functions: Functions, body: str | None) -> None:
    answer = functions.call("issue_token", body, headers={"api_key": functions.api_key}, context=CONTEXT_LESS)

    assert answer.status == 200


@pytest.mark.parametrize("body", [None, "no json", {"unit": "Admin Unit"}], ids=str)
def test_by_get_the_query_names_the_unit(functions: Functions, body: Any) -> None:
    answer = functions.call(
        "issue_token",
        body,
        query={"unit": "MRAU"},
        headers={"api_key": functions.api_key},
        context=CONTEXT_LESS,
        httpMethod="GET",
    )

    claims = jwt.decode(answer.body["data"]["token"], options={"verify_signature": False})
    assert claims["unit"] == "AB18F69E3CA84413BABEF07713D410CB"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"unit": ["MRAU", "Admin Unit"]}, 400),
        ({"unit": ["MRAU\0"]}, 400),
        ({"unit": ["\ufffd"]}, 400),
        ({"unit": ["x" * 256]}, 400),
        ({"unit": ["NONE"]}, 404),
        ({"unit": [""]}, 200),
        ({"unit": ["MRAU", "MRAU"]}, 200),
        ({"colour": ["red", "blue"]}, 200),
    ],
    ids=ascii,
)
def test_a_unit_in_a_query_is_a_name_or_refused(functions: Functions, query: dict[str, list[str]], status: int) -> None:
    answer = functions.call(
        "issue_token",
        query={name: values[-1] for name, values in query.items()},
        headers={"api_key": functions.api_key},
        context=CONTEXT_LESS,
        httpMethod="GET",
        multiValueQueryStringParameters=query,
    )

    assert (answer.status, "unit" in answer.body["status"]["description"].lower()) == (status, status != 200)


@pytest.mark.parametrize(
    ("body", "status"), [({"unit": 7}, 400), ({"unit": "Caf\ufffd"}, 400), ({"unit": "NONE"}, 404)]
)
def test_a_unit_that_is_none_is_refused(functions: Functions, body: Any, status: int) -> None:
    answer = functions.call("issue_token", body, headers={"api_key": functions.api_key}, context=CONTEXT_LESS)

    assert (answer.status, answer.body["data"]) == (status, None)
    assert "unit" in answer.body["status"]["description"].lower()


@pytest.mark.parametrize(
    "headers", [{}, {"api_key": "unknown"}, {"Authorization": "Basic !!!"}, {"Authorization": "Bearer x"}], ids=str
)
def test_no_token_without_a_key_and_the_answer_has_the_classic_form(
    functions: Functions, headers: dict[str, str]
) -> None:
    answer = functions.call("issue_token", headers=headers, context=CONTEXT_LESS)

    assert answer.status == 401
    assert answer.body["status"]["code"] == "InvalidTokenException"
    assert answer.body["data"] is None


def test_a_token_is_given_back_in_the_body_or_in_the_header(functions: Functions, demo: DynamoTable) -> None:
    for where in ("body", "header"):
        issued = functions.call("issue_token", headers={"api_key": functions.api_key}, context=CONTEXT_LESS)
        token = issued.body["data"]["token"]
        if where == "body":
            answer = functions.call("release_token", {"token": token}, context=CONTEXT_LESS)
        else:
            headers = {"Authorization": f"Bearer {token}"}
            answer = functions.call("release_token", headers=headers, context=CONTEXT_LESS)
        assert answer.status == 200
        token_id = jwt.decode(token, options={"verify_signature": False})["jti"]
        assert demo.get(keys.released_token(token_id))


@pytest.mark.parametrize("body", [None, "{", '{"token": 1}', '{"token": "x"}', "[]"])
def test_what_is_no_token_cannot_be_given_back(functions: Functions, body: str | None) -> None:
    assert functions.call("release_token", body, context=CONTEXT_LESS).status in (400, 401)
