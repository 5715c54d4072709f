"""Errors in the forms that a partner's record asks for: what its tokens say, and what an error then looks like."""

import io
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from cli.docs.openapi import document
from loyalty import exactjson
from loyalty.api.http.error_catalogue import ERRORS, is_final
from loyalty.api.logs import logger
from loyalty.domain.access.error_forms import DEFAULT_FORMS, ClassicErrors, ErrorForms, NewestErrors
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.store.credentials import SigningKeys
from loyalty.store.dynamo_table import DynamoTable
from loyalty.usecases.access.auth_tokens import ALGORITHM, verify_token
from tests.cards import bring
from tests.functional.conftest import Answer, Functions, example

Body = dict[str, Any]

DEMO = {"type": "partner", "id": "DEMO", "name": "Demo partner"}
NOWHERE = {"customer_event_identifier": {"number": "99999999"}}
TEXT = "Error:Purchase (99999999) Not Found. - Description:The specified API value was not found."


def token(functions: Functions) -> str:
    found: str = functions.call("issue_token", headers={"api_key": functions.api_key}, context={}).body["data"]["token"]
    return found


def show(functions: Functions, good: str, **more: Any) -> Answer:
    return functions.call("classic_show_purchase", {"token": good, **NOWHERE}, context={}, **more)


@pytest.fixture
def choosing(functions: Functions, demo: DynamoTable) -> Functions:
    """The functions, for a partner that has chosen the vendor's forms."""
    bring(demo, {**DEMO, "classic_errors": "OK", "newest_errors": "VENDOR"})
    return functions


# ---------------------------------------------------------------- what a token says


def test_a_token_takes_along_the_forms_that_the_record_says(choosing: Functions, demo: DynamoTable) -> None:
    forms = verify_token(token(choosing), SigningKeys(demo)).partner.error_forms

    assert forms == ErrorForms(ClassicErrors.OK, NewestErrors.VENDOR)


def test_a_token_of_a_partner_that_has_chosen_nothing_is_what_it_was(functions: Functions, demo: DynamoTable) -> None:
    good = token(functions)

    assert verify_token(good, SigningKeys(demo)).partner.error_forms == DEFAULT_FORMS
    assert not jwt.decode(good, options={"verify_signature": False}).keys() & set(ErrorForms._fields)


@pytest.mark.parametrize(
    "said", [{"classic_errors": "STATUS", "newest_errors": "PROBLEM"}, {"classic_errors": None}, {}], ids=str
)
def test_the_default_forms_may_be_said_and_are_not_carried(said: Body) -> None:
    assert ErrorForms.of(said) == DEFAULT_FORMS
    assert ErrorForms.of(said).chosen() == {}


def test_a_token_from_before_partners_could_choose_is_still_good(functions: Functions, demo: DynamoTable) -> None:
    """It has the claims that such tokens had, no others."""
    claims = jwt.decode(token(functions), options={"verify_signature": False})
    before = {name: claims[name] for name in ("iss", "jti", "key", "sub", "scopes", "merchants", "iat", "exp")}
    month, secret = SigningKeys(demo).current(datetime.now(UTC))

    answer = show(functions, jwt.encode(before, secret, algorithm=ALGORITHM, headers={"kid": month}))

    assert answer.status == 404


def test_a_changed_setting_counts_with_the_next_token(functions: Functions, demo: DynamoTable) -> None:
    before = token(functions)
    bring(demo, {**DEMO, "classic_errors": "OK"})

    assert show(functions, before).status == 404
    assert show(functions, token(functions)).status == 200


# ---------------------------------------------------------------- the classic API


def test_an_error_is_told_with_status_200_where_the_partner_asks_for_it(choosing: Functions) -> None:
    answer = show(choosing, token(choosing))

    assert answer.status == 200
    assert answer.body == {
        "status": {"code": "NotFoundAPIValueException", "description": TEXT, "message": TEXT},
        "data": None,
    }


def test_an_errors_text_is_the_message_too_whatever_its_status(functions: Functions) -> None:
    answer = show(functions, token(functions))

    assert answer.status == 404
    assert answer.body["status"]["message"] == answer.body["status"]["description"] == TEXT


@pytest.mark.parametrize("bad", ["", "not a token"])
def test_a_token_that_is_not_good_is_a_401_for_all_so_that_a_client_logs_in_again(
    choosing: Functions, bad: str
) -> None:
    answer = show(choosing, bad)

    assert (answer.status, answer.body["status"]["code"]) == (401, "InvalidTokenException")


def test_an_error_in_a_parameter_has_the_chosen_form_as_well(choosing: Functions) -> None:
    answer = show(choosing, token(choosing), query={"x": "\0"})

    assert (answer.status, answer.body["status"]["code"]) == (200, "InvalidAPIValueException")


def test_a_purchase_is_refused_with_200_and_posted_with_200(choosing: Functions) -> None:
    body = {**example("create_1.request"), "token": token(choosing)}
    refused = choosing.call("classic_create_purchase", {**body, "products_set": []}, context={})
    posted = choosing.call("classic_create_purchase", body, context={})

    assert [(answer.status, answer.body["status"]["code"]) for answer in (refused, posted)] == [
        (200, "InvalidAPIValueException"),
        (200, "OK"),
    ]


# ---------------------------------------------------------------- the newest API


def test_an_error_of_the_newest_api_has_the_vendors_name_beside_our_fields(choosing: Functions) -> None:
    answer = choosing.call("show_purchase", path={"id": "NONE"})

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.body == {
        "error": "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION",
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "NotFoundAPIValueException",
        "detail": TEXT.replace("99999999", "NONE"),
    }


def test_more_spent_than_there_is_has_the_name_that_tills_know(choosing: Functions) -> None:
    body = example("create_v5_1.request")
    dear = {**body["products"][0], "net_amount": 9000, "tax_amount": 0, "total_amount": 9000}
    body |= {"products": [dear], "spend_request": {"amount": 900}}
    answer = choosing.call("create_purchase", body)

    assert answer.status == 400
    assert answer.body["error"] == "CRM.EXCEPTIONS.CANNOTSPENDAMOUNTWALLETBALANCENOTENOUGHEXCEPTION"


def test_a_faulty_field_is_named_as_it_is_in_a_problem(choosing: Functions) -> None:
    answer = choosing.call("create_purchase", {**example("create_v5_1.request"), "reference_number": 7})

    assert answer.body["error"] == "CRM.EXCEPTIONS.INVALIDVALUEEXCEPTION"
    assert [field["pointer"] for field in answer.body["errors"]] == ["/reference_number"]


# ---------------------------------------------------------------- what keeps its status


@pytest.mark.parametrize(
    ("code", "status"),
    [(Code.RETRY_LATER, 503), (Code.INTERNAL, 500), (Code.DUPLICATE, None), (Code.NOT_PERMITTED, None)],
)
def test_what_may_be_sent_again_never_looks_final_and_what_is_final_never_looks_like_a_fault(
    choosing: Functions, monkeypatch: pytest.MonkeyPatch, code: Code, status: int | None
) -> None:
    good = token(choosing)

    def refuse(*_: object, **__: object) -> None:
        raise Refused(Problem(code, "..."))

    for name in ("classic_show_purchase", "show_purchase"):
        monkeypatch.setattr(choosing.module(name), "find_purchase", refuse)
    classic, newest = show(choosing, good), choosing.call("show_purchase", path={"id": "X"})

    assert (classic.status, newest.status) == (status or 200, status or 400)
    assert (classic.body["status"]["code"], newest.body["code"]) == (code, code)
    assert newest.body["error"] == ERRORS[code].vendor_name
    for answer in (classic, newest):
        assert ("Retry-After" in answer.headers) == (code is Code.RETRY_LATER)


def test_a_fault_of_ours_stays_a_500_in_the_chosen_form(choosing: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(choosing.module("show_purchase"), "find_purchase", fail)
    answer = choosing.call("show_purchase", path={"id": "X"})

    assert (answer.status, answer.body["error"]) == (500, "CRM.EXCEPTIONS.INTERNALEXCEPTION")


def test_the_log_has_an_errors_own_status(choosing: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)

    show(choosing, token(choosing))

    assert [json.loads(line)["status"] for line in stream.getvalue().splitlines()] == [404]


# ---------------------------------------------------------------- what docs/openapi.json says of them


@cache
def description() -> Body:
    """Return docs/openapi.json, which takes long to make."""
    return document()


def misfits(operation: str, answer: Answer) -> list[str]:
    """Return in what an answer is not as docs/openapi.json describes those of an operation."""
    told = description()
    [described] = [
        one for methods in told["paths"].values() for one in methods.values() if one["operationId"] == operation
    ]
    response = described["responses"][str(answer.status)]
    if "$ref" in response:
        response = told["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response["content"][answer.headers["Content-Type"]]["schema"]
    return [fault.message for fault in Draft202012Validator({**schema, **told}).iter_errors(json.loads(answer.text))]


@pytest.mark.parametrize("forms", [{}, {"classic_errors": "OK", "newest_errors": "VENDOR"}], ids=["own", "vendor"])
@pytest.mark.parametrize("code", [code for code in Code if code is not Code.INVALID_TOKEN])
def test_an_error_of_either_form_is_one_that_the_description_of_the_api_has(
    functions: Functions, demo: DynamoTable, monkeypatch: pytest.MonkeyPatch, forms: Body, code: Code
) -> None:
    bring(demo, {**DEMO, **forms})
    good = token(functions)

    def refuse(*_: object, **__: object) -> None:
        raise Refused(Problem(code, "...", "/field"))

    monkeypatch.setattr(functions.module("classic_create_purchase"), "post_and_tell", refuse)
    monkeypatch.setattr(functions.module("create_purchase"), "post_purchase", refuse)
    body = {**example("create_1.request"), "token": good}
    classic = functions.call("classic_create_purchase", body, context={})
    newest = functions.call("create_purchase", example("create_v5_1.request"))

    assert (classic.body["status"]["code"], newest.body["code"]) == (code, code)
    assert misfits("classic_create_purchase", classic) == []
    assert misfits("create_purchase", newest) == []


def test_which_errors_keep_their_status() -> None:
    assert {code for code in Code if not is_final(code)} == {Code.INVALID_TOKEN, Code.RETRY_LATER, Code.INTERNAL}


def test_each_error_has_a_name_of_the_vendors_style_that_no_other_has() -> None:
    names = [told.vendor_name for told in ERRORS.values()]

    assert len(set(names)) == len(names)
    assert all(name.startswith("CRM.EXCEPTIONS.") and name.endswith("EXCEPTION") and name.isupper() for name in names)
    assert exactjson.dumps(names).isascii()
