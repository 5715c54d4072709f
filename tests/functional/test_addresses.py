"""Functions do the same by whatever address they are called: with a domain's base path in the path, or without."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from cli.addresses import BASE_PATHS
from loyalty.api.http.messages import Request
from loyalty.store.dynamo_table import DynamoTable
from tests.functional.conftest import NOW, Answer, Functions
from tests.functional.test_events import ROUTED, event

NAMED_BY_ITSELF = sorted(ROUTED - {"cancel_purchase", "classic_cancel_purchase", "sign_in"})
"""Functions that answer their event, whatever was posted before; another login is made for each event of `sign_in`."""


def sent_to(name: str, functions: Functions, base: str | None) -> dict[str, Any]:
    """Return the event of a function as API Gateway makes it of a call by its own address, or by a domain at a base
    path."""
    told = event(name, functions)
    return told if base is None else mapped(told, base)


def mapped(told: dict[str, Any], base: str) -> dict[str, Any]:
    """Return an event as it is where the call comes by a domain: `resource` and the parameters tell the route as ever,
    but the paths have the base path."""
    about = {"path": f"/{base}{told['path']}", "domainName": "api.example.com", "domainPrefix": "api"}
    return {
        **told,
        "path": about["path"],
        "requestContext": told["requestContext"] | about,
        "headers": told["headers"] | {"Host": about["domainName"]},
    }


def answered(functions: Functions, name: str, base: str | None) -> Answer:
    return functions.call(name, **sent_to(name, functions, base))


@pytest.mark.parametrize("name", NAMED_BY_ITSELF)
def test_a_function_answers_alike_by_whatever_address_it_is_called(
    lasting: tuple[Functions, DynamoTable], name: str
) -> None:
    functions, _ = lasting
    told = [answered(functions, name, base) for base in (None, *BASE_PATHS)]

    assert len({one.status for one in told}) == 1
    shapes = {json.dumps(sorted(one.body), default=str) for one in told}
    assert len(shapes) == 1


@pytest.mark.parametrize("base", BASE_PATHS)
@pytest.mark.parametrize("name", sorted(ROUTED))
def test_a_request_is_the_same_by_whatever_address_it_comes(functions: Functions, name: str, base: str) -> None:
    told = event(name, functions)
    plain, by_domain = Request.of(told, NOW), Request.of(mapped(told, base), NOW)

    assert replace(by_domain, headers=plain.headers, event=plain.event) == plain


@pytest.mark.parametrize("base", BASE_PATHS)
def test_the_authorizer_lets_in_to_the_whole_stage_by_whatever_address_it_is_called(
    functions: Functions, base: str
) -> None:
    told = [functions.module("authorizer").handler(sent_to("authorizer", functions, one), None) for one in (None, base)]

    assert told[0]["policyDocument"] == told[1]["policyDocument"]
