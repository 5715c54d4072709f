"""Bodies that nobody should send: damaged texts, other things than objects, names without end."""

import base64
import re
from typing import Any

import pytest

from cli.docs.route import LOGIN_PATH, Route
from cli.docs.routes import ROUTES
from loyalty import exactjson
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Answer, Functions, example

WITH_BODY = [route for route in ROUTES if route.takes and route.name != "issue_token"]
"""Routes whose body has to be one; the exchange of a key takes whatever clients put beside the key
(tests/functional/test_access.py)."""

CLASSIC = [route for route in WITH_BODY if route.classic]
PYTHON = re.compile(r"instance of|dictionary|\b[A-Z][a-z]+[A-Z]\w*|NoneType|codec|sys\.|str\b|\bint\b|Decimal")
"""What only Python says, such as the name of a class."""


def by_name(route: Route) -> str:
    return route.name


def call(functions: Functions, route: Route, body: Any, *, bearer: bool = True, **event: Any) -> Answer:
    """Call a route; with a good token in the header, or else in none but the body."""
    token = functions.authorize(functions.api_key)["context"]["token"]
    headers = {"authorization": f"Bearer {token}"} if route.classic and bearer else {}
    path = {one["name"]: "NONE" for one in route.parameters if one["in"] == "path"}
    return functions.call(route.name, body, path=path, headers=headers, **event)


def told(answer: Answer) -> str:
    """Return what an answer says of an error."""
    return str(answer.body["status"]["description"] if "data" in answer.body else answer.body)


@pytest.mark.parametrize("route", WITH_BODY, ids=by_name)
@pytest.mark.parametrize("escaped", [False, True])
def test_a_body_that_was_damaged_on_its_way_is_refused_with_the_place(
    lasting: tuple[Functions, DynamoTable], route: Route, escaped: bool
) -> None:
    for text in ('{"a": ["", {"b": "Caf\ufffd"}]}', '{"a": ["", {"b\ufffd": 1}]}'):
        answer = call(lasting[0], route, text.replace("\ufffd", "\\uFFfd") if escaped else text)

        assert answer.status == 400
        assert "/a/1/b" in told(answer)
        assert "UTF-8" in str(answer.body)


def test_two_references_that_a_gateway_made_one_do_not_pass_for_a_replay(functions: Functions) -> None:
    body = exactjson.dumps(example("create_v5_1.request") | {"reference_number": "Caf\ufffd"})

    assert [functions.call("create_purchase", body).status for _ in range(2)] == [400, 400]


def test_an_escape_that_only_looks_like_the_character_is_none(functions: Functions) -> None:
    body = exactjson.dumps(example("create_v5_1.request") | {"reference_number": "\\ufffd \U0001f600"})

    assert functions.call("create_purchase", body).status == 200
    assert functions.call("create_purchase", body.replace("\U0001f600", "\\ud83d\\ude00")).status == 200


@pytest.mark.parametrize("route", CLASSIC, ids=by_name)
@pytest.mark.parametrize("bearer", [False, True])
@pytest.mark.parametrize("text", ["[]", '[{"token": "x"}]', "7", '"x"', "null"])
def test_a_body_that_is_no_object_is_told_so_rather_than_of_a_token(
    lasting: tuple[Functions, DynamoTable], route: Route, bearer: bool, text: str
) -> None:
    answer = call(lasting[0], route, text, bearer=bearer)

    assert (answer.status, answer.body["status"]["code"]) == (400, "InvalidAPIValueException")
    assert "object" in told(answer)


@pytest.mark.parametrize("route", CLASSIC, ids=by_name)
def test_a_half_character_in_a_field_that_nobody_reads_is_refused_as_well(
    lasting: tuple[Functions, DynamoTable], route: Route
) -> None:
    body = '{"customer": "\\ud800", "purchase_customer_events_set": [{"request_unique_identifier": "1"}]}'
    functions = lasting[0]
    token = functions.authorize(functions.api_key)["context"]["token"]
    answer = functions.call(route.name, body, headers={"authorization": f"Bearer {token}", "prefer": "respond-async"})

    assert answer.status == 400
    assert "/customer" in told(answer)


@pytest.mark.parametrize("route", WITH_BODY, ids=by_name)
def test_no_message_says_a_name_of_python(lasting: tuple[Functions, DynamoTable], route: Route) -> None:
    texts = ["[]", "7", '"x"', "1" * 5000, "1e9999999999999999999", "{", "[" * 5000, '{"a": "\t"}']
    values: list[Any] = [[], {}, "x", 7, True, [[]], [7], [{}], {"a": 1}]
    texts += [exactjson.dumps(dict.fromkeys(route.takes.model_fields, value)) for value in values]
    latin = base64.b64encode(b'{"a": "\xe9"}').decode()
    answers = [call(lasting[0], route, text) for text in texts]
    answers += [call(lasting[0], route, text, isBase64Encoded=True) for text in (latin, "?", "e")]

    for text, answer in zip([*texts, "latin", "?", "e"], answers, strict=True):
        said = re.sub(r"\w+Exception", "", told(answer))
        assert answer.status in ((400, 401) if route.path == LOGIN_PATH else (400, 404)), text[:50]
        assert not PYTHON.search(said), (text[:50], said)


@pytest.mark.parametrize("route", WITH_BODY, ids=by_name)
def test_an_answer_does_not_grow_with_the_names_that_it_refuses(
    lasting: tuple[Functions, DynamoTable], route: Route
) -> None:
    name = "x" * 400_000
    for text in (f'{{"{name}": 1}}', f'{{"{name}": 1, "{name}": 2}}', f'{{"{name}": "\ufffd"}}'):
        answer = call(lasting[0], route, text)

        # The name may be ignored, and then there is no such purchase.
        assert answer.status in ((413,) if route.path == LOGIN_PATH else (400, 404))
        assert len(exactjson.dumps(answer.body)) < 10_000


@pytest.mark.parametrize("header", ["[" * 100_000, '{"kid":' * 20_000, "9" * 100_000])
def test_a_token_whose_header_is_bottomless_is_refused(lasting: tuple[Functions, DynamoTable], header: str) -> None:
    token = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=") + ".e30.AAAA"

    assert call(lasting[0], CLASSIC[0], {"token": token}, bearer=False).status == 401


def test_a_bulk_call_of_a_thousand_entries_may_have_its_token_in_the_body(functions: Functions) -> None:
    token = functions.authorize(functions.api_key)["context"]["token"]
    entry = example("bulk_1.request")["purchase_customer_events_set"][0]
    entries = [entry | {"request_unique_identifier": str(number)} for number in range(1000)]
    answer = functions.call("classic_bulk_create", {"token": token, "purchase_customer_events_set": entries})

    assert answer.status == 200
    assert len(answer.body["data"]["processed_customer_events_set"]) == 1000
