"""What a caller puts beside a body: every parameter of every route, with what nobody should send."""

from typing import Any

import pytest

from cli.docs.route import Route
from cli.docs.routes import LIMIT, ROUTES
from loyalty import exactjson
from loyalty.api.http.parameters import MAX_NAME
from loyalty.domain.fields import MAX_CODE
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import Answer, Functions, example

ACCOUNT = "ACR0000000001"
KEYS = ("api_key", "x-api-key", "Authorization")

VALUES = {
    "3,000 letters": "x" * 3000,
    "20 zeros": "0" * 20,
    "20 zeros and a one": "0" * 20 + "1",
    "a one and 20 zeros": "1" + "0" * 20,
    "19 zeros and 40 digits": "0" * 19 + "1" * 40,
    "19 zeros and 5,000 digits": "0" * 19 + "1" * 5000,
    "5,000 digits": "9" * 5000,
    "NUL": "a\0b",
    "an escaped NUL": "%00",
    "half a character": "\ud800",
    "U+FFFD": "Caf\ufffd",
    "digits of another script": "\u0661\u0662",
    "below zero": "-1",
    "nothing": "",
    "a path": "../../etc",
    "255 characters of four bytes": "\U0001f600" * 255,
}

DAMAGED = ("NUL", "half a character", "U+FFFD")


PARAMETERS = [
    pytest.param(route, where, name, id=f"{route.operation}-{name}")
    for route in ROUTES
    for where, name in [(one["in"], one["name"]) for one in route.parameters] + [("header", key) for key in KEYS]
]


def call(functions: Functions, route: Route, where: str, name: str, value: str, **event: Any) -> Answer:
    """Call a route with a value of a parameter, and with a good token and the contract's body otherwise."""
    examples = [*route.examples, *route.requests]
    path = {one["name"]: ACCOUNT for one in route.parameters if one["in"] == "path"}
    headers = {"authorization": f"Bearer {functions.authorize(functions.api_key)['context']['token']}"}
    parameters = {"path": path, "query": dict[str, str](), "header": headers}
    if where == "header":
        headers.pop(name.lower(), None)
    parameters[where][name] = value
    body = None if route.method == "get" else example(f"{examples[0]}.request") if examples else {}
    sent = {"path": path, "query": parameters["query"], "headers": headers}
    return functions.call(route.name, body, **sent, httpMethod=route.method.upper(), **event)


@pytest.mark.parametrize(("route", "where", "name"), PARAMETERS)
def test_no_value_of_a_parameter_is_a_fault_of_ours(
    lasting: tuple[Functions, DynamoTable], route: Route, where: str, name: str
) -> None:
    for what, value in VALUES.items():
        answer = call(lasting[0], route, where, name, value)

        assert answer.status < 500, what
        assert exactjson.dumps(answer.body).encode(), what
        if what in DAMAGED and (where != "header" or name == "Idempotency-Key"):
            assert answer.status == 400, what
            assert f"/{name}" in str(answer.body), what


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if LIMIT in route.asks and not route.classic], ids=lambda route: route.name
)
@pytest.mark.parametrize("name", ["limit", "next"])
@pytest.mark.parametrize(
    "text", ["0" * 20 + "1", "1" + "0" * 20, "0" * 19 + "1" * 40, "0", "-1", "", "\u0661", "1.0", " 1", str(2**63 + 1)]
)
def test_a_page_is_asked_for_by_whole_numbers_in_range(
    lasting: tuple[Functions, DynamoTable], route: Route, name: str, text: str
) -> None:
    answer = call(lasting[0], route, "query", name, text)

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, f"/{name}")


def test_a_parameter_that_says_two_things_is_refused(lasting: tuple[Functions, DynamoTable]) -> None:
    route = next(route for route in ROUTES if LIMIT in route.asks)
    answer = call(lasting[0], route, "query", "limit", "2", multiValueQueryStringParameters={"limit": ["1", "2"]})
    same = call(lasting[0], route, "query", "limit", "2", multiValueQueryStringParameters={"limit": ["2", "2"]})

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/limit")
    assert same.status == 200


def test_a_purchase_is_not_posted_under_one_of_two_idempotency_keys(lasting: tuple[Functions, DynamoTable]) -> None:
    route = next(route for route in ROUTES if route.name == "classic_create_purchase")
    answer = call(
        lasting[0], route, "header", "Idempotency-Key", "B", multiValueHeaders={"Idempotency-Key": ["A", "B"]}
    )

    assert answer.status == 400


@pytest.mark.parametrize("name", ["show_purchase", "cancel_purchase", "return_products"])
def test_a_merchant_without_a_name_is_refused_and_not_just_unknown(
    lasting: tuple[Functions, DynamoTable], name: str
) -> None:
    route = next(route for route in ROUTES if route.name == name)
    body = (
        None
        if route.method == "get" or name == "cancel_purchase"
        else {"reference_number": "R", "products": [{"line": 0}]}
    )
    answer = lasting[0].call(name, body, path={"id": "X"}, query={"merchant": ""})

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "/merchant")


def test_an_empty_idempotency_key_is_refused_rather_than_taken_for_none(lasting: tuple[Functions, DynamoTable]) -> None:
    """Whoever sends one means to be safe from posting twice."""
    for route in ROUTES:
        if any(one["name"] == "Idempotency-Key" for one in route.parameters):
            answer = call(lasting[0], route, "header", "Idempotency-Key", "")

            assert answer.status == 400
            assert "/Idempotency-Key" in exactjson.dumps(answer.body)


def test_a_path_and_a_query_take_what_a_name_may_have() -> None:
    assert MAX_NAME == MAX_CODE


@pytest.mark.parametrize("key", ["\ud800", "Caf\ufffd", "x" * 3000, "\0"])
def test_the_authorizer_denies_a_key_of_any_shape(lasting: tuple[Functions, DynamoTable], key: str) -> None:
    assert lasting[0].authorize(key)["policyDocument"]["Statement"][0]["Effect"] == "Deny"
