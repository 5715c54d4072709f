"""The parameter `ClassicErrors`: how the two routes that log in answer a refused login."""

from http import HTTPStatus
from typing import Any

import pytest

from loyalty.api.classic.envelope import login_refusal, render_refusal
from loyalty.api.http.error_catalogue import ERRORS
from loyalty.domain.access.error_forms import ClassicErrors, ErrorForms
from loyalty.domain.access.partner import Scope
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.logins import LoginRequest, create_login
from tests.cards import bring
from tests.functional.conftest import NOW, ROOT, Answer, Functions
from tests.template import environment_of, read_template

VARIABLE = "CLASSIC_ERRORS"
LOGGING_IN = {"sign_in", "issue_token"}


@pytest.fixture
def password(demo: DynamoTable) -> str:
    return create_login(LoginRequest("DEMO", "till", ["*"], list(Scope)), table=demo, now=NOW)


@pytest.fixture
def answering_ok(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions of a deployment with `ClassicErrors=OK`."""
    monkeypatch.setenv(VARIABLE, "OK")
    return Functions(functions.api_key)


def sign_in(functions: Functions, shown: str, **fields: Any) -> Answer:
    body = {"username": "till", "password": shown, "organisation": "Main", **fields}
    return functions.call("sign_in", body, requestContext={"identity": {"sourceIp": "203.0.113.7"}})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "wrong"}, Code.INVALID_TOKEN),
        ({"username": "nobody"}, Code.INVALID_TOKEN),
        ({"username": None}, Code.MANDATORY),
        ({"unit": "NOWHERE"}, Code.NOT_FOUND),
    ],
    ids=str,
)
def test_a_refused_login_is_no_error_of_http_where_the_deployment_says_so(
    answering_ok: Functions, password: str, fields: dict[str, Any], code: Code
) -> None:
    answer = sign_in(answering_ok, password, **fields)

    assert (answer.status, answer.body["status"]["code"], answer.body["data"]) == (200, code, None)
    assert answer.body["status"]["message"]
    assert sign_in(answering_ok, password).body["data"]["token"]


def test_an_unknown_key_is_answered_in_the_same_form(answering_ok: Functions) -> None:
    answer = answering_ok.call("issue_token", headers={"api_key": "lk_made_up"}, context={})

    assert (answer.status, answer.body["status"]["code"]) == (200, "InvalidTokenException")


def test_a_token_that_is_good_no_longer_is_a_401_all_the_same(answering_ok: Functions) -> None:
    assert answering_ok.call("classic_show_purchase", {"token": "made.up.token"}, context={}).status == 401


@pytest.mark.usefixtures("password")
def test_a_partners_own_form_does_not_tell_that_there_is_its_login(functions: Functions, demo: DynamoTable) -> None:
    bring(demo, {"type": "partner", "id": "DEMO", "name": "Demo partner", "classic_errors": "OK"})
    known, unknown = (sign_in(functions, "wrong", username=name) for name in ("till", "nobody"))

    assert known.status == unknown.status == 401
    assert known.body == unknown.body


@pytest.mark.parametrize("code", Code)
def test_what_may_be_sent_again_keeps_its_status(code: Code) -> None:
    refused, own = Refused(Problem(code, "why", "/field")), ERRORS[code].status
    is_final = own < HTTPStatus.INTERNAL_SERVER_ERROR
    ok, status = (login_refusal(form)(refused, ErrorForms()) for form in (ClassicErrors.OK, ClassicErrors.STATUS))

    assert ok.status == (200 if is_final else own)
    assert status == render_refusal(refused, ErrorForms())
    assert (ok.body, ok.headers) == (status.body, status.headers)


def test_only_the_routes_that_log_in_are_told_of_the_parameter() -> None:
    functions = {path.parent.name for path in ROOT.glob("functions/*/app.py")}

    assert {name for name in functions if VARIABLE in environment_of(name)} == LOGGING_IN
    assert all(environment_of(name)[VARIABLE] == {"Ref": "ClassicErrors"} for name in LOGGING_IN)
    assert read_template()["Parameters"]["ClassicErrors"]["Default"] == ClassicErrors.STATUS
    assert set(read_template()["Parameters"]["ClassicErrors"]["AllowedValues"]) == set(ClassicErrors)
